"""The names by which a price book knows its models, as a person reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from llmwatch.providers.pricebook import Book

_SHAPES: Final = {
    "equals": "{}",
    "starts_with": "{}…",
    "ends_with": "…{}",
    "contains": "…{}…",
    "regex": "/{}/",
}


def names_of(books: Sequence[Book], provider: str | None, model: str) -> tuple[str, ...]:
    """The names by which a list knows a model of its own: ``gpt-4o``, ``gpt-4o-2024-…``, ``…-latest``."""
    for book in books:
        for seller in book.sellers:
            for each in seller.models if seller.id == provider else ():
                if each.id == model:
                    return tuple(dict.fromkeys(_names(each.match)))
    return ()


def _names(clause: object) -> Iterator[str]:
    """The alternatives of a rule, each as it is read; what must hold together is one."""
    if together := getattr(clause, "and_", None):
        yield " and ".join(" or ".join(_names(each)) for each in together)
    for each in getattr(clause, "or_", ()):
        yield from _names(each)
    yield from (
        shape.format(getattr(clause, kind)) for kind, shape in _SHAPES.items() if hasattr(clause, kind)
    )
