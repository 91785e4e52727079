"""What waits for the writer: any thread puts, the writer's takes."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from llmwatch.errors import StoreBusyError, StoreUnusableError
from llmwatch.store.batch import Batch, WriteResult

_GROUP_SPANS: Final = 2_000
"""Spans that share a transaction at most: it bounds how long the first of them waits."""

_NOTHING: Final = Batch()


@dataclass(slots=True)
class Job:
    """A batch, once it is made."""

    make: Callable[[], Batch]
    size: int
    """Spans, scores and replays; as many as there may be until the batch is made."""
    future: Future[WriteResult]
    batch: Batch = _NOTHING


class Task(NamedTuple):
    """Something written for its answer; it has a transaction of its own."""

    work: Callable[[sqlite3.Connection], Any]
    future: Future[Any]
    size: int = 1


Work: TypeAlias = "list[Job] | Task"


class Jobs:
    """A queue of jobs and tasks in order, bounded by the spans in it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[Job | Task] = deque()
        self._spans = 0
        self._changed = threading.Condition()
        self._closed = False

    @property
    def spans(self) -> int:
        """Records that were put and are not settled yet; as many as there may be of what is unread."""
        return self._spans

    def put(self, job: Job | Task) -> None:
        """Accept ``job``. An empty queue takes one of any size.

        Raises:
            StoreBusyError: The queue is full.
            StoreUnusableError: It is closed.
        """
        job.future.set_running_or_notify_cancel()  # what is accepted is written, whoever stops waiting
        with self._changed:
            if self._closed:
                raise StoreUnusableError("The writer is not running", hint="Start the collector again.")
            if job.size and self._spans and self._spans + job.size > self._limit:
                raise StoreBusyError(f"{self._spans} spans are waiting to be written")
            self._spans += job.size
            self._waiting.append(job)
            self._changed.notify()

    def close(self) -> None:
        """Accept nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def take(self, wait_s: float | None) -> Work | None:
        """Jobs to write together, or a task; no jobs if none came for so long; None once all is done."""
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return None
                if not self._changed.wait(wait_s):
                    return []
            first = self._waiting.popleft()
            if isinstance(first, Task):
                return first
            return [first, *self._following(first.size)]

    def following(self, spans: int) -> list[Job]:
        """The next jobs, as far as they go into one transaction with ``spans`` spans."""
        with self._changed:
            return self._following(spans)

    def resize(self, job: Job, size: int) -> None:
        """``job`` is found to be of this size."""
        with self._changed:
            self._spans += size - job.size
        job.size = size

    def settle(self, job: Job | Task, outcome: Any) -> None:
        """Tell who waits for ``job`` what became of it: a result, or an exception."""
        with self._changed:
            self._spans -= job.size
        if isinstance(outcome, Exception):
            job.future.set_exception(outcome)
        else:
            job.future.set_result(outcome)

    def _following(self, spans: int) -> list[Job]:
        jobs: list[Job] = []
        while self._waiting and isinstance(following := self._waiting[0], Job):
            spans += following.size
            if spans > _GROUP_SPANS:
                break
            jobs.append(following)
            self._waiting.popleft()
        return jobs
