"""Following the files of the configuration for as long as the collector runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from llmwatch.collector.door import Door
from llmwatch.collector.following.follower import Follower
from llmwatch.collector.following.storing import store
from llmwatch.store import followed


@contextlib.asynccontextmanager
async def following(door: Door) -> AsyncIterator[None]:
    """Follow what ``collector.follow`` names for the length of the context. Raises StoreError."""
    collector = door.config.collector
    if not collector.follow:
        yield
        return
    follower = Follower(
        _paths(collector.follow),
        lambda body, mark: store(door, body, mark),
        await asyncio.wrap_future(door.writer.run(followed.load)),
        longest=collector.max_body_mib << 20,
    )
    task = asyncio.create_task(follower.run(), name="following")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _paths(names: Iterable[str]) -> list[Path]:
    return [Path(name).expanduser().absolute() for name in names]
