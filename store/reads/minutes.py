"""The minutes of a long window, read once, for windows of any length within it: what a replay of rules needs.

Thirty days have 43,200 minutes, each with windows of several lengths that end in it; reading every window on
its own would take minutes. Sums are kept as running totals, so that a window is one subtraction.
Distributions are kept by the minute and added up when they are asked for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, TypeVar

from llmwatch.store import words
from llmwatch.store.gathering import FIELDS
from llmwatch.store.histogram import Histogram, decode
from llmwatch.store.reads.metrics import Slice
from llmwatch.store.rollups import HISTOGRAMS

_K = TypeVar("_K")
_COLUMNS: Final = dict(zip(FIELDS, HISTOGRAMS, strict=True))
_MINUTE_S: Final = 60
_TOGETHER: Final = (
    "spans", "errors", "input_tokens", "output_tokens", "cost_nanousd", "priced", "unpriced", "refused",
    "answered", "checked", "passed", "retried", "retry_told",
)  # fmt: skip
"""Sums that are read together: what takes time is to walk over the rows."""


class Minutes:
    """The minutes from ``start_s`` to ``end_s`` of a slice: of one kind of spans, or of all."""

    def __init__(
        self, db: sqlite3.Connection, start_s: int, end_s: int, where: Slice, kind: str | None
    ) -> None:
        self._db = db
        self._start_s = start_s
        self._end_s = end_s
        self._size = (end_s - start_s) // _MINUTE_S
        self._series = _series(db, where if kind is None else {**where, "kind": kind})
        self._sums: dict[str, list[int]] = {}
        self._parts: dict[str, list[dict[Any, int] | None]] = {}
        self._largest: dict[str, list[int]] = {}
        self._last: dict[str, tuple[tuple[int, int], Any]] = {}

    def total(self, name: str, first: int, last: int) -> int:
        """The sum of a column of `SUMS` over the minutes from ``first`` up to and without ``last``."""
        if name not in self._sums:
            self._read_sums(_TOGETHER if name in _TOGETHER else (name,))
        running = self._sums[name]
        return running[last] - running[first]

    def histogram(self, name: str, first: int, last: int) -> Histogram:
        """The distribution called ``name`` in `llmwatch.store.rows.Totals`, over the same minutes."""
        made: Histogram = self._once(name, first, last, lambda parts: Histogram(_merged(parts)))
        return made

    def largest(self, name: str, first: int, last: int) -> int:
        """The highest bucket of a distribution that counts anything over the same minutes; -2 for none."""
        if name not in self._largest:
            if name not in self._parts:
                self._parts[name] = self._read_parts(name)
            self._largest[name] = [max(part) if part else -2 for part in self._parts[name]]
        return max(self._largest[name][first:last], default=-2)

    def words(self, first: int, last: int) -> Mapping[str, int]:
        """The counts of words over the same minutes."""
        made: Mapping[str, int] = self._once("words", first, last, _merged)
        return made

    def _once(self, name: str, first: int, last: int, make: Any) -> Any:
        """Several rules ask for the same at the same time."""
        known = self._last.get(name)
        if known is None or known[0] != (first, last):
            if name not in self._parts:
                self._parts[name] = self._read_parts(name)
            known = self._last[name] = ((first, last), make(self._parts[name][first:last]))
        return known[1]

    def _read_sums(self, names: Sequence[str]) -> None:
        sums = ", ".join(f"sum({name})" for name in names)
        query = f"SELECT start_s, {sums} FROM rollups WHERE {self._where()} GROUP BY start_s"
        minutes = [[0] * len(names)] * (self._size + 1)
        for start_s, *added in self._db.execute(query, self._window()):
            minutes[(start_s - self._start_s) // _MINUTE_S + 1] = added
        for name, column in zip(names, zip(*minutes, strict=True), strict=True):
            self._sums[name] = list(accumulate(column))

    def _read_parts(self, name: str) -> list[dict[Any, int] | None]:
        column = _COLUMNS.get(name, name)
        read: Any = words.decode if name == "words" else decode
        query = f"SELECT start_s, {column} FROM rollups WHERE {self._where()} AND {column} IS NOT NULL"
        parts: list[dict[Any, int] | None] = [None] * self._size
        for start_s, data in self._db.execute(query, self._window()):
            place, more = (start_s - self._start_s) // _MINUTE_S, read(data)
            known = parts[place]
            if known is None:
                parts[place] = more
            else:
                _add(known, more)
        return parts

    def _where(self) -> str:
        series = ", ".join(map(str, self._series))
        return f"width_s = ? AND start_s >= ? AND start_s < ? AND series IN ({series})"

    def _window(self) -> tuple[int, int, int]:
        return _MINUTE_S, self._start_s, self._end_s


def _series(db: sqlite3.Connection, where: Slice) -> list[int]:
    terms = " AND ".join([f"{name} = ?" for name in where]) or "1"
    return [number for (number,) in db.execute(f"SELECT id FROM series WHERE {terms}", list(where.values()))]


def _merged(parts: list[dict[_K, int] | None]) -> dict[_K, int]:
    counts: dict[_K, int] = {}
    for part in parts:
        if part is not None:
            _add(counts, part)
    return counts


def _add(counts: dict[_K, int], more: Mapping[_K, int]) -> None:
    for key, count in more.items():
        counts[key] = counts.get(key, 0) + count
