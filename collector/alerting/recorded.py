"""What was recorded, read once for all the moments of a replay, in the shape that metrics ask for."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple, cast

from llmwatch.analysis.metrics import Figure, figure
from llmwatch.store.gathering import FIELDS
from llmwatch.store.histogram import value_of
from llmwatch.store.reads.metrics import Slice
from llmwatch.store.reads.scoresums import score_minutes, sums_of
from llmwatch.store.reads.sliced import Where
from llmwatch.store.reads.steps import Steps
from llmwatch.store.rows import Measured, ScoreSums

MINUTE_S: Final = 60
HOUR_S: Final = 3600
_KINDS: Final[Mapping[str, str | None]] = {
    "calls": "llm", "tools": "tool", "retrievals": "retriever", "embeddings": "embedding", "spans": None,
}  # fmt: skip
_DISTRIBUTIONS: Final = frozenset(FIELDS)
_NO_SCORES: Final = ScoreSums()


class Recorded:
    """A slice of what was recorded from ``start_s`` (a whole hour) to ``end_s`` (a whole minute)."""

    def __init__(self, db: sqlite3.Connection, start_s: int, end_s: int, where: Where) -> None:
        self.start_s = start_s
        self._db = db
        self._end_s = end_s
        self._where = where
        self._steps: dict[tuple[str, int], Steps] = {}
        self._windows: dict[tuple[int, int], _Window] = {}
        self._hours: dict[str, dict[int, Figure]] = {}

    def measured(self, start_s: int, end_s: int, width_s: int = MINUTE_S) -> Measured:
        """A window of whole minutes (hours); it is that until the next one of its length is asked for."""
        key = (end_s - start_s, width_s)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window(self, width_s)
        window.move(max(start_s, self.start_s), end_s)
        return cast("Measured", window)

    def hours(self, metric: str, first: int, last: int) -> Sequence[Figure]:
        """A metric in each hour from ``first`` up to and without ``last`` (hours since 1970)."""
        known = self._hours.setdefault(metric, {})
        hours = range(max(first, self.start_s // HOUR_S), last)
        for hour in hours:
            if hour not in known:
                start_s = hour * HOUR_S
                known[hour] = figure(metric, self.measured(start_s, start_s + HOUR_S, HOUR_S))
        return [known[hour] for hour in hours]

    def steps(self, part: str, width_s: int = MINUTE_S) -> Steps:
        """The minutes or hours of a part of `Measured`."""
        key = (part, width_s)
        if key not in self._steps:
            end_s = -(-self._end_s // width_s) * width_s
            self._steps[key] = Steps(
                self._db, width_s, self.start_s, end_s, cast("Slice", self._where), _KINDS[part]
            )
        return self._steps[key]

    def place(self, time_s: int) -> int:
        """Which of the minutes begins then; the first for what is before all."""
        return max(time_s - self.start_s, 0) // MINUTE_S

    def largest(self, name: str, start_s: int, end_s: int, width_s: int) -> float:
        """What a distribution of LLM calls does not exceed in the minutes or hours that a window touches."""
        first, last = max(start_s - self.start_s, 0) // width_s, -(-(end_s - self.start_s) // width_s)
        return value_of(self.steps("calls", width_s).largest(name, first, last))

    def score(self, name: str, start_s: int, end_s: int) -> ScoreSums | None:
        """The scores of one name in a window; None when there are none."""
        return _summed([self._given[key] for key in self._given if key[0] == name], start_s, end_s)

    def feedback(self, start_s: int, end_s: int) -> ScoreSums | None:
        """The scores of users in a window; None when there are none."""
        return _summed([self._given[key] for key in self._given if key[1] == "user"], start_s, end_s)

    @cached_property
    def _given(self) -> Mapping[tuple[str, str], _ScoreMinutes]:
        """By name and source."""
        found: dict[tuple[str, str], _ScoreMinutes] = {}
        for start_s, name, source, *sums in score_minutes(self._db, self.start_s, self._end_s, self._where):
            minutes = found.setdefault((name, source), _ScoreMinutes([], []))
            minutes.starts.append(start_s)
            minutes.sums.append(sums)
        return found


class _ScoreMinutes(NamedTuple):
    """Minutes with scores, the oldest first, and what these add up to."""

    starts: list[int]
    sums: list[Sequence[float]]


def _summed(minutes: Iterable[_ScoreMinutes], start_s: int, end_s: int) -> ScoreSums | None:
    found = []
    for starts, sums in minutes:
        inside = sums[bisect_left(starts, start_s) : bisect_left(starts, end_s)]
        if inside:
            found.append(list(map(sum, zip(*inside, strict=True))))
    return sums_of(map(sum, zip(*found, strict=True))) if found else None


class _Scores:
    """Stands in for `Measured.scores`."""

    def __init__(self, recorded: Recorded, start_s: int, end_s: int) -> None:
        self._recorded, self._start_s, self._end_s = recorded, start_s, end_s

    def get(self, name: str) -> ScoreSums | None:
        """The scores of one name."""
        return self._recorded.score(name, self._start_s, self._end_s)


class _Window:
    """Stands in for `Measured`: each part is added up when a metric asks for it."""

    def __init__(self, recorded: Recorded, width_s: int) -> None:
        self._recorded = recorded
        self._width_s = width_s
        self._parts: list[_Totals] = []
        self.start_s = self.end_s = recorded.start_s
        self._first = self._last = 0

    def move(self, start_s: int, end_s: int) -> None:
        """Be the window from ``start_s`` to ``end_s``."""
        self.start_s, self.end_s = start_s, end_s
        begin_s = self._recorded.start_s
        self._first, self._last = (start_s - begin_s) // self._width_s, (end_s - begin_s) // self._width_s
        for part in self._parts:
            part.first, part.last = self._first, self._last

    @property
    def scores(self) -> _Scores:
        """As `Measured.scores`."""
        return _Scores(self._recorded, self.start_s, self.end_s)

    @property
    def feedback(self) -> ScoreSums:
        """As `Measured.feedback`."""
        return self._recorded.feedback(self.start_s, self.end_s) or _NO_SCORES

    def __getattr__(self, name: str) -> _Totals:
        if name not in _KINDS:
            raise AttributeError(name)
        made = _Totals(self._recorded.steps(name, self._width_s), self._first, self._last)
        self._parts.append(made)
        self.__dict__[name] = made
        return made


class _Totals:
    """Stands in for `Totals` of a window."""

    __slots__ = ("_steps", "first", "last")

    def __init__(self, steps: Steps, first: int, last: int) -> None:
        self._steps, self.first, self.last = steps, first, last

    def __getattr__(self, name: str) -> Any:
        if name in _DISTRIBUTIONS:
            return self._steps.histogram(name, self.first, self.last)
        if name == "words":
            return self._steps.words(self.first, self.last)
        return self._steps.total(name, self.first, self.last)
