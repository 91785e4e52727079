"""The one writer: a thread that owns the only writing connection.

What is written is made of what came here, too, if the caller wants: two threads that both want the
interpreter's lock slow each other down (300 us of processor time a span where one thread takes 270).
Everything that waits shares a transaction (group commit), so that acknowledging only what is committed costs
no throughput. A few spans alone would have a transaction alone, so they are noted in the inbox, acknowledged
and written with those that come next. Nothing accepted is dropped: it is written, or its future says why not.
A full disk or a locked file fails the batches at hand; the next ones try again. When there is nothing to
write, texts are indexed for search.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Final, TypeVar

from llmwatch.errors import StoreError
from llmwatch.store.accounts import Keeper
from llmwatch.store.batch import Batch, WriteResult
from llmwatch.store.failures import file_error
from llmwatch.store.jobs import Job, Jobs, Task, Work
from llmwatch.store.lock import WriterLock
from llmwatch.store.openfile import OpenFile
from llmwatch.store.writes.apply import apply, salvage
from llmwatch.store.writes.inbox import may_be_noted, note
from llmwatch.store.writes.rollups import add_up
from llmwatch.store.writes.search import index_some
from llmwatch.store.writes.shelf import Enrich

__all__ = ["Batch", "WriteResult", "Writer"]

_log = logging.getLogger(__name__)

_PAUSE_S: Final = 0.02
"""Nothing came for so long: time to write what was noted, and to index texts."""
_LONGEST_NOTED_S: Final = 0.05
"""What was noted is written after so long, though more comes."""
_MOST_NOTED: Final = 100
"""Requests that are noted before they are written: with more, those behind them would wait."""
_RETRY_S: Final = 5.0
"""A file that was at fault is tried again after so long, for what was noted in it."""
_INDEX_EVERY_S: Final = 1.0
"""Texts are indexed this often though batches wait, or a steady stream would keep search behind."""


T = TypeVar("T")


class Writer:
    """Writes batches to the database at ``path``, in the order in which they are submitted.

    Args:
        path: The database; it is made, or brought up to date.
        enrich: Price and heuristics of a span that was merged from several records, given what was known
            of it before. Called in the writer's thread.
        queue_spans: Spans that may wait; past that `submit` refuses.
        synchronous: FULL or NORMAL, see `llmwatch.config.CollectorConfig`.
        notes: Whether a few spans are acknowledged when they are noted. They are to be read up to 0.07 s
            later then, or once `caught_up` says so.
    """

    def __init__(
        self, path: Path, *, enrich: Enrich, queue_spans: int, synchronous: str, notes: bool = False
    ) -> None:
        self._path = path
        self._file = OpenFile(path, enrich, synchronous)
        self._jobs = Jobs(queue_spans)
        self._notes = notes
        self._noted_at = 0.0
        self._unindexed = True
        self._indexed_at = 0.0
        self._lock: WriterLock | None = None
        self._thread = threading.Thread(target=self._run, name="llmwatch-writer", daemon=True)

    @property
    def queued_spans(self) -> int:
        """Records that were accepted and are not written yet; as many as there may be of what is unread."""
        return self._jobs.spans

    def start(self) -> None:
        """Open the file and start the thread.

        Raises:
            StoreUnusableError: The file cannot be used, or another process writes to it.
            StoreBusyError: Another program holds it locked.
        """
        self._lock = WriterLock(self._path)
        try:
            self._file.open()
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
        self._accept(Job(make, size, future))
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
        self._accept(Task(work, future))
        return future

    def keep(self, keeper: Keeper) -> Future[None]:
        """Keep the accounts of ``keeper`` from now on and tell it what they come to; done when it knows.

        Call it again when its accounts have changed.
        """
        self._file.keeper = keeper
        return self.caught_up()

    def caught_up(self) -> Future[None]:
        """Done when all that was acknowledged before can be read."""
        future: Future[None] = Future()
        self._accept(Task(lambda _: None, future, size=0))
        return future

    def _accept(self, job: Job | Task) -> None:
        if not self._thread.is_alive():
            self._jobs.close()
        self._jobs.put(job)

    def close(self) -> None:
        """Write what was accepted, then close the file. Does nothing when not started, or closed."""
        self._jobs.close()
        if self._thread.is_alive():
            self._thread.join()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _run(self) -> None:
        while (jobs := self._next()) is not None:
            if isinstance(jobs, Task):
                self._catch_up()
                self._do(jobs)
            elif jobs:
                self._store(self._made(jobs))
            elif self._file.noted or self._file.shelf is None:
                self._catch_up()
            else:
                self._index()
        if self._file.noted:
            self._catch_up()
        self._file.close()

    def _next(self) -> Work | None:
        """As `Jobs.take`: none when something else is due, or there is time for it."""
        if self._file.shelf is None:  # it was at fault
            return self._jobs.take(_RETRY_S)
        now = time.monotonic()
        if self._file.noted and now - self._noted_at > _LONGEST_NOTED_S:
            return []
        if self._unindexed and now - self._indexed_at > _INDEX_EVERY_S:
            return []
        return self._jobs.take(_PAUSE_S if self._file.noted or self._unindexed else None)

    def _made(self, jobs: Sequence[Job]) -> list[Job]:
        """``jobs`` with their batches, and those that come while they are made; without those that fail."""
        made: list[Job] = []
        while jobs:
            for job in jobs:
                try:
                    job.batch = job.make()
                except Exception as error:  # noqa: BLE001 - every error reaches the job's future
                    self._jobs.settle(job, error)
                else:
                    self._jobs.resize(job, _size(job.batch))
                    made.append(job)
            jobs = self._jobs.following(sum([job.size for job in made]))
        return made

    def _do(self, task: Task) -> None:
        try:
            shelf = self._file.open()
            with shelf.transaction():
                answer = task.work(shelf.db)
        except Exception as error:  # noqa: BLE001 - every error reaches the task's future
            fault = file_error(error, self._path)
            if fault:
                self._file.close()
            self._jobs.settle(task, fault or error)
        else:
            self._jobs.settle(task, answer)

    def _store(self, jobs: Sequence[Job]) -> None:
        """Note what may be noted, write all else."""
        if not jobs:
            return
        few = len(jobs) + len(self._file.noted) <= _MOST_NOTED and may_be_noted([job.batch for job in jobs])
        if few and self._notes and not self._file.charges:
            self._note(jobs)
        else:
            self._write(jobs)

    def _note(self, jobs: Sequence[Job]) -> None:
        try:
            noted = note(self._file.open(), [job.batch for job in jobs])
        except Exception as error:  # noqa: BLE001 - every error reaches the futures of its batches
            self._recover(jobs, error)
        else:
            if not self._file.noted:
                self._noted_at = time.monotonic()
            self._file.noted += noted
            for job in jobs:
                self._jobs.settle(job, WriteResult(inserted=len(job.batch.spans)))

    def _catch_up(self) -> None:
        """Write what was noted, by a process before this one, too."""
        if self._file.noted or self._file.shelf is None:
            self._write(())

    def _write(self, jobs: Sequence[Job]) -> None:
        """Write ``jobs`` and what was noted before them."""
        try:
            shelf = self._file.open()
            batches = [*self._file.noted, *(job.batch for job in jobs)]
            tallies = apply(shelf, batches, self._file.book) if batches else []
        except Exception as error:  # noqa: BLE001 - every error reaches the futures of its batches
            self._recover(jobs, error)
        else:
            self._unindexed = True
            self._file.noted = []
            for job, tally in zip(jobs, tallies[len(batches) - len(jobs) :], strict=True):
                self._jobs.settle(job, tally.result())

    def _recover(self, jobs: Sequence[Job], error: Exception) -> None:
        """None of ``jobs`` is written: the file is at fault, or something in one of them is."""
        if fault := file_error(error, self._path):
            if self._file.noted:
                _log.warning("What was acknowledged waits in the inbox: %s", fault)
            self._file.close()
            for job in jobs:
                self._jobs.settle(job, fault)
        elif self._file.noted:
            self._salvage_noted(jobs)
        elif len(jobs) > 1:
            for job in jobs:
                self._write([job])
        elif jobs:
            try:
                tally = salvage(self._file.open(), jobs[0].batch, self._file.book)
                self._jobs.settle(jobs[0], tally.result())
            except Exception as later:  # noqa: BLE001 - as above
                self._jobs.settle(jobs[0], file_error(later, self._path) or later)

    def _salvage_noted(self, jobs: Sequence[Job]) -> None:
        """Write what can be written of what was noted, then ``jobs``; a file at fault has it all still."""
        try:
            shelf = self._file.open()
            for batch in self._file.noted:
                salvage(shelf, batch, self._file.book)
        except Exception as error:  # noqa: BLE001 - every error reaches the futures
            self._file.close()
            for job in jobs:
                self._jobs.settle(job, file_error(error, self._path) or error)
        else:
            self._file.noted = []
            self._write(jobs)

    def _index(self) -> None:
        """Add up what is over and index some texts. What fails now is tried again after the next write."""
        try:
            shelf = self._file.open()
            add_up(shelf, int(time.time()))
            self._unindexed = index_some(shelf) > 0
        except (sqlite3.Error, StoreError):
            _log.exception("Search is behind, or sums of hours: they could not be written")
            self._unindexed = False
            self._file.close()
        self._indexed_at = time.monotonic()


def _size(batch: Batch) -> int:
    return len(batch.spans) + len(batch.scores) + len(batch.replays)
