"""Which words of a span its trace can be found by. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from llmwatch.store.projection import Brief

FACETS: Final = {
    "kind": ("kind",),
    "model": ("model", "request_model"),
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

_PLACES: Final = tuple((key, Brief._fields.index(c)) for key, columns in FACETS.items() for c in columns)


def facets_of(span: Brief) -> Iterator[tuple[str, str]]:
    """Key and value of all that ``span`` can be found by; the same pair may come twice."""
    for key, place in _PLACES:
        if value := span[place]:
            yield key, str(value)
    for key, column in LISTS.items():
        array = getattr(span, column)
        if array is not None and array != "[]":
            for entry in json.loads(array):
                yield key, entry
