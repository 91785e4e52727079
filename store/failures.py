"""What SQLite's errors mean to the person at the keyboard."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from llmwatch.errors import StoreBusyError, StoreError, StoreUnusableError

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_EXPLAINED = {
    sqlite3.SQLITE_FULL: (
        "there is no space left for it",
        "Free some disk space; what is sent again after that is stored.",
    ),
    sqlite3.SQLITE_READONLY: ("it cannot be written to", "Check the file's owner and mode, or use --db."),
    sqlite3.SQLITE_PERM: ("access is denied", "Check the file's owner and mode, or use --db."),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "Check that the folder exists, or use --db."),
    sqlite3.SQLITE_IOERR: ("the disk reported an error", "Check the disk, then the file's folder."),
}


def store_error(error: sqlite3.Error, path: Path) -> StoreError:
    """The error to raise for ``error`` while working with the database at ``path``."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _LOCKED:
        return StoreBusyError(f"{path} is locked by another program")
    if code in _DAMAGED:
        return StoreUnusableError(
            f"{path} is not a database, or is damaged: {error}",
            hint=f'Move it away, or save what can be read: sqlite3 "{path}" .recover',
        )
    what, hint = _EXPLAINED.get(code, (str(error), "Use another file with --db."))
    return StoreUnusableError(f"{path}: {what}", hint=hint)
