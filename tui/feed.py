"""The only bridge between the screen and the store.

Three lanes, each one thread with one long-lived read-only connection: ``refresh`` for panes, ``read`` for
what a person has just asked for, so that opening a trace never waits for a chart, ``reckon`` for what takes
long and nobody waits for. The pane lane looks at
``PRAGMA data_version`` four times a second (3 µs) and posts what it finds; nothing here touches a widget.
A database that does not exist yet is waited for; one that was replaced is opened anew.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, TypeVar

from textual.message import Message

from llmwatch.errors import StoreError, StoreMissingError
from llmwatch.tui.messages import DataChanged, DataMissing, FeedFailed, FeedRecovered

if TYPE_CHECKING:
    import sqlite3

    Query: TypeAlias = Callable[[sqlite3.Connection], object]

T = TypeVar("T")

POLL_S: Final = 0.25


class _Post(Protocol):
    def __call__(self, message: Message, /) -> object: ...


class Feed:
    """Reads the database at ``path`` off the event loop and posts what changes in it."""

    def __init__(self, path: Path, post: _Post, now_ns: Callable[[], int] = time.time_ns) -> None:
        """``post`` takes messages from any thread (Textual's ``post_message`` does)."""
        self._panes = _Lane(path, "panes", _Watch(path, post, now_ns))
        self._drill = _Lane(path, "drill")
        self._slow = _Lane(path, "slow")

    def start(self) -> None:
        """Start the threads; the first message says whether there is a database."""
        for lane in (self._panes, self._drill, self._slow):
            lane.thread.start()

    async def refresh(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """What ``query`` returns, from the pane lane.

        Raises:
            StoreError: The database is missing or cannot be read.
        """
        return await asyncio.wrap_future(self._panes.submit(query))

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """As `refresh`, from the lane that is kept free for what a person asks for.

        Cancelling the caller also cancels a query that has not begun.
        """
        return await asyncio.wrap_future(self._drill.submit(query))

    async def reckon(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """As `refresh`, from the lane for what is read now and then and takes long."""
        return await asyncio.wrap_future(self._slow.submit(query))

    def close(self) -> None:
        """End the threads, after the queries they are at."""
        for lane in (self._panes, self._drill, self._slow):
            lane.close()


class _Lane:
    """One thread, one connection, one query after another."""

    def __init__(self, path: Path, name: str, watch: _Watch | None = None) -> None:
        self._path = path
        self._watch = watch
        self._jobs: queue.SimpleQueue[tuple[Query, Future[object]] | None] = queue.SimpleQueue()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self.thread = threading.Thread(target=self._run, name=f"feed-{name}", daemon=True)

    def submit(self, query: Callable[[sqlite3.Connection], T]) -> Future[T]:
        future: Future[T] = Future()
        self._jobs.put((query, future))  # type: ignore[arg-type]
        return future

    def close(self) -> None:
        self._jobs.put(None)
        if self.thread.is_alive():
            self.thread.join(timeout=1)

    def _run(self) -> None:
        while True:
            if self._watch is not None:
                self._watch.look(self._connect)
            try:
                job = self._jobs.get(timeout=None if self._watch is None else self._watch.wait_s())
            except queue.Empty:
                continue
            if job is None:
                break
            self._answer(*job)
        self._disconnect()

    def _answer(self, query: Query, future: Future[object]) -> None:
        import sqlite3  # noqa: PLC0415 - not before the first paint

        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(query(self._connect()))
        except (sqlite3.Error, StoreError) as error:
            self._disconnect()
            future.set_exception(
                error if isinstance(error, StoreError) else StoreError(f"{self._path}: {error}")
            )
        except BaseException as error:  # noqa: BLE001 - handed on to whoever asked
            future.set_exception(error)

    def _connect(self) -> sqlite3.Connection:
        """The connection to the file that is there now."""
        from llmwatch.store.database import connect_reader  # noqa: PLC0415

        file = _identity(self._path)
        if self._connection is None or file != self._file:
            self._disconnect()
            if file is None:
                raise StoreMissingError(f"There is no database at {self._path} yet")
            self._connection, self._file = connect_reader(self._path), file
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Watch:
    """Notices that the database appeared, changed, failed or recovered, and posts that."""

    def __init__(self, path: Path, post: _Post, now_ns: Callable[[], int]) -> None:
        self._path = path
        self._post = post
        self._now_ns = now_ns
        self._next = 0.0
        self._seen: tuple[sqlite3.Connection, int] | None = None
        self._trouble: str | None = None

    def wait_s(self) -> float:
        """Until the next look."""
        return max(self._next - time.monotonic(), 0.001)

    def look(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """Look at the database if it is time to, and post what is new."""
        import sqlite3  # noqa: PLC0415

        from llmwatch.store.database import data_version  # noqa: PLC0415

        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + POLL_S
        try:
            connection = connect()
            state = (connection, data_version(connection))
        except StoreMissingError:
            self._report(None, DataMissing())
            return
        except (sqlite3.Error, StoreError) as error:
            self._report(str(error), FeedFailed(str(error), self._now_ns()))
            return
        if self._trouble is not None:
            self._trouble = None
            self._post(FeedRecovered())
        if state != self._seen:
            self._seen = state
            self._post(DataChanged(self._now_ns()))

    def _report(self, trouble: str | None, message: Message) -> None:
        """Post once when a state begins, not at every look."""
        key = trouble or type(message).__name__
        if key != self._trouble:
            self._trouble = key
            self._post(message)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - four times a second
    except OSError:
        return None
    return found.st_dev, found.st_ino
