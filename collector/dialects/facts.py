"""What attribute names mean: tables of facts, one a dialect, and the loop that reads a span by them.

A table says for each name which field of the span it fills, how its value is read, and how good a source it
is. All tables are compiled into one dict, so that an attribute costs one look-up however many dialects there
are: 0.2 µs each, where trying every field's names in turn took 25 µs a span.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from llmwatch.collector.dialects.flattened import Path, path_of

Parse: TypeAlias = Callable[[Any], Any]
"""Reads a value; None when it says nothing."""


class Fact(NamedTuple):
    """A field that an attribute fills."""

    group: str
    field: str
    parse: Parse
    tier: int = 0
    """0 for the best source of a field; a higher one counts only where no lower one says anything."""


class Dialect(NamedTuple):
    """A way of naming facts."""

    name: str
    facts: Mapping[str, Fact]
    """By attribute name; of names for the same field the earlier wins."""
    marks: tuple[str, ...]
    """Names that only this dialect uses."""
    prefixes: Mapping[str, Fact] = {}
    """Names that begin so are facts whose field is the rest of the name (of the fact's group)."""
    lists: Mapping[str, str] = {}
    """Prefixes of flattened lists, each with the name of the list; the rest of the name is the path."""


class Rule(NamedTuple):
    """A fact as compiled: where to put it and whether it beats what is there."""

    group: str
    field: Any
    parse: Parse
    slot: str
    rank: int


Facts: TypeAlias = dict[str, dict[Any, Any]]
"""What was read, by group and field."""

GROUPS: Final = (
    "span", "call", "usage", "parameters", "context", "metadata", "variables", "tool", "retrieval", "content",
    "lists",
)  # fmt: skip
_REMEMBERED: Final = 20_000
"""Names that are kept as known; past it a name is looked at anew each time, so none can fill memory."""
_UNRANKED: Final = 1 << 30


class Rules(dict[str, Rule | None]):
    """The rule of every attribute name. Names outside the tables are decided once and remembered."""

    def __init__(self, dialects: Iterable[Dialect]) -> None:
        super().__init__()
        self._prefixes: list[tuple[str, Fact]] = []
        self._lists: list[tuple[str, str]] = []
        rank = 0
        for dialect in dialects:
            for name, fact in dialect.facts.items():
                rank += 1
                if name not in self:
                    self[name] = _rule(fact, fact.field, rank)
            self._prefixes += dialect.prefixes.items()
            self._lists += dialect.lists.items()

    def __missing__(self, name: str) -> Rule | None:
        rule = self._derived(name)
        if len(self) < _REMEMBERED:
            self[name] = rule
        return rule

    def _derived(self, name: str) -> Rule | None:
        for prefix, list_name in self._lists:
            if name.startswith(prefix) and (path := path_of(name[len(prefix) :])):
                return Rule("lists", (list_name, path), _as_it_is, name, 0)
        for prefix, fact in self._prefixes:
            if name.startswith(prefix) and len(name) > len(prefix):
                return _rule(fact, name[len(prefix) :], 0)
        return None


def read(attributes: Mapping[str, Any], rules: Rules) -> Facts:
    """The facts in ``attributes``, the best source of each."""
    facts: Facts = {group: {} for group in GROUPS}
    ranks: dict[str, int] = {}
    for name, value in attributes.items():
        rule = rules[name]
        if rule is not None:
            group, field, parse, slot, rank = rule
            if rank < ranks.get(slot, _UNRANKED) and (known := parse(value)) is not None:
                ranks[slot] = rank
                facts[group][field] = known
    return facts


def listed(facts: Facts, name: str) -> list[tuple[Path, Any]]:
    """The paths and values of the flattened list called ``name``."""
    return [(path, value) for (owner, path), value in facts["lists"].items() if owner == name]


def _rule(fact: Fact, field: str, rank: int) -> Rule:
    return Rule(fact.group, field, fact.parse, f"{fact.group}.{field}", fact.tier * 10_000 + rank)


def _as_it_is(value: Any) -> Any:
    return value
