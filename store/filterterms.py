"""What a filter expression consists of once it is read. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from llmwatch.store.facets import FACETS, LISTS, PEOPLE

Operator: TypeAlias = Literal["=", ">", ">=", "<", "<="]
Sort: TypeAlias = Literal["words", "status", "yes_no", "money", "duration", "count", "age", "date"]

KEYS: Final[dict[str, Sort]] = {
    "status": "status",
    **dict.fromkeys((*FACETS, *PEOPLE, *LISTS), "words"),
    "name": "words",
    "error": "words",
    "trace": "words",
    "unpriced": "yes_no",
    "replayed": "yes_no",
    "cost": "money",
    "dur": "duration",
    "ttft": "duration",
    "tokens": "count",
    "in": "count",
    "out": "count",
    "spans": "count",
    "since": "age",
    "after": "date",
    "before": "date",
}
"""Every key, and what stands behind it."""


@dataclass(frozen=True, slots=True)
class Term:
    """Any of ``values`` stands in relation ``operator`` to what ``key`` names.

    Money is in nano-dollars and times are in nanoseconds; an age counts back from when the filter is used.
    """

    key: str
    operator: Operator
    values: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The text is spoken somewhere."""

    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """The node does not hold."""

    node: Node


@dataclass(frozen=True, slots=True)
class All:
    """Every node holds."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of the nodes holds at least."""

    nodes: tuple[Node, ...]


Node: TypeAlias = Term | Words | Not | All | Either


@dataclass(frozen=True, slots=True)
class Filter:
    """What a filter expression means."""

    text: str
    """As it was written."""
    node: Node
    """Nothing written is `All` of nothing: every trace matches."""
