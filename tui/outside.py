"""Handing a text to the person's own editor or pager."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from llmwatch.errors import UsageError
from llmwatch.tui.host import write_private


def edit_outside(text: str, suffix: str) -> str:
    """``text`` as it is when the editor named by VISUAL or EDITOR (else vi) has ended.

    It is in a private folder meanwhile. The caller has given up the terminal.

    Raises:
        UsageError: The editor cannot be run, failed, or left something that is not text.
    """
    return _through(
        os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi", "VISUAL or EDITOR", text, suffix
    )


def page_outside(text: str) -> None:
    """Show ``text`` in the pager named by PAGER (else less). The caller has given up the terminal.

    Raises:
        UsageError: The pager cannot be run or failed.
    """
    _through(os.environ.get("PAGER") or "less", "PAGER", text, ".txt")


def _through(program: str, variable: str, text: str, suffix: str) -> str:
    with tempfile.TemporaryDirectory(prefix="llmwatch-") as folder:
        path = Path(folder) / f"messages{suffix}"
        write_private(path, text)
        try:
            subprocess.run([*shlex.split(program), str(path)], check=True)
            return path.read_text(encoding="utf-8")
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            raise UsageError(
                f"{program} did not do: {error}", hint=f"Set {variable} to the one you use."
            ) from error
