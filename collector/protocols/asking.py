"""What requests of other platforms' APIs need of the store, and of themselves."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, TypeVar

from starlette.requests import Request

from llmwatch.collector.dialects.values import text
from llmwatch.collector.door import Door, door_of
from llmwatch.errors import IngestError
from llmwatch.store.database import connect_reader

_T = TypeVar("_T")


def required(body: Mapping[str, Any], name: str) -> str:
    """A text that must be there.

    Raises:
        IngestError: It is not.
    """
    found = text(body.get(name))
    if found is None:
        raise IngestError(f"{name} is missing")
    return found


def present(found: _T | None, what: str) -> _T:
    """``found``, unless there is nothing: then an IngestError that becomes a 404."""
    if found is None:
        raise IngestError(f"{what} not found", status=404)
    return found


async def reading(request: Request, work: Callable[[sqlite3.Connection], _T]) -> _T:
    """What ``work`` reads from the store, all that was acknowledged before included."""
    door = door_of(request)
    await asyncio.wrap_future(door.writer.caught_up())
    return await asyncio.to_thread(_read, door, work)


async def writing(request: Request, work: Callable[[sqlite3.Connection], _T]) -> _T:
    """What ``work`` returns once what it wrote is committed."""
    return await asyncio.wrap_future(door_of(request).writer.run(work))


def _read(door: Door, work: Callable[[sqlite3.Connection], _T]) -> _T:
    with closing(connect_reader(door.database)) as db:
        return work(db)
