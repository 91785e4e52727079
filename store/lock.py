"""One writer per file: a lock beside the database that dies with its process.

The lock is the operating system's (flock, or a locked byte on Windows), so nothing is left to clean up
after a crash. The lock file says who holds it, as JSON: pid, and where its collector listens.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from llmwatch.errors import StoreUnusableError
from llmwatch.paths import make_private_dir

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that writes to a database."""

    pid: int
    host: str = ""
    port: int = 0
    """Where its collector listens; 0 until it does."""


class WriterLock:
    """Held from its creation to `release`.

    Args:
        path: The database; the lock is a file beside it.

    Raises:
        StoreUnusableError: Another process holds it, or the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        try:
            make_private_dir(path.parent)
            self._file = os.open(lock_path(path), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreUnusableError(
                f"{lock_path(path)} cannot be made: {error.strerror}",
                hint="Check the folder's owner and mode, or use --db.",
            ) from error
        if not _acquire(self._file):
            os.close(self._file)
            held = holder(path)
            raise StoreUnusableError(
                f"{path} is being written by process {held.pid if held else 'unknown'}",
                hint="Stop that process, or use another file with --db.",
            )
        self.announce("", 0)

    def announce(self, host: str, port: int) -> None:
        """Write down where the holder listens."""
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, json.dumps(asdict(Holder(os.getpid(), host, port))).encode())

    def release(self) -> None:
        """Let the next writer in."""
        os.ftruncate(self._file, 0)
        os.close(self._file)


def lock_path(path: Path) -> Path:
    """The lock file of the database at ``path``."""
    return path.with_name(path.name + ".lock")


def holder(path: Path) -> Holder | None:
    """Who writes to the database at ``path``, or did when it crashed; None when it was closed."""
    try:
        return Holder(**json.loads(lock_path(path).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


if sys.platform == "win32":

    def _acquire(file: int) -> bool:
        os.lseek(file, 1 << 30, os.SEEK_SET)  # past the text, which others must be able to read
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _acquire(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
