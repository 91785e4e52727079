"""Scores and feedback of a window, by name, for any slice. A score counts when it was given."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from operator import add
from typing import Any, Final, TypeAlias

from llmwatch.store.judged import HIGH_FROM, LOW_BELOW, NEGATIVE_BELOW
from llmwatch.store.reads.metrics import pieces
from llmwatch.store.reads.sliced import Key, Where, score_value
from llmwatch.store.rows import ScoreSums

_Row: TypeAlias = tuple[Any, str, str, int, int, float, int, int, int]
"""Value of the dimension, name, source, and the fields of `ScoreSums`."""

_NANO: Final = 10**9
_SUMS: Final = (
    "count(*), count(value), total(value),"
    f" CAST(total(value < {NEGATIVE_BELOW}) AS INTEGER), CAST(total(value < {LOW_BELOW}) AS INTEGER),"
    f" CAST(total(value >= {HIGH_FROM}) AS INTEGER)"
)
_FIELDS: Final = tuple(each.name for each in fields(ScoreSums))


@dataclass(frozen=True, slots=True)
class Given:
    """The scores of a slice."""

    scores: dict[str, ScoreSums] = field(default_factory=dict)
    """By name."""
    feedback: ScoreSums = field(default_factory=ScoreSums)
    """Those of users, under any name."""


NONE_GIVEN: Final = Given()


def scores_given(
    db: sqlite3.Connection, start_s: int, end_s: int, where: Where, by: Key | None
) -> Mapping[Any, Given]:
    """Scores by value (``""`` without ``by``), whatever the kind of what they are about."""
    slices = {key: value for key, value in where.items() if key != "kind"}
    if by is None and not slices:
        return _added(_all_scores(db, start_s, end_s))
    terms = " AND ".join(["time_ns >= ?", "time_ns < ?", *(f"{score_value(key)} = ?" for key in slices)])
    query = (
        f"SELECT {score_value(by) if by else repr('')}, scores.name, source, {_SUMS} FROM scores"
        " LEFT JOIN spans ON spans.id = scores.span LEFT JOIN traces ON traces.id = scores.trace"
        f" WHERE {terms} GROUP BY 1, 2, 3"
    )
    return _added(db.execute(query, (start_s * _NANO, end_s * _NANO, *slices.values())))


def _all_scores(db: sqlite3.Connection, start_s: int, end_s: int) -> Iterable[_Row]:
    query = (
        f"SELECT '', name, source, {', '.join(f'sum({name})' for name in _FIELDS)} FROM score_rollups"
        " WHERE width_s = ? AND start_s >= ? AND start_s < ? GROUP BY name, source"
    )
    for piece in pieces(start_s, end_s):
        yield from db.execute(query, piece)


def _added(rows: Iterable[_Row]) -> Mapping[Any, Given]:
    sums: dict[Any, dict[str, list[float]]] = {}
    feedback: dict[Any, list[float]] = {}
    for value, name, source, *numbers in rows:
        mine = sums.setdefault(value, {})
        mine[name] = list(map(add, mine.get(name, [0] * len(_FIELDS)), numbers))
        if source == "user":
            feedback[value] = list(map(add, feedback.get(value, [0] * len(_FIELDS)), numbers))
    return {
        value: Given({name: _sums(row) for name, row in mine.items()}, _sums(feedback.get(value, ())))
        for value, mine in sums.items()
    }


def _sums(numbers: Iterable[float]) -> ScoreSums:
    return ScoreSums(**dict(zip(_FIELDS, numbers, strict=False)))  # type: ignore[arg-type] # ints but for total
