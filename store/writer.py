"""The one writer: a thread that owns the only writing connection.

What is written is made of what came here, too, if the caller wants: two threads that both want the
interpreter's lock slow each other down (300 us of processor time a span where one thread takes 270).
Everything that waits shares a transaction (group commit), so that acknowledging only what is committed costs
no throughput. Nothing accepted is dropped: it is written, or its future says why not. A full disk or a locked
file fails the batches at hand; the next ones try again. When there is nothing to write, texts are indexed
for search.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from llmwatch.errors import StoreBusyError, StoreError, StoreUnusableError
from llmwatch.store.accounts import Book, Keeper
from llmwatch.store.batch import Batch, WriteResult
from llmwatch.store.database import connect_writer, prepare
from llmwatch.store.failures import file_error, store_error
from llmwatch.store.lock import WriterLock
from llmwatch.store.writes.accounts import open_accounts
from llmwatch.store.writes.apply import apply, salvage
from llmwatch.store.writes.search import index_some
from llmwatch.store.writes.shelf import Enrich, Shelf

__all__ = ["Batch", "WriteResult", "Writer"]

_log = logging.getLogger(__name__)

_GROUP_SPANS: Final = 2_000
"""Spans that share a transaction at most: it bounds how long the first of them waits."""
_PAUSE_S: Final = 0.02
"""Nothing came for so long: time to index texts."""
_INDEX_EVERY_S: Final = 1.0
"""Texts are indexed this often though batches wait, or a steady stream would keep search behind."""


T = TypeVar("T")
_NOTHING: Final = Batch()


@dataclass(slots=True)
class _Job:
    """A batch, once it is made."""

    make: Callable[[], Batch]
    size: int
    """Spans, scores and replays; as many as there may be until the batch is made."""
    future: Future[WriteResult]
    batch: Batch = _NOTHING


class _Task(NamedTuple):
    """Something written for its answer; it has a transaction of its own."""

    work: Callable[[sqlite3.Connection], Any]
    future: Future[Any]
    size: int = 1


class Writer:
    """Writes batches to the database at ``path``, in the order in which they are submitted.

    Args:
        path: The database; it is made, or brought up to date.
        enrich: Price and heuristics of a span that was merged from several records, given what was known
            of it before. Called in the writer's thread.
        queue_spans: Spans that may wait; past that `submit` refuses.
        synchronous: FULL or NORMAL, see `llmwatch.config.CollectorConfig`.
    """

    def __init__(self, path: Path, *, enrich: Enrich, queue_spans: int, synchronous: str) -> None:
        self._path = path
        self._enrich = enrich
        self._limit = queue_spans
        self._synchronous = synchronous
        self._jobs: deque[_Job | _Task] = deque()
        self._queued = 0
        self._changed = threading.Condition()
        self._closing = False
        self._unindexed = True
        self._indexed_at = 0.0
        self._keeper: Keeper | None = None
        self._book: Book | None = None
        self._lock: WriterLock | None = None
        self._shelf: Shelf | None = None
        self._opened: tuple[int, int] | None = None
        self._thread = threading.Thread(target=self._run, name="llmwatch-writer", daemon=True)

    @property
    def queued_spans(self) -> int:
        """Records that were accepted and are not written yet; as many as there may be of what is unread."""
        return self._queued

    def start(self) -> None:
        """Open the file and start the thread.

        Raises:
            StoreUnusableError: The file cannot be used, or another process writes to it.
            StoreBusyError: Another program holds it locked.
        """
        self._lock = WriterLock(self._path)
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise
        self._thread.start()

    def announce(self, host: str, port: int) -> None:
        """Let other processes know, through the lock file, where this one's collector listens."""
        if self._lock is not None:
            self._lock.announce(host, port)

    def submit(self, batch: Batch) -> Future[WriteResult]:
        """Accept ``batch``; the future has its result once it is committed.

        The future's errors are StoreBusyError and StoreUnusableError: nothing of the batch is stored then
        that sending it again would store twice.

        Raises:
            StoreBusyError: The queue is full. An empty queue takes a batch of any size.
            StoreUnusableError: The writer is not running.
        """
        return self.prepare(lambda: batch, _size(batch))

    def prepare(self, make: Callable[[], Batch], size: int) -> Future[WriteResult]:
        """As `submit`, of the batch that ``make`` returns: it is called in the writer's thread.

        What it raises is the future's error, too. ``size`` is how many records it may return.
        """
        future: Future[WriteResult] = Future()
        self._accept(_Job(make, size, future))
        return future

    def run(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Accept ``work``, which writes what depends on what is there: a next version, an upsert by name.

        It is called in the writer's thread, in a transaction of its own; the future has what it returns
        once that is committed, or what it raised, and then nothing of it is written.

        Raises:
            StoreBusyError: The queue is full.
            StoreUnusableError: The writer is not running.
        """
        future: Future[T] = Future()
        self._accept(_Task(work, future))
        return future

    def keep(self, keeper: Keeper) -> Future[None]:
        """Keep the accounts of ``keeper`` from now on and tell it what they come to; done when it knows.

        Call it again when its accounts have changed.
        """
        self._keeper = keeper
        future: Future[None] = Future()
        self._accept(_Task(lambda _: None, future, size=0))
        return future

    def _accept(self, job: _Job | _Task) -> None:
        job.future.set_running_or_notify_cancel()  # what is accepted is written, whoever stops waiting
        with self._changed:
            if self._closing or not self._thread.is_alive():
                raise StoreUnusableError("The writer is not running", hint="Start the collector again.")
            if job.size and self._queued and self._queued + job.size > self._limit:
                raise StoreBusyError(f"{self._queued} spans are waiting to be written")
            self._queued += job.size
            self._jobs.append(job)
            self._changed.notify()

    def close(self) -> None:
        """Write what was accepted, then close the file. Does nothing when not started, or closed."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _run(self) -> None:
        while (jobs := self._take()) is not None:
            if isinstance(jobs, _Task):
                self._do(jobs)
            elif jobs:
                self._write(self._made(jobs))
            else:
                self._index()
        self._close_file()

    def _take(self) -> list[_Job] | _Task | None:
        """Jobs to write together, or a task; none when it is time to index; None when all is done."""
        with self._changed:
            if self._unindexed and time.monotonic() - self._indexed_at > _INDEX_EVERY_S:
                return []
            while not self._jobs:
                if self._closing:
                    return None
                if not self._changed.wait(_PAUSE_S if self._unindexed else None):
                    return []
            first = self._jobs.popleft()
            if isinstance(first, _Task):
                return first
            return [first, *self._following(first.size)]

    def _following(self, spans: int) -> list[_Job]:
        """The next jobs, as far as they go into one transaction with ``spans`` spans."""
        jobs: list[_Job] = []
        while self._jobs and isinstance(following := self._jobs[0], _Job):
            spans += following.size
            if spans > _GROUP_SPANS:
                break
            jobs.append(following)
            self._jobs.popleft()
        return jobs

    def _made(self, jobs: Sequence[_Job]) -> list[_Job]:
        """``jobs`` with their batches, and those that come while they are made; without those that fail."""
        made: list[_Job] = []
        while jobs:
            for job in jobs:
                try:
                    job.batch = job.make()
                except Exception as error:  # noqa: BLE001 - every error reaches the job's future
                    self._settle(job, error)
                else:
                    self._resize(job, _size(job.batch))
                    made.append(job)
            with self._changed:
                jobs = self._following(sum([job.size for job in made]))
        return made

    def _resize(self, job: _Job, size: int) -> None:
        with self._changed:
            self._queued += size - job.size
        job.size = size

    def _do(self, task: _Task) -> None:
        try:
            shelf = self._open()
            with shelf.transaction():
                answer = task.work(shelf.db)
        except Exception as error:  # noqa: BLE001 - every error reaches the task's future
            fault = file_error(error, self._path)
            if fault:
                self._close_file()
            self._settle(task, fault or error)
        else:
            self._settle(task, answer)

    def _write(self, jobs: Sequence[_Job]) -> None:
        if not jobs:
            return
        try:
            tallies = apply(self._open(), [job.batch for job in jobs], self._book)
        except Exception as error:  # noqa: BLE001 - every error reaches the futures of its batches
            self._recover(jobs, error)
        else:
            self._unindexed = True
            for job, tally in zip(jobs, tallies, strict=True):
                self._settle(job, tally.result())

    def _recover(self, jobs: Sequence[_Job], error: Exception) -> None:
        """None of ``jobs`` is written: the file is at fault, or something in one of them is."""
        if fault := file_error(error, self._path):
            self._close_file()
            for job in jobs:
                self._settle(job, fault)
        elif len(jobs) > 1:
            for job in jobs:
                self._write([job])
        else:
            try:
                self._settle(jobs[0], salvage(self._open(), jobs[0].batch, self._book).result())
            except Exception as later:  # noqa: BLE001 - as above
                self._settle(jobs[0], file_error(later, self._path) or later)

    def _settle(self, job: _Job | _Task, outcome: Any) -> None:
        with self._changed:
            self._queued -= job.size
        if isinstance(outcome, Exception):
            job.future.set_exception(outcome)
        else:
            job.future.set_result(outcome)

    def _index(self) -> None:
        """Index some texts. What cannot be indexed now is tried again after the next write."""
        try:
            self._unindexed = index_some(self._open()) > 0
        except (sqlite3.Error, StoreError):
            _log.exception("Search is behind: texts could not be indexed")
            self._unindexed = False
            self._close_file()
        self._indexed_at = time.monotonic()

    def _open(self) -> Shelf:
        """The file; opened anew when it had to be closed, or when someone deleted or replaced it."""
        if self._shelf is not None and _identity(self._path) != self._opened:
            self._close_file()
        if self._shelf is None:
            prepare(self._path)
            try:
                self._shelf = Shelf(connect_writer(self._path, self._synchronous), self._enrich)
            except sqlite3.Error as error:
                raise store_error(error, self._path) from error
            self._opened = _identity(self._path)
        keeper, book = self._keeper, self._book
        if keeper and (book is None or book.accounts is not keeper.accounts):
            self._book = _open_book(self._shelf, keeper)
        return self._shelf

    def _close_file(self) -> None:
        if self._shelf is not None:
            self._shelf.db.close()
            self._shelf = self._book = None


def _size(batch: Batch) -> int:
    return len(batch.spans) + len(batch.scores) + len(batch.replays)


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
