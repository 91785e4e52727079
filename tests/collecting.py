"""A real collector process for the length of a test."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def collecting(database: Path) -> Iterator[str]:
    """``llmwatch collect`` on a free port into ``database``; yields its origin once it listens."""
    command = [sys.executable, "-m", "llmwatch", "collect", "--port", "0", "--db", str(database)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            said = ""
            while not (found := re.search(r"collecting on (http\S+)", said)):
                said = process.stderr.readline()
                assert said, "the collector ended"
            yield found[1]
        finally:
            process.terminate()
            process.communicate(timeout=20)
