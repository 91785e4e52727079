"""Storing what passed, after it passed: a full or broken store costs the record, never the call."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from llmwatch.collector.door import Door
from llmwatch.collector.proxy.exchange import Asked, Exchange, Room
from llmwatch.collector.proxy.places import Places
from llmwatch.collector.proxy.reading import spans_of
from llmwatch.collector.proxy.ticket import Ticket
from llmwatch.errors import StoreError
from llmwatch.store.batch import Batch
from llmwatch.store.span import Span

_log = logging.getLogger(__name__)

_PAUSE_S: Final = 0.2
"""Calls are recorded together, so often: done at once, it would take time from the call that follows."""
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
        self._waiting: list[Exchange] = []
        self._task: asyncio.Task[None] | None = None
        self._lost = 0
        self._open = 0
        self._none_open = asyncio.Event()
        self._none_open.set()

    def begin(self, asked: Asked, attempt: int, ticket: Ticket) -> Exchange:
        """An attempt that begins now; `record` has to follow."""
        self._open += 1
        self._none_open.clear()
        ticket.also()
        exchange = Exchange(asked, self._room, attempt, ticket)
        if asked.operation and self._room.take(len(asked.body)):
            exchange.kept = len(asked.body)
        else:
            exchange.whole = False
        return exchange

    def record(self, exchange: Exchange) -> None:
        """Have ``exchange``, which has ended, stored soon, if it is a model call."""
        self._open -= 1
        if not self._open:
            self._none_open.set()
        if exchange.asked.operation is None:
            exchange.ticket.end()
            return
        if exchange.asked.body and not exchange.kept:  # there was no room for it
            self._lost += 1
            exchange.ticket.end(lost=True)
            return
        self._waiting.append(exchange)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work(), name="recording calls")

    async def finish(self) -> None:
        """Wait until all that has begun is stored."""
        await self._none_open.wait()
        if self._task is not None:
            await self._task

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(_PAUSE_S)
            waiting, self._waiting = self._waiting, []
            spans: list[Span] = []
            for exchange in waiting:
                spans += await self._read(exchange)
            stored = await self._store(spans, len(waiting))
            for exchange in waiting:
                exchange.ticket.end(lost=not stored)

    async def _read(self, exchange: Exchange) -> list[Span]:
        size = exchange.kept
        try:
            if size <= _LARGE:
                await asyncio.sleep(0)  # calls that pass come first
                return self._spans(exchange, size)
            async with self._door.one_large:
                return await asyncio.to_thread(self._spans, exchange, size)
        except Exception:  # noqa: BLE001 - told and counted; the next ones are recorded all the same
            self._lost += 1
            _log.exception("a proxied call is not recorded")
            return []
        finally:
            exchange.release()

    def _spans(self, exchange: Exchange, size: int) -> list[Span]:
        finish = self._door.pipeline.finish
        spans = [finish(span, size + _HEAD) for span in spans_of(exchange, self._places)]
        for span in spans:
            if span.context.session_id and span.content.output_messages:
                self._door.loops.answered(span.context.session_id, span.content.output_messages)
        return spans

    async def _store(self, spans: list[Span], calls: int) -> bool:
        lost, self._lost = self._lost, 0
        try:
            await self._door.commit(Batch(spans=spans, counters={_LOST: lost} if lost else {}))
        except StoreError as error:
            self._lost += lost + calls
            _log.warning("%d proxied calls are not recorded: %s", calls, error)
            return False
        return True
