"""What was recorded, read once for all the moments of a replay, in the shape that metrics ask for."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final, cast

from llmwatch.analysis.metrics import Figure, figure
from llmwatch.store.gathering import FIELDS
from llmwatch.store.histogram import value_of
from llmwatch.store.reads.metrics import Slice
from llmwatch.store.reads.scoresums import NONE_GIVEN, Given, scores_given
from llmwatch.store.reads.sliced import Where
from llmwatch.store.reads.steps import Steps
from llmwatch.store.rows import Measured, ScoreSums

MINUTE_S: Final = 60
HOUR_S: Final = 3600
_KINDS: Final[Mapping[str, str | None]] = {
    "calls": "llm", "tools": "tool", "retrievals": "retriever", "embeddings": "embedding", "spans": None,
}  # fmt: skip
_DISTRIBUTIONS: Final = frozenset(FIELDS)


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

    def given(self, start_s: int, end_s: int) -> Given:
        """The scores of a window."""
        if not self.scored:
            return NONE_GIVEN
        return scores_given(self._db, start_s, end_s, self._where, None).get("", NONE_GIVEN)

    @cached_property
    def scored(self) -> bool:
        """Whether there are any scores at all."""
        return bool(scores_given(self._db, self.start_s, self._end_s, self._where, None))


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
    def scores(self) -> Mapping[str, ScoreSums]:
        """As `Measured.scores`."""
        return self._recorded.given(self.start_s, self.end_s).scores

    @property
    def feedback(self) -> ScoreSums:
        """As `Measured.feedback`."""
        return self._recorded.given(self.start_s, self.end_s).feedback

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
