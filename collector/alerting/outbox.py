"""Delivering what was queued with the alerts: at once, then again after ever longer pauses, then given up.

The queue is in the database, so an end of the process delays a delivery and loses none. What is tried and
how it went stands there as well.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final

from llmwatch.collector.alerting.channels import Send, channels
from llmwatch.collector.alerting.message import decoded
from llmwatch.config.alerts import AlertsConfig
from llmwatch.errors import DeliveryError, StoreError
from llmwatch.store.database import connect_reader
from llmwatch.store.reads import alerts as reads
from llmwatch.store.rows import DeliveryRow
from llmwatch.store.writer import Writer
from llmwatch.store.writes import alerts as writes

PAUSES_S: Final = (10, 30, 120, 600, 1800, 3600, 7200, 14_400)
"""How long to wait after the first failure, the second and so on: after eight hours it is given up."""
_EVERY_S: Final = 10.0
_SECOND_NS: Final = 10**9
_log = logging.getLogger(__name__)


class Outbox:
    """Delivers what is due.

    Args:
        writer: Writes down how it went.
        database: Where the queue is.
        config: Gives the configuration as it is now.
        news: Set when something was queued.
        clock: The time, Unix nanoseconds.
    """

    def __init__(
        self,
        writer: Writer,
        database: Path,
        config: Callable[[], AlertsConfig],
        news: asyncio.Event,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._writer = writer
        self._database = database
        self._config = config
        self._clock = clock
        self._news = news

    async def run(self) -> None:
        """Deliver until cancelled. A database in trouble is tried again each time."""
        while True:
            self._news.clear()
            try:
                await self.round()
            except (StoreError, sqlite3.Error) as error:
                _log.debug("deliveries wait: %s", error)  # the watch says so already, on the same database
            try:
                async with asyncio.timeout(_EVERY_S):  # wait_for of Python 3.11 may swallow a cancellation
                    await self._news.wait()
            except TimeoutError:
                continue

    async def round(self) -> None:
        """Try everything that is due once; channels do not wait for each other. Raises StoreError."""
        due = await asyncio.to_thread(self._due)
        if not due:
            return
        known = channels(self._config())
        by_channel = groupby(sorted(due, key=attrgetter("channel", "id")), key=attrgetter("channel"))
        await asyncio.gather(*[self._deliver(list(rows), known) for _, rows in by_channel])

    def _due(self) -> Sequence[DeliveryRow]:
        with closing(connect_reader(self._database)) as db:
            return reads.due(db, self._clock())

    async def _deliver(self, rows: Sequence[DeliveryRow], known: Mapping[str, Send]) -> None:
        for row in rows:
            error = await attempt(known, row.channel, row.message)
            now_ns = self._clock()
            again_ns = None if error is None else _again_ns(row, error, now_ns)
            await asyncio.wrap_future(self._writer.run(_noted(row.id, now_ns, error, again_ns)))
            if error is not None:
                then = "given up" if again_ns is None else f"again in {(again_ns - now_ns) // _SECOND_NS} s"
                _log.warning("an alert was not told over %s: %s (%s)", row.channel, error, then)


async def attempt(known: Mapping[str, Send], channel: str, message: bytes) -> DeliveryError | None:
    """Tell ``message`` over ``channel``; what went wrong, None when it was told."""
    send = known.get(channel)
    if send is None:
        return DeliveryError("there is no such channel in the configuration any more", lasting=True)
    try:
        await send(decoded(message))
    except DeliveryError as error:
        return error
    return None


def _again_ns(row: DeliveryRow, error: DeliveryError, now_ns: int) -> int | None:
    if error.lasting or row.attempts >= len(PAUSES_S):
        return None
    return now_ns + PAUSES_S[row.attempts] * _SECOND_NS


def _noted(
    number: int, now_ns: int, error: DeliveryError | None, again_ns: int | None
) -> Callable[[sqlite3.Connection], None]:
    said = None if error is None else error.explain().replace("\n", " ")
    return lambda db: writes.attempted(db, number, now_ns, said, again_ns)
