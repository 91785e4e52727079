"""JSON lines into the store, and with them how far their file has been read."""

from __future__ import annotations

import asyncio

from llmwatch.collector.door import Door
from llmwatch.collector.jsonlines import prepare
from llmwatch.collector.taking import Taken, taken
from llmwatch.store import followed
from llmwatch.store.followed import Mark


async def store(door: Door, body: bytes, mark: Mark | None = None) -> Taken:
    """Store the lines of ``body``, then ``mark``; the index of an error is its line's.

    Raises:
        StoreError: They could not be stored, or not all: they should be given again.
    """
    done = taken(*await door.take(lambda body: prepare(door.pipeline, body.split(b"\n")), body))
    if mark is not None:
        await asyncio.wrap_future(door.writer.run(lambda db: followed.put(db, mark)))
    return done
