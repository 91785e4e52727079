"""What the routes share: the writer, the pipeline, the counters."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple

from starlette.requests import Request

from llmwatch.collector.budgets.ledger import Code, Hold, Ledger
from llmwatch.collector.budgets.loops import Loops
from llmwatch.collector.meter import Meter
from llmwatch.collector.pipeline import Pipeline, Prepared
from llmwatch.collector.reading.helper import Helper
from llmwatch.collector.reloading import Reloading
from llmwatch.config import Config
from llmwatch.errors import StoreError, StoreUnusableError
from llmwatch.store.batch import Batch, WriteResult
from llmwatch.store.span import Span
from llmwatch.store.writer import Writer

_LARGE_BYTES: Final = 1 << 20
"""Larger bodies are read in a thread of their own and written bit by bit, so that small ones need not wait a
second for them; small ones are read in the writer's."""
_SPAN_BYTES: Final = 2048
"""A body is taken for so many spans until it is read."""

_SPANS_AT_ONCE: Final = 2000
"""Spans handed to the writer at a time: a body with more than its queue holds is still taken, bit by bit."""


@dataclass(slots=True)
class GrpcPort:
    """Where OTLP over gRPC is taken, or why it is not."""

    port: int | None = None
    problem: str = ""


class Guarded(NamedTuple):
    """A call that was let through."""

    hold: Hold
    span: Span
    """What was said of it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One collector's parts."""

    writer: Writer
    pipeline: Pipeline
    config: Config
    database: Path
    meter: Meter
    grpc: GrpcPort = field(default_factory=GrpcPort)
    guarded: OrderedDict[str, Guarded] = field(default_factory=OrderedDict)
    """Calls that ``llmwatch.guard()`` let through, by the id that it was given."""
    reloading: Reloading = field(init=False)
    ledger: Ledger = field(init=False)
    loops: Loops = field(init=False)
    helper: Helper = field(init=False)
    alerts_queued: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when something is to be told over the channels."""
    one_large: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Large bodies go one at a time: spans take six times the memory of the body they came in."""
    one_scrape: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Prometheus is shown one reading after the other, or a counter could go down between two."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ledger", Ledger(self.config))
        object.__setattr__(self, "loops", Loops(self.config.loop.repeats))
        object.__setattr__(self, "helper", Helper(self.config))
        object.__setattr__(self, "reloading", Reloading(self.config))
        self.reloading.subscribe(self._reconfigure)

    def _reconfigure(self, config: Config) -> None:
        object.__setattr__(self, "config", config)
        self.loops.repeats = config.loop.repeats
        self.helper.reconfigure(config)
        self.ledger.reconfigure(config)
        self.writer.keep(self.ledger)

    async def take(self, prepare: Callable[[bytes], Prepared], body: bytes) -> tuple[Prepared, WriteResult]:
        """Read ``body`` and store what it brings; returns when that would survive the death of this process.

        Raises:
            IngestError: The body cannot be read.
            StoreError: It could not be stored, or not all of it: the sender should send it again.
        """
        if len(body) <= _LARGE_BYTES:
            made: list[Prepared] = []

            def make() -> Batch:
                made.append(prepare(body))
                return self.loops.marked(made[0].batch)

            with self._noting_trouble():
                written = self.writer.prepare(make, 1 + len(body) // _SPAN_BYTES)
                result = await asyncio.wrap_future(written)
            return made[0], result
        async with self.one_large:
            prepared = await asyncio.to_thread(prepare, body)
            return prepared, await self.commit(prepared.batch)

    async def commit(self, batch: Batch) -> WriteResult:
        """Store ``batch``; returns when it would survive the death of this process. Raises StoreError."""
        done = []
        batch = self.loops.marked(batch)
        while len(batch.spans) > _SPANS_AT_ONCE:
            done.append(await self._written(Batch(spans=batch.spans[:_SPANS_AT_ONCE])))
            batch = replace(batch, spans=batch.spans[_SPANS_AT_ONCE:])
        done.append(await self._written(batch))
        return WriteResult(
            inserted=sum(result.inserted for result in done),
            merged=sum(result.merged for result in done),
            duplicates=sum(result.duplicates for result in done),
            rejected=sum(result.rejected for result in done),
            reason=next((result.reason for result in done if result.reason), ""),
        )

    async def count_refusal(self, code: Code) -> None:
        """Note that a call was refused; as any commit it tells whether the database is well again."""
        with contextlib.suppress(StoreError):  # it is refused, whether that is counted or not
            await self._written(Batch(counters={f"calls_refused_{code}": 1}))

    async def _written(self, batch: Batch) -> WriteResult:
        with self._noting_trouble():
            return await asyncio.wrap_future(self.writer.submit(batch))

    @contextlib.contextmanager
    def _noting_trouble(self) -> Iterator[None]:
        try:
            yield
        except StoreUnusableError as error:
            self.ledger.trouble = str(error)
            raise
        self.ledger.trouble = ""


def door_of(request: Request) -> Door:
    """The door that a request came in by."""
    door = request.app.state.door
    assert isinstance(door, Door)
    return door
