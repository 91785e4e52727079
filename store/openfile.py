"""The database file in the writer's hands: opened anew when it was at fault, or when someone replaced it."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from llmwatch.store.accounts import Book, Keeper
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_writer, prepare
from llmwatch.store.failures import store_error
from llmwatch.store.writes.accounts import open_accounts
from llmwatch.store.writes.inbox import unwritten
from llmwatch.store.writes.shelf import Enrich, Shelf


class OpenFile:
    """The file at ``path``, with what is known of it while it is open. Used by the writer's thread alone.

    Args:
        path: The database; it is made, or brought up to date.
        enrich: See `llmwatch.store.writer.Writer`.
        synchronous: FULL or NORMAL.
    """

    def __init__(self, path: Path, enrich: Enrich, synchronous: str) -> None:
        self._path = path
        self._enrich = enrich
        self._synchronous = synchronous
        self._opened: tuple[int, int] | None = None
        self.shelf: Shelf | None = None
        self.noted: list[Batch] = []
        """What stands in its inbox, in order."""
        self.keeper: Keeper | None = None
        """Whose accounts to keep; may be set from any thread."""
        self.book: Book | None = None
        """The accounts that are kept in it."""

    @property
    def charges(self) -> bool:
        """Whether someone relies on it that what is acknowledged is charged."""
        return self.keeper is not None and bool(self.keeper.accounts)

    def open(self) -> Shelf:
        """The open file.

        Raises:
            StoreUnusableError: It cannot be used.
            StoreBusyError: Another program holds it locked.
        """
        if self.shelf is not None and _identity(self._path) != self._opened:
            self.close()
        if self.shelf is None:
            prepare(self._path)
            try:
                self.shelf = Shelf(connect_writer(self._path, self._synchronous), self._enrich)
                self.noted = unwritten(self.shelf)
            except sqlite3.Error as error:
                self.close()
                raise store_error(error, self._path) from error
            self._opened = _identity(self._path)
        keeper, book = self.keeper, self.book
        if keeper and (book is None or book.accounts is not keeper.accounts):
            self.book = _open_book(self.shelf, keeper)
        return self.shelf

    def close(self) -> None:
        """Let go of it; what was noted is in it."""
        if self.shelf is not None:
            self.shelf.db.close()
            self.shelf = self.book = None
            self.noted = []


def _open_book(shelf: Shelf, keeper: Keeper) -> Book:
    accounts = keeper.accounts
    with shelf.transaction():
        spent = open_accounts(shelf.db, accounts, int(time.time()))
    keeper.opened(spent)
    return Book(accounts, keeper)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
