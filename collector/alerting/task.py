"""Watching and telling for as long as the collector runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from llmwatch.collector.door import Door

if TYPE_CHECKING:
    from llmwatch.collector.alerting.outbox import Outbox
    from llmwatch.collector.alerting.watching import Watch


@contextlib.asynccontextmanager
async def alerting(door: Door) -> AsyncIterator[None]:
    """Look at the rules, and deliver what is to be told, for the length of the context."""
    task = asyncio.create_task(_run(door), name="alerts")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _run(door: Door) -> None:
    watch, outbox = await asyncio.to_thread(_parts, door)
    door.reloading.subscribe(watch.reconfigure)
    await asyncio.gather(watch.run(), outbox.run())


def _parts(door: Door) -> tuple[Watch, Outbox]:
    """In a thread, for what it imports: the collector listens 100 ms earlier."""
    from llmwatch.collector.alerting.outbox import Outbox  # noqa: PLC0415
    from llmwatch.collector.alerting.watching import Watch  # noqa: PLC0415

    outbox = Outbox(door.writer, door.database, lambda: door.config.alerts, door.alerts_queued)
    return Watch(door.writer, door.database, door.config, door.alerts_queued.set), outbox
