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
    slices = _slices(where)
    if by is None and not slices:
        return _added(_all_scores(db, start_s, end_s))
    return _added(_sliced(db, start_s, end_s, slices, score_value(by) if by else repr("")))


def score_minutes(db: sqlite3.Connection, start_s: int, end_s: int, where: Where) -> Iterable[_Row]:
    """The sums of each minute with scores (its start), name and source, the oldest first."""
    slices = _slices(where)
    if slices:
        return sorted(_sliced(db, start_s, end_s, slices, "scores.time_ns / 60000000000 * 60"))
    query = (
        f"SELECT start_s, name, source, {', '.join(_FIELDS)} FROM score_rollups"
        " WHERE width_s = 60 AND start_s >= ? AND start_s < ? ORDER BY start_s"
    )
    return db.execute(query, (start_s, end_s))


def _slices(where: Where) -> Where:
    """Of what scores are about no kind is asked for."""
    return {key: value for key, value in where.items() if key != "kind"}


def _sliced(db: sqlite3.Connection, start_s: int, end_s: int, slices: Where, value: str) -> Iterable[_Row]:
    """Scores themselves, by ``value`` (SQL)."""
    terms = " AND ".join(["time_ns >= ?", "time_ns < ?", *(f"{score_value(key)} = ?" for key in slices)])
    query = (
        f"SELECT {value}, scores.name, source, {_SUMS} FROM scores"
        " LEFT JOIN spans ON spans.id = scores.span LEFT JOIN traces ON traces.id = scores.trace"
        f" WHERE {terms} GROUP BY 1, 2, 3"
    )
    return db.execute(query, (start_s * _NANO, end_s * _NANO, *slices.values()))


def _all_scores(db: sqlite3.Connection, start_s: int, end_s: int) -> Iterable[_Row]:
    query = (
        f"SELECT '', name, source, {', '.join(f'sum({name})' for name in _FIELDS)} FROM score_rollups"
        " WHERE width_s = ? AND start_s >= ? AND start_s < ? GROUP BY name, source"
    )
    for piece in pieces(db, start_s, end_s):
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
        value: Given({name: sums_of(row) for name, row in mine.items()}, sums_of(feedback.get(value, ())))
        for value, mine in sums.items()
    }


def sums_of(numbers: Iterable[float]) -> ScoreSums:
    """Sums in the order of the fields; what is not given is zero."""
    return ScoreSums(**dict(zip(_FIELDS, numbers, strict=False)))  # type: ignore[arg-type] # ints but for total
