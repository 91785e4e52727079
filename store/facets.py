"""Which words of a span its trace can be found by. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from llmwatch.store.projection import Brief

FACETS: Final = {
    "kind": ("kind",),
    "model": ("model", "response_model"),
    "provider": ("provider",),
    "service": ("service",),
    "env": ("environment",),
    "app": ("app_version",),
    "feature": ("feature",),
    "prompt": ("prompt_name",),
    "version": ("prompt_version",),
    "user": ("user_id",),
    "session": ("session_id",),
    "tool": ("tool_name",),
}
"""Keys of filters and the columns of a span that each finds it by."""

LISTS: Final = {"finish": "finish_reasons", "heuristic": "heuristics_failed"}
"""The same for columns that hold JSON arrays."""

_FIELDS: Final = Brief._fields[12:25]


def facets_of(span: Brief) -> Iterator[tuple[str, str]]:
    """Key and value of all that ``span`` can be found by; the same pair may come twice."""
    yield from _of_traits(span.traits)
    if span.session_id:
        yield "session", span.session_id
    if span.user_id:
        yield "user", span.user_id


@lru_cache(maxsize=4096)
def _of_traits(traits: tuple[str | None, ...]) -> tuple[tuple[str, str], ...]:
    """Those that many spans have in common: found once for all of them."""
    values = dict(zip(_FIELDS, traits, strict=True))
    pairs = [(key, value) for key, columns in FACETS.items() for c in columns if (value := values.get(c))]
    for key, column in LISTS.items():
        pairs += [(key, entry) for entry in json.loads(values[column] or "[]")]
    return tuple(dict.fromkeys(pairs))
