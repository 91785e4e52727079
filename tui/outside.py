"""Editing a text in the person's own editor."""

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
    command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    with tempfile.TemporaryDirectory(prefix="llmwatch-") as folder:
        path = Path(folder) / f"messages{suffix}"
        write_private(path, text)
        try:
            subprocess.run([*command, str(path)], check=True)
            return path.read_text(encoding="utf-8")
        except (OSError, subprocess.CalledProcessError, UnicodeDecodeError) as error:
            raise UsageError(
                f"The editor {command[0]} did not do: {error}",
                hint="Set VISUAL or EDITOR to the one you use.",
            ) from error
