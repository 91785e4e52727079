"""Watching and telling for as long as the collector runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from llmwatch.collector.alerting.outbox import Outbox
from llmwatch.collector.alerting.watching import Watch
from llmwatch.collector.door import Door


@contextlib.asynccontextmanager
async def alerting(door: Door) -> AsyncIterator[None]:
    """Look at the rules, and deliver what is to be told, for the length of the context."""
    outbox = Outbox(door.writer, door.database, lambda: door.config.alerts, door.alerts_queued)
    watch = Watch(door.writer, door.database, door.config, door.alerts_queued.set)
    door.reloading.subscribe(watch.reconfigure)
    tasks = [
        asyncio.create_task(watch.run(), name="alerts"),
        asyncio.create_task(outbox.run(), name="deliveries"),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
