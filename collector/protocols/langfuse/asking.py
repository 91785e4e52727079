"""What Langfuse's clients ask with: paths, pages, bodies; and what is read from the store to answer."""

from __future__ import annotations

from typing import Final, NamedTuple

from starlette.requests import Request

from llmwatch.collector.dialects.values import count
from llmwatch.errors import IngestError

PROJECT: Final = "llmwatch"
"""The one project, whatever the key."""

_LARGEST_PAGE: Final = 1000
_FURTHEST: Final = 1 << 40


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


def cursor_of(request: Request) -> Window:
    """The page that a cursor stands for, which is its number; the first without one.

    Raises:
        IngestError: It is no cursor of ours.
    """
    cursor = request.query_params.get("cursor")
    page = 1 if cursor is None else count(cursor)
    if not page or page >= _FURTHEST:
        raise IngestError("this is no cursor of ours")
    return Window(page, page_of(request).limit)


def _number(request: Request, name: str, usual: int) -> int:
    sent = request.query_params.get(name)
    found = usual if sent is None else count(sent)
    if found is None:
        raise IngestError(f"{name} is no whole number")
    return found
