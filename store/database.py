"""Opening the one SQLite file: its creation, its migrations, its modes and its settings.

Nothing here checks a whole file: ``PRAGMA quick_check`` reads every page, about a second per gigabyte, and
WAL files survive a killed writer without it. A damaged page is found when it is touched, and said then.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from llmwatch.errors import StoreMissingError, StoreUnusableError
from llmwatch.paths import make_private_dir, make_private_file
from llmwatch.store.failures import store_error

SCHEMA_VERSION: Final = 13
"""How many migrations there are; kept in the file's user_version, so that opening a current file needs
neither sqlite_utils (60 ms to import) nor a look at its migrations table."""

APPLICATION_ID: Final = 0x6C6C6D77
"""``llmw``: marks the file as ours (https://www.sqlite.org/fileformat.html, offset 68)."""

_NEW_FILE: Final = (
    "PRAGMA auto_vacuum = INCREMENTAL",  # can only be chosen now; deleting old spans needs it to shrink
    f"PRAGMA application_id = {APPLICATION_ID}",
)
_ALWAYS: Final = (
    "PRAGMA busy_timeout = 5000",  # a reader or a backup may hold a lock for a moment
    "PRAGMA trusted_schema = OFF",  # a file from someone else must not run functions of ours
)
_WRITER: Final = (
    "PRAGMA journal_mode = WAL",  # readers never wait for the writer
    "PRAGMA wal_autocheckpoint = 4000",  # 16 MB: pages that change again and again are copied less often
    "PRAGMA journal_size_limit = 67108864",  # the WAL shrinks back after a burst
    "PRAGMA cache_size = -32000",
    "PRAGMA temp_store = MEMORY",
)
_READER: Final = (
    "PRAGMA query_only = ON",
    "PRAGMA cache_size = -500",  # the system's cache has the pages, too: 4 MB each made no read faster
)


def prepare(path: Path) -> None:
    """Create the database at ``path``, or bring it up to date; private to its owner.

    Raises:
        StoreUnusableError: It cannot be opened, is not ours, or was made by a newer llmwatch.
        StoreBusyError: Another program holds it locked.
    """
    try:
        make_private_dir(path.parent)
        make_private_file(path)
    except OSError as error:
        raise StoreUnusableError(
            f"{path} cannot be created: {error.strerror}", hint="Choose another file with --db."
        ) from error
    try:
        db = sqlite3.connect(path, isolation_level=None)
        try:
            _migrate(db, path)
        finally:
            db.close()
    except sqlite3.Error as error:
        raise store_error(error, path) from error


def connect_writer(path: Path, synchronous: str) -> sqlite3.Connection:
    """The connection of the one writer, in autocommit mode: transactions are begun explicitly.

    Args:
        path: A file that `prepare` has been called for.
        synchronous: FULL or NORMAL, see `llmwatch.config.CollectorConfig`.
    """
    # Opened by one thread and used by another: the writer's.
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    for pragma in (*_ALWAYS, *_WRITER, f"PRAGMA synchronous = {synchronous}"):
        db.execute(pragma)
    return db


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write. One thread, one connection: it may be used by its opener only.

    Raises:
        StoreMissingError: There is no such file.
        StoreUnusableError: It is not a database that this version can read.
        StoreBusyError: Another program holds it locked.
    """
    if not path.is_file():
        raise StoreMissingError(
            f"There is no database at {path}", hint="The collector makes it: llmwatch collect"
        )
    try:
        db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
        for pragma in (*_ALWAYS, *_READER):
            db.execute(pragma)
        if _version(db, path) < SCHEMA_VERSION:
            raise StoreUnusableError(
                f"{path} was made by an older llmwatch",
                hint="Start the collector once to bring it up to date: llmwatch collect",
            )
    except sqlite3.Error as error:
        raise store_error(error, path) from error
    return db


def data_version(db: sqlite3.Connection) -> int:
    """A number that changes when another connection has committed. About 3 us."""
    return _number(db, "data_version")


def _number(db: sqlite3.Connection, pragma: str) -> int:
    value: int = db.execute(f"PRAGMA {pragma}").fetchone()[0]
    return value


def _version(db: sqlite3.Connection, path: Path) -> int:
    version = _number(db, "user_version")
    ours = _number(db, "application_id") == APPLICATION_ID
    if not ours and (version or db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]):
        raise StoreUnusableError(f"{path} belongs to another program", hint="Choose another file with --db.")
    if version > SCHEMA_VERSION:
        raise StoreUnusableError(
            f"{path} was made by a newer llmwatch", hint="Upgrade: pip install -U llmwatch"
        )
    return version


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    for pragma in _ALWAYS:
        db.execute(pragma)
    if _version(db, path) == SCHEMA_VERSION:
        return
    from sqlite_utils import Database  # noqa: PLC0415 - only a file that is not current pays for it

    from llmwatch.store.migrations import migrations  # noqa: PLC0415 - imports sqlite_utils

    if _number(db, "application_id") != APPLICATION_ID:
        for pragma in _NEW_FILE:
            db.execute(pragma)
    db.execute("PRAGMA journal_mode = WAL")
    migrations.apply(Database(db))
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
