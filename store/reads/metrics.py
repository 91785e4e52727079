"""Sums, trends and groups, from the rollups: no span is read.

Windows are of whole minutes, from the minute of ``start_s`` to the last one that begins before ``end_s``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, get_args

from llmwatch.store.coarse import coarse_until
from llmwatch.store.gathering import Gathered, Row, totals_of
from llmwatch.store.rollups import HISTOGRAMS, HOUR_S, SUMS
from llmwatch.store.rows import Dimension, Group, Point, Totals

Slice: TypeAlias = Mapping[Dimension, str]
"""Values that dimensions must have; ``""`` where spans must not say."""


def totals(db: sqlite3.Connection, start_s: int, end_s: int, where: Slice) -> Totals:
    """Sums and distributions of a window."""
    gathered = Gathered()
    for width, low, high in pieces(db, start_s, end_s):
        for _, row in rollup_rows(db, width, low, high, where, ["NULL"]):
            gathered.add(row)
    return gathered.totals()


def sums(db: sqlite3.Connection, start_s: int, end_s: int, where: Slice) -> Totals:
    """Sums of a window without its distributions, which are empty."""
    return totals_of(added(db, start_s, end_s, where, SUMS))


def copies(db: sqlite3.Connection, start_s: int, end_s: int) -> int:
    """LLM spans of a window that count as nothing else: their usage counts with other spans."""
    return added(db, start_s, end_s, {}, ("copies",))[0]


def trend(db: sqlite3.Connection, start_s: int, end_s: int, width_s: int, where: Slice) -> list[Point]:
    """The steps of ``width_s`` seconds (a multiple of 60) from ``start_s``, oldest first, empty ones too."""
    start_s -= start_s % 60
    steps = {start: Gathered() for start in range(start_s, end_s, width_s)}
    for width, low, high in _steps(db, start_s, end_s, width_s):
        for (start,), row in rollup_rows(db, width, low, high, where, ["start_s"]):
            steps[start - (start - start_s) % width_s].add(row)
    return [Point(start_s=start, totals=gathered.totals()) for start, gathered in steps.items()]


def course(db: sqlite3.Connection, start_s: int, end_s: int, width_s: int, where: Slice) -> list[Point]:
    """As `trend`, without distributions, which are empty: a day over a million spans in 5 ms, not 25."""
    start_s -= start_s % 60
    steps = {start: [0] * len(SUMS) for start in range(start_s, end_s, width_s)}
    condition, values = _condition(where)
    query = (
        f"SELECT start_s - (start_s - ?) % ? AS step, {', '.join(f'sum({name})' for name in SUMS)}"
        f" FROM rollups CROSS JOIN series ON series.id = series WHERE {condition} GROUP BY step"
    )
    for piece in _steps(db, start_s, end_s, width_s):
        for step, *numbers in db.execute(query, (start_s, width_s, *piece, *values)):
            steps[step] = [known + more for known, more in zip(steps[step], numbers, strict=True)]
    return [Point(start_s=start, totals=totals_of(numbers)) for start, numbers in steps.items()]


def groups(
    db: sqlite3.Connection, start_s: int, end_s: int, by: Sequence[Dimension], where: Slice
) -> list[list[Group]]:
    """For each of the dimensions ``by`` the sums of a window for each of its values, most spans first."""
    found: dict[tuple[str, ...], Gathered] = {}
    for width, low, high in pieces(db, start_s, end_s):
        for values, row in rollup_rows(db, width, low, high, where, [f"series.{d}" for d in by]):
            found.setdefault(values, Gathered()).add(row)
    return [_groups(found, place) for place in range(len(by))]


def _groups(found: Mapping[tuple[str, ...], Gathered], place: int) -> list[Group]:
    """The groups of one dimension, of sums by the values of several: a few dozen are added, not thousands."""
    whole: dict[str, Gathered] = {}
    for values, gathered in found.items():
        whole.setdefault(values[place], Gathered()).include(gathered)
    made = [
        Group(value=value or None, totals=totals)
        for value, gathered in whole.items()
        if (totals := gathered.totals()).spans
    ]
    return sorted(made, key=lambda group: (-group.totals.spans, group.value or ""))


def pieces(
    db: sqlite3.Connection, start_s: int, end_s: int, fine_s: int = 60, coarse_s: int = HOUR_S
) -> list[tuple[int, int, int]]:
    """Width, start and end of the rollups that make up a window: whole hours, and minutes at its ends.

    The hour that runs has a row of what began before `coarse_until`; the minutes from then on come beside it.
    """
    start_s -= start_s % fine_s
    first = -(-start_s // coarse_s) * coarse_s
    last = fine_from = end_s // coarse_s * coarse_s
    until_s = coarse_until(db, coarse_s)
    if until_s <= end_s:
        last, fine_from = -(-until_s // coarse_s) * coarse_s, until_s
    if first >= last:
        return [(fine_s, start_s, end_s)]
    return [(fine_s, start_s, first), (coarse_s, first, last), (fine_s, fine_from, end_s)]


def _steps(db: sqlite3.Connection, start_s: int, end_s: int, width_s: int) -> list[tuple[int, int, int]]:
    """As `pieces`, for a window that is cut into steps: hours only where steps begin and end with one."""
    aligned = start_s % HOUR_S == 0 and width_s % HOUR_S == 0
    return pieces(db, start_s, end_s) if aligned else [(60, start_s, end_s)]


def rollup_rows(
    db: sqlite3.Connection, width: int, low: int, high: int, where: Slice, keys: Sequence[str]
) -> Iterator[tuple[tuple[Any, ...], Row]]:
    """Rows of one width from ``low`` to ``high``, each with what ``keys`` (SQL) say of it and its series."""
    condition, values = _condition(where)
    query = (
        f"SELECT {', '.join(keys)}, {', '.join(SUMS)}, {', '.join(HISTOGRAMS)}, words"
        f" FROM rollups CROSS JOIN series ON series.id = series WHERE {condition}"
    )
    first, second = len(keys), len(keys) + len(SUMS)
    for row in db.execute(query, (width, low, high, *values)):
        yield row[:first], (row[first:second], row[second:-1], row[-1])


def added(
    db: sqlite3.Connection, start_s: int, end_s: int, where: Slice, columns: Sequence[str]
) -> list[int]:
    """Sums of a window, only those that are asked for: a month of one in a few milliseconds."""
    condition, values = _condition(where)
    query = (
        f"SELECT {', '.join(f'coalesce(sum({name}), 0)' for name in columns)}"
        f" FROM rollups CROSS JOIN series ON series.id = series WHERE {condition}"
    )
    rows = [db.execute(query, (*piece, *values)).fetchone() for piece in pieces(db, start_s, end_s)]
    return [sum(column) for column in zip(*rows, strict=True)]


def _condition(where: Slice) -> tuple[str, list[str]]:
    """The window of one width, and the slice: three parameters, then the values."""
    unknown = where.keys() - set(get_args(Dimension))
    if unknown:
        raise ValueError(f"no dimension is called {', '.join(sorted(unknown))}")
    terms = ["width_s = ?", "start_s >= ?", "start_s < ?"]
    return " AND ".join(terms + [f"series.{name} = ?" for name in where]), list(where.values())
