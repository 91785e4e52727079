"""What Langfuse's clients ask with: paths, pages, bodies; and what is read from the store to answer."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Final, NamedTuple, TypeVar

from starlette.requests import Request

from llmwatch.collector.dialects.values import count, text
from llmwatch.collector.door import Door, door_of
from llmwatch.errors import IngestError
from llmwatch.store.database import connect_reader

PROJECT: Final = "llmwatch"
"""The one project, whatever the key."""

_LARGEST_PAGE: Final = 1000
_FURTHEST: Final = 1 << 40

_T = TypeVar("_T")


class Window(NamedTuple):
    """Which part of a list is asked for."""

    page: int
    limit: int

    @property
    def offset(self) -> int:
        """Rows before it."""
        return (self.page - 1) * self.limit


def page_of(request: Request) -> Window:
    """The page that a request asks for, 50 rows unless it says how many.

    Raises:
        IngestError: It is none.
    """
    page, limit = (_number(request, name, usual) for name, usual in (("page", 1), ("limit", 50)))
    if not 1 <= page < _FURTHEST or limit < 1:
        raise IngestError("page and limit are numbers from 1 on")
    return Window(page, min(limit, _LARGEST_PAGE))


def _number(request: Request, name: str, usual: int) -> int:
    sent = request.query_params.get(name)
    found = usual if sent is None else count(sent)
    if found is None:
        raise IngestError(f"{name} is no whole number")
    return found


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
    """``found``, unless there is nothing: then an IngestError that becomes Langfuse's 404."""
    if found is None:
        raise IngestError(f"{what} not found", status=404)
    return found


async def reading(request: Request, work: Callable[[sqlite3.Connection], _T]) -> _T:
    """What ``work`` reads from the store."""
    return await asyncio.to_thread(_read, door_of(request), work)


async def writing(request: Request, work: Callable[[sqlite3.Connection], _T]) -> _T:
    """What ``work`` returns once what it wrote is committed."""
    return await asyncio.wrap_future(door_of(request).writer.run(work))


def _read(door: Door, work: Callable[[sqlite3.Connection], _T]) -> _T:
    with closing(connect_reader(door.database)) as db:
        return work(db)
