"""The view of rules from a moment of the past, on what was recorded."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from operator import or_
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from llmwatch.analysis.alerts.rule import SECOND_NS
from llmwatch.analysis.alerts.view import Amount, Arm, Figure, Largest, SegmentCalls, SessionCost
from llmwatch.analysis.budget import (
    Budget,
    BudgetState,
    Unit,
    bounds,
    budget_state,
    budgets,
    share,
)
from llmwatch.analysis.metrics import Figure as MetricFigure
from llmwatch.analysis.metrics import figure, metric_of
from llmwatch.collector.alerting.recorded import HOUR_S, MINUTE_S, Recorded
from llmwatch.collector.alerting.view import Memory, StoreView
from llmwatch.config import Config
from llmwatch.store.reads import comparing
from llmwatch.store.reads.sliced import PERSONS, By, Where
from llmwatch.store.rows import Measured

_DAY_S: Final = 86_400
_WEEK_S: Final = 7 * _DAY_S
_HALF_DAY_S: Final = _DAY_S // 2
_COUNTED: Final[Mapping[Unit, tuple[str, ...]]] = {
    "usd": ("cost_nanousd",), "tokens": ("input_tokens", "output_tokens"), "calls": ("spans",)
}  # fmt: skip
_T = TypeVar("_T")


class Past:
    """What was recorded, and what is kept of it from moment to moment."""

    def __init__(self, db: sqlite3.Connection, config: Config, start_s: int, end_s: int) -> None:
        self.db = db
        self.config = config
        self.start_s = (start_s - _WEEK_S) // HOUR_S * HOUR_S  # what is usual is learnt from the week before
        self.end_s = end_s
        self.memory = Memory()
        self._slices: dict[tuple[tuple[str, str], ...], Recorded] = {}

    @cached_property
    def shared(self) -> Sequence[tuple[Budget, Sequence[int]]]:
        """The budgets with a limit that all share, each with what was spent before each minute."""
        steps = self.slice({}).steps("spans")
        return [
            (
                budget,
                list(map(sum, zip(*[steps.running(name) for name in _COUNTED[budget.unit]], strict=True))),
            )
            for budget in budgets(self.config)
            if budget.limit is not None and budget.by == "none" and not budget.match
        ]

    def reached(self, bar: Callable[[Budget], float]) -> Sequence[int]:
        """In how many minutes before each some budget had reached its ``bar``, a share of its limit."""
        zone, begin_s = ZoneInfo(self.config.budget.timezone), self.slice({}).start_s
        found: list[bool] = []
        for budget, running in self.shared:
            least, first, over_s, mine = bar(budget), 0, begin_s, []
            for at, spent in enumerate(running[1:]):
                now_s = begin_s + at * MINUTE_S
                if now_s >= over_s:
                    start_s, over_s = bounds(budget.period, now_s * SECOND_NS, zone)
                    first = self.slice({}).place(start_s)
                mine.append(share(spent - running[first], budget.limit or 0) >= least)
            found = mine if not found else list(map(or_, found, mine))
        return list(accumulate(found, initial=0))

    def slice(self, where: Where) -> Recorded:
        """A slice of it, which is read once."""
        key = tuple(where.items())
        known = self._slices.get(key)
        if known is None:
            known = self._slices[key] = Recorded(self.db, self.start_s, self.end_s, where)
        return known


class PastView(StoreView):
    """The view from the end of a minute of the past.

    Users and sessions have no sums by the minute: what is asked of them is read as it is for today.
    """

    def __init__(self, past: Past, end_s: int) -> None:
        super().__init__(past.db, past.config, end_s, past.memory, end_s * SECOND_NS)
        self._past = past

    def move(self, end_s: int) -> None:
        """Look from the end of another minute."""
        self._end_s, self._now_ns = end_s, end_s * SECOND_NS
        self._read.clear()

    def figures(
        self, metric: str, window_s: int, by: By, where: Where
    ) -> Sequence[tuple[str | None, Figure]]:
        """As `View.figures`, of every value that there is in all of the time."""
        if _of_persons(where) or by in PERSONS:
            return super().figures(metric, window_s, by, where)
        values = self._memory.recall(("values", by), 0, lambda: comparing.values_of(self._db, by))
        return [(value, self.figure(metric, window_s, {**where, by: value})) for value in values]

    def calls(self, window_s: int, where: Where) -> Sequence[tuple[int, int]]:
        """As `View.calls`."""
        if _of_persons(where):
            return super().calls(window_s, where)
        recorded = self._past.slice(where)
        steps = recorded.steps("calls")
        return [
            (steps.total("spans", at, at + 1), steps.total("errors", at, at + 1))
            for at in range(recorded.place(self._end_s - window_s), recorded.place(self._end_s))
        ]

    def larger(self, amount: Amount, than: float, window_s: int, where: Where) -> Largest:
        """As `View.larger`; mostly there is none, which the highest bucket of each hour and minute tells."""
        if not _of_persons(where):
            recorded, start_s = self._past.slice(where), self._end_s - window_s
            for width_s in (HOUR_S, MINUTE_S):
                if recorded.largest(amount, start_s, self._end_s, width_s) <= than:
                    return Largest(0, 0.0)
        return super().larger(amount, than, window_s, where)

    def scores(self, name: str, window_s: int) -> Sequence[float]:
        """As `View.scores`."""
        return super().scores(name, window_s) if self._has(name, window_s) else []

    def marked(self, name: str, window_s: int) -> Sequence[tuple[str, str]]:
        """As `View.marked`."""
        return super().marked(name, window_s) if self._has(name, window_s) else []

    def budgets(self) -> Sequence[BudgetState]:
        """As `View.budgets`, of the budgets that all share; what others spent is kept for now only."""
        return self._once(("budgets",), lambda: list(self._shared()))

    def sessions(self, window_s: int) -> Sequence[SessionCost]:
        """As `View.sessions`, twice a day, as the next ones."""
        return self._seldom(("sessions", window_s), lambda: super(PastView, self).sessions(window_s))

    def segments(self, window_s: int) -> Sequence[SegmentCalls]:
        """As `View.segments`."""
        return self._seldom(("segments", window_s), lambda: super(PastView, self).segments(window_s))

    def arms(self, window_s: int) -> Sequence[Arm]:
        """As `View.arms`."""
        return self._seldom(("arms", window_s), lambda: super(PastView, self).arms(window_s))

    def _has(self, name: str, window_s: int) -> bool:
        """Whether there may be scores of this name."""
        start_s, recorded = self._end_s - window_s, self._past.slice({})
        return start_s < recorded.start_s or recorded.score(name, start_s, self._end_s) is not None

    def _measured(self, window_s: int, where: Where) -> Measured:
        if _of_persons(where):
            return super()._measured(window_s, where)
        return self._past.slice(where).measured(self._end_s - window_s, self._end_s)

    def _seldom(self, key: tuple[object, ...], make: Callable[[], _T]) -> _T:
        return self._memory.recall(key, self._end_s // _HALF_DAY_S, make)

    def _hours(self, metric: str, start_s: int, end_s: int, where: Where) -> Sequence[MetricFigure]:
        if _of_persons(where):
            return super()._hours(metric, start_s, end_s, where)
        return self._past.slice(where).hours(metric, -(-start_s // HOUR_S), end_s // HOUR_S)

    def _day(self, metric: str, day: int, where: Where) -> float | None:
        start_s, end_s = day * _DAY_S, (day + 1) * _DAY_S
        if metric_of(metric).people or start_s < self._past.start_s or _of_persons(where):
            return super()._day(metric, day, where)
        return figure(metric, self._past.slice(where).measured(start_s, end_s, HOUR_S)).value

    def _shared(self) -> Iterator[BudgetState]:
        zone, now_ns = ZoneInfo(self._config.budget.timezone), self._end_s * SECOND_NS
        place = self._past.slice({}).place
        for budget, running in self._past.shared:
            start_s, _ = bounds(budget.period, now_ns - 1, zone)
            spent = running[place(self._end_s)] - running[place(start_s)]
            yield budget_state(budget, spent, now_ns - 1, zone)


def _of_persons(where: Where) -> bool:
    return bool(where) and not where.keys().isdisjoint(PERSONS)
