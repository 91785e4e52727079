"""What the routes share: the writer, the pipeline, the counters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from starlette.requests import Request

from llmwatch.collector.meter import Meter
from llmwatch.collector.pipeline import Pipeline
from llmwatch.config import Config
from llmwatch.store.batch import Batch, WriteResult
from llmwatch.store.writer import Writer

T = TypeVar("T")

_INLINE_BYTES: Final = 1 << 20
"""Larger bodies are worked on in a thread, so that /health and small requests need not wait a second. For
small ones the hop costs more (0.1 ms) than it saves."""

_SPANS_AT_ONCE: Final = 2000
"""Spans handed to the writer at a time: a body with more than its queue holds is still taken, bit by bit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One collector's parts."""

    writer: Writer
    pipeline: Pipeline
    config: Config
    database: Path
    meter: Meter

    async def work(self, step: Callable[[bytes], T], body: bytes) -> T:
        """``step(body)``, without holding up others for longer than a few milliseconds."""
        return step(body) if len(body) <= _INLINE_BYTES else await asyncio.to_thread(step, body)

    async def commit(self, batch: Batch) -> WriteResult:
        """Store ``batch``; returns when it would survive the death of this process.

        Raises:
            StoreError: It could not be stored, or not all of it: the sender should send it again.
        """
        done = []
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

    async def _written(self, batch: Batch) -> WriteResult:
        return await asyncio.wrap_future(self.writer.submit(batch))


def door_of(request: Request) -> Door:
    """The door that a request came in by."""
    door = request.app.state.door
    assert isinstance(door, Door)
    return door
