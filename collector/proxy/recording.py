"""Storing what passed, after it passed: a full or broken store costs the record, never the call."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from llmwatch.collector.door import Door
from llmwatch.collector.proxy.exchange import Asked, Exchange, Room
from llmwatch.collector.proxy.places import Places
from llmwatch.collector.proxy.reading import spans_of
from llmwatch.errors import StoreError
from llmwatch.store.batch import Batch
from llmwatch.store.span import Span

_log = logging.getLogger(__name__)

_ROOM: Final = 256 << 20
"""Bytes of requests and answers that may be held until they are recorded."""
_LARGE: Final = 1 << 20
"""Larger exchanges are read in a thread, one at a time, as larger bodies are (door.py)."""
_HEAD: Final = 1 << 19
"""Bytes that a request's headers have at most (protocol.py)."""
_LOST: Final = "proxied_calls_not_recorded"


class Recorder:
    """Turns exchanges into spans and has them stored."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._places = Places()
        self._room = Room(_ROOM)
        self._tasks: set[asyncio.Task[None]] = set()
        self._lost = 0

    def begin(self, asked: Asked, attempt: int) -> Exchange:
        """An attempt that begins now."""
        exchange = Exchange(asked, self._room, attempt)
        if asked.operation and self._room.take(len(asked.body)):
            exchange.kept = len(asked.body)
        else:
            exchange.whole = False
        return exchange

    def record(self, exchange: Exchange) -> None:
        """Have ``exchange``, which has ended, stored as soon as there is time, if it is a model call."""
        if exchange.asked.operation is None:
            return
        task = asyncio.create_task(self._stored(exchange), name="recording a call")
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def finish(self) -> None:
        """Wait until all is stored."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _stored(self, exchange: Exchange) -> None:
        try:
            size = exchange.kept
            if size <= _LARGE:
                spans = self._spans(exchange, size)
            else:
                async with self._door.one_large:
                    spans = await asyncio.to_thread(self._spans, exchange, size)
        finally:
            exchange.release()
        lost, self._lost = self._lost, 0
        try:
            await self._door.commit(Batch(spans=spans, counters={_LOST: lost} if lost else {}))
        except StoreError as error:
            self._lost += lost
            raise error

    def _spans(self, exchange: Exchange, size: int) -> list[Span]:
        finish = self._door.pipeline.finish
        return [finish(span, size + _HEAD) for span in spans_of(exchange, self._places)]

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        self._lost += 1
        if isinstance(error, StoreError):
            _log.warning("a proxied call is not recorded: %s", error)
        else:
            _log.error("a proxied call is not recorded", exc_info=error)
