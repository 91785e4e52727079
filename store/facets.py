"""Which words of its spans a trace can be found by. Pure.

Few words are shared by many traces (models, kinds, tools): a trace lists them, and a search reads the lists.
Users and sessions are many, of few traces each: they have an index.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter
from typing import Final

from llmwatch.store.projection import Brief, Traits

FACETS: Final = {
    "kind": ("kind",),
    "model": ("model", "response_model"),
    "provider": ("provider",),
    "service": ("service",),
    "env": ("environment",),
    "app": ("app_version",),
    "feature": ("feature",),
    "segment": ("segment",),
    "prompt": ("prompt_name",),
    "version": ("prompt_version",),
    "tool": ("tool_name",),
}
"""Keys of filters and the columns of a span that each finds it by."""

PEOPLE: Final = {"user": "user_id", "session": "session_id"}
"""The same for those that have an index."""

_NAMED: Final = attrgetter(*PEOPLE.values())

LISTS: Final = {"finish": "finish_reasons", "heuristic": "heuristics_failed"}
"""The same for columns that hold JSON arrays."""

_FIELDS: Final = Brief._fields[12:26]


def facets_of(traits: Iterable[Traits]) -> set[tuple[str, str]]:
    """Key and value of all shared words of spans with these traits."""
    return set().union(*map(_of_traits, traits))


def people_of(spans: Iterable[Brief]) -> set[tuple[str, str]]:
    """Key and value of all users and sessions of ``spans``."""
    named = {names for span in spans for names in zip(PEOPLE, _NAMED(span), strict=True)}
    return {pair for pair in named if pair[1]}


@lru_cache(maxsize=4096)
def _of_traits(traits: Traits) -> frozenset[tuple[str, str]]:
    """Those of spans that have the same traits, which many have."""
    values = dict(zip(_FIELDS, traits, strict=True))
    pairs = [(key, value) for key, columns in FACETS.items() for c in columns if (value := values.get(c))]
    for key, column in LISTS.items():
        pairs += [(key, entry) for entry in json.loads(values[column] or "[]")]
    return frozenset(pairs)
