"""The steps of a long window, read once, for windows of any length within it: what a replay of rules needs.

Thirty days have 43,200 minutes, each with windows of several lengths that end in it; reading every window on
its own would take minutes. Sums are kept as running totals, so that a window is one subtraction.
Distributions are kept by the step and added up when they are asked for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from operator import add
from typing import Any, Final, NamedTuple, TypeVar

from llmwatch.store import words
from llmwatch.store.gathering import FIELDS
from llmwatch.store.histogram import ZERO_BUCKET, Histogram, decode, value_of
from llmwatch.store.reads.metrics import Slice, pieces
from llmwatch.store.rollups import HISTOGRAMS, HOUR_S

_K = TypeVar("_K")
_COLUMNS: Final = dict(zip(FIELDS, HISTOGRAMS, strict=True))
_TOGETHER: Final = (
    ("cost_nanousd", "priced", "unpriced"),
    ("spans", "errors", "input_tokens", "refused", "answered", "checked", "passed", "retried", "retry_told"),
)
"""Sums that are asked for and read together: a walk over the rows takes as long as five sums."""


class _Window(NamedTuple):
    """Counts over the steps from ``first`` up to and without ``last``."""

    first: int
    last: int
    counts: dict[Any, int]


class Steps:
    """The minutes or hours (``width_s`` 60 or 3600) from ``start_s`` to ``end_s`` of a slice.

    Of one kind of spans, or of all. Start and end are whole steps.
    """

    def __init__(
        self, db: sqlite3.Connection, width_s: int, start_s: int, end_s: int, where: Slice, kind: str | None
    ) -> None:
        self._db = db
        self._width_s = width_s
        self._start_s = start_s
        self._end_s = end_s
        self._size = (end_s - start_s) // width_s
        self._series = _series(db, where if kind is None else {**where, "kind": kind})
        self._sums: dict[str, list[int]] = {}
        self._parts: dict[str, list[dict[Any, int] | None]] = {}
        self._largest: dict[str, list[int]] = {}
        self._windows: dict[tuple[str, int], _Window] = {}

    def total(self, name: str, first: int, last: int) -> int:
        """The sum of a column of `SUMS` over the steps from ``first`` up to and without ``last``."""
        running = self.running(name)
        return running[last] - running[first]

    def histogram(self, name: str, first: int, last: int) -> Histogram:
        """The distribution called ``name`` in `llmwatch.store.rows.Totals`, over the same steps.

        It counts until the next one of that name and length is asked for.
        """
        return Histogram(self._counted(name, first, last))

    def largest(self, name: str, first: int, last: int) -> int:
        """The highest bucket of a distribution over the same steps; that of 0 when it counts nothing."""
        return max(self._highest(name)[first:last], default=ZERO_BUCKET)

    def larger(self, name: str, than: float) -> list[int]:
        """How many steps before each have anything larger in a distribution; at the end, how many in all."""
        return list(accumulate((value_of(bucket) > than for bucket in self._highest(name)), initial=0))

    def running(self, name: str) -> list[int]:
        """The sum of a column of `SUMS` over all steps before each; at the end, over all."""
        if name not in self._sums:
            self._read_sums(next((names for names in _TOGETHER if name in names), (name,)))
        return self._sums[name]

    def words(self, first: int, last: int) -> Mapping[str, int]:
        """The counts of words over the same steps; as for `histogram`."""
        return self._counted("words", first, last)

    def _highest(self, name: str) -> list[int]:
        if name not in self._largest:
            if name not in self._parts:
                self._parts[name] = self._read_parts(name)
            self._largest[name] = [max(part) if part else ZERO_BUCKET for part in self._parts[name]]
        return self._largest[name]

    def _counted(self, name: str, first: int, last: int) -> dict[Any, int]:
        """Counts over steps: those of the window before, without what has left it and with what is new."""
        if name not in self._parts:
            self._parts[name] = self._read_parts(name)
        parts, known = self._parts[name], self._windows.get((name, last - first))
        if known is None or not known.first <= first < known.last <= last:
            known = _Window(first, first, {})
        for part in parts[known.first : first]:
            if part is not None:
                _take(known.counts, part)
        for part in parts[known.last : last]:
            if part is not None:
                _add(known.counts, part)
        self._windows[name, last - first] = _Window(first, last, known.counts)
        return known.counts

    def _read_sums(self, names: Sequence[str]) -> None:
        sums = ", ".join(f"sum({name})" for name in names)
        steps: list[Sequence[int]] = [[0] * len(names)] * (self._size + 1)
        for start_s, *added in self._rows(f"start_s, {sums}", "GROUP BY start_s"):
            place = (start_s - self._start_s) // self._width_s + 1
            steps[place] = list(map(add, steps[place], added))
        for name, column in zip(names, zip(*steps, strict=True), strict=True):
            self._sums[name] = list(accumulate(column))

    def _read_parts(self, name: str) -> list[dict[Any, int] | None]:
        column = _COLUMNS.get(name, name)
        read: Any = words.decode if name == "words" else decode
        parts: list[dict[Any, int] | None] = [None] * self._size
        for start_s, data in self._rows(f"start_s, {column}", f"AND {column} IS NOT NULL"):
            place, more = (start_s - self._start_s) // self._width_s, read(data)
            known = parts[place]
            if known is None:
                parts[place] = more
            else:
                _add(known, more)
        return parts

    def _rows(self, columns: str, further: str) -> Iterator[tuple[Any, ...]]:
        """Rollups of the window; of an hour that runs, its minutes."""
        series = ", ".join(map(str, self._series))
        query = (
            f"SELECT {columns} FROM rollups WHERE width_s = ? AND start_s >= ? AND start_s < ?"
            f" AND series IN ({series}) {further}"
        )
        window = (self._start_s, self._end_s)
        found = pieces(self._db, *window) if self._width_s == HOUR_S else [(self._width_s, *window)]
        for piece in found:
            yield from self._db.execute(query, piece)


def _series(db: sqlite3.Connection, where: Slice) -> list[int]:
    terms = " AND ".join([f"{name} = ?" for name in where]) or "1"
    return [number for (number,) in db.execute(f"SELECT id FROM series WHERE {terms}", list(where.values()))]


def _add(counts: dict[_K, int], more: Mapping[_K, int]) -> None:
    for key, count in more.items():
        counts[key] = counts.get(key, 0) + count


def _take(counts: dict[_K, int], less: Mapping[_K, int]) -> None:
    for key, count in less.items():
        left = counts[key] - count
        if left:
            counts[key] = left
        else:
            del counts[key]
