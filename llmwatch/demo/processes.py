"""Starting and ending the demo's own processes."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_STOP_S: Final = 5


@contextlib.contextmanager
def child(log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """``python -m llmwatch.demo ARGUMENTS`` for as long as the block runs; its stderr goes to ``log``.

    Its stdin is a pipe that we hold, so that it ends with us whatever way we die.
    """
    # -P: a folder called llmwatch in the current directory must not run as us.
    command = [sys.executable, "-P", "-m", "llmwatch.demo", *arguments]
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
