"""What SQLite's errors mean to the person at the keyboard."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from llmwatch.errors import StoreBusyError, StoreError, StoreUnusableError

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_ABOUT_DATA = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)
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


def file_error(error: Exception, path: Path) -> StoreError | None:
    """The error to hand on when the file at ``path`` is at fault; None when what was written is.

    What was written may not fit (a number of more than 64 bits), not encode (half a character) or not
    merge with a damaged record: then all else that was written with it can be.
    """
    if isinstance(error, StoreUnusableError | StoreBusyError):
        return error
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, _ABOUT_DATA):
        return store_error(error, path)
    return None


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
