"""Replaying the rules over what was recorded: when would they have fired?

The engine and the rules are those that watch; only the view differs: it looks back from every minute of the
past. Rules with long windows are looked at less often, five times a window, and what compares users, sessions
and versions twice a day.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar, cast
from zoneinfo import ZoneInfo

from llmwatch.analysis.alerts.kinds import KINDS
from llmwatch.analysis.alerts.looking import Looking, Views
from llmwatch.analysis.alerts.rule import SECOND_NS, Rule
from llmwatch.analysis.alerts.view import Amount, Arm, Figure, Largest, SegmentCalls, SessionCost, Usual
from llmwatch.analysis.baselines import learn, window
from llmwatch.analysis.budget import BudgetState, Unit, bounds, budget_state, budgets
from llmwatch.analysis.metrics import Figure as MetricFigure
from llmwatch.analysis.metrics import figure, metric_of
from llmwatch.collector.alerting.view import Memory, StoreView, bucket_over
from llmwatch.config import Config
from llmwatch.store.gathering import FIELDS
from llmwatch.store.reads import comparing
from llmwatch.store.reads.metrics import Slice
from llmwatch.store.reads.minutes import Minutes
from llmwatch.store.reads.scoresums import NONE_GIVEN, Given, scores_given
from llmwatch.store.reads.sliced import By, Where
from llmwatch.store.rows import AlertRow, Measured

_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_HALF_DAY_S: Final = 43_200
_DAY_S: Final = 86_400
_WEEK_S: Final = 7 * 86_400
_LOOKS: Final = 5
"""How often a rule is looked at in the length of its window."""
_KINDS: Final = {
    "calls": "llm",
    "tools": "tool",
    "retrievals": "retriever",
    "embeddings": "embedding",
    "spans": None,
}
_BUDGETS: Final = frozenset({"budget_warn", "budget_exceeded", "token_quota"})
_COUNTED: Final[Mapping[Unit, tuple[str, ...]]] = {
    "usd": ("cost_nanousd",), "tokens": ("input_tokens", "output_tokens"), "calls": ("spans",)
}  # fmt: skip
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Fired:
    """One time a rule would have fired."""

    alert: AlertRow
    until_ns: int | None
    """When it would have been over; None when it still held at the end."""


class Replay:
    """Replays rules over ``start_s`` to ``end_s`` (Unix seconds, whole minutes)."""

    def __init__(self, db: sqlite3.Connection, config: Config, start_s: int, end_s: int) -> None:
        self._past = Past(db, config, start_s, end_s)
        self._start_s = start_s
        self._end_s = end_s

    def run(self, rules: Sequence[Rule]) -> list[Fired]:
        """When each of ``rules`` would have fired, the oldest first."""
        known: dict[str, dict[str, AlertRow]] = {}
        fired: list[Fired] = []
        running: dict[tuple[str, str], int] = {}
        """Where those that hold are in ``fired``."""
        worth = [rule for rule in rules if self._past.says_something(rule)]
        paces = {rule.name: _pace(rule) for rule in worth}
        looking = Looking(lambda rule: paces[rule.name])
        for end_s in range(self._start_s + _MINUTE_S, self._end_s + 1, _MINUTE_S):
            view = _PastView(self._past, end_s)
            for change in looking.changes(worth, Views(view, view), known, end_s * SECOND_NS):
                slices = known.setdefault(change.alert.rule, {})
                if change.event == "dropped":
                    del slices[change.alert.slice]
                    continue
                slices[change.alert.slice] = replace(change.alert, id=1)
                if change.event == "fired":
                    running[change.alert.rule, change.alert.slice] = len(fired)
                    fired.append(Fired(change.alert, None))
                elif change.event == "resolved":
                    place = running.pop((change.alert.rule, change.alert.slice))
                    fired[place] = Fired(fired[place].alert, change.alert.resolved_ns)
        return fired


def _pace(rule: Rule) -> int:
    """Seconds between looks at a rule."""
    minutes = max(rule.window_s // _LOOKS // _MINUTE_S, 1)
    return max(minutes * _MINUTE_S, KINDS[rule.kind].every_s)


class Past:
    """What was recorded, read once for all moments."""

    def __init__(self, db: sqlite3.Connection, config: Config, start_s: int, end_s: int) -> None:
        self.db = db
        self.config = config
        self.start_s = (
            (start_s - _WEEK_S) // _HOUR_S * _HOUR_S
        )  # what is usual is learnt from the week before
        self.end_s = end_s
        self.memory = Memory()
        self.scored = bool(scores_given(db, self.start_s, end_s, {}, None))
        """Whether there are any scores at all."""
        self._minutes: dict[tuple[object, ...], Minutes] = {}
        self._hours: dict[tuple[object, ...], dict[int, MetricFigure]] = {}

    def says_something(self, rule: Rule) -> bool:
        """Whether there is anything in all of the time for the rule to look at."""
        if rule.kind in _BUDGETS:
            return any(budget.limit is not None for budget in budgets(self.config))
        metric = getattr(KINDS[rule.kind].look, "metric", None)
        if metric is None or rule.no_data == "fire" or metric_of(metric).unit not in ("share", "mark"):
            return True
        whole = self.measured(self.start_s, self.end_s, rule.where)
        return figure(metric, whole).samples > 0

    def measured(self, start_s: int, end_s: int, where: Where) -> Measured:
        """A window, whose parts are read when they are asked for."""
        return cast("Measured", _PastMeasured(self, max(start_s, self.start_s), end_s, where))

    def hours(self, metric: str, first: int, last: int, where: Where) -> Sequence[MetricFigure]:
        """A metric in each hour from ``first`` up to and without ``last`` (hours since 1970)."""
        key = (metric, *sorted(where.items()))
        known = self._hours.setdefault(key, {})
        for hour in range(max(first, self.start_s // _HOUR_S), last):
            if hour not in known:
                start_s = hour * _HOUR_S
                known[hour] = figure(metric, self.measured(start_s, start_s + _HOUR_S, where))
        return [known[hour] for hour in range(first, last) if hour in known]

    def minutes(self, where: Where, kind: str | None) -> Minutes:
        """The minutes of a slice."""
        key = (kind, *sorted(where.items()))
        if key not in self._minutes:
            self._minutes[key] = Minutes(self.db, self.start_s, self.end_s, cast("Slice", where), kind)
        return self._minutes[key]


class _PastMeasured:
    """Stands in for `Measured`: each part is added up when a metric asks for it."""

    def __init__(self, past: Past, start_s: int, end_s: int, where: Where) -> None:
        self._past = past
        self.start_s = start_s
        self.end_s = end_s
        self._where = where

    def __getattr__(self, name: str) -> Any:
        if name in _KINDS:
            minutes = self._past.minutes(self._where, _KINDS[name])
            first = (self.start_s - self._past.start_s) // _MINUTE_S
            made: Any = _PastTotals(minutes, first, (self.end_s - self._past.start_s) // _MINUTE_S)
        elif name in ("scores", "feedback"):
            made = getattr(self._given(), name)
        else:
            raise AttributeError(name)
        self.__dict__[name] = made
        return made

    def _given(self) -> Given:
        if not self._past.scored:
            return NONE_GIVEN
        found = scores_given(self._past.db, self.start_s, self.end_s, self._where, None)
        return found.get("", NONE_GIVEN)


class _PastTotals:
    """Stands in for `Totals` of a window."""

    __slots__ = ("_first", "_last", "_minutes")

    def __init__(self, minutes: Minutes, first: int, last: int) -> None:
        self._minutes, self._first, self._last = minutes, first, last

    def __getattr__(self, name: str) -> Any:
        if name == "words":
            return self._minutes.words(self._first, self._last)
        if name in FIELDS:
            return self._minutes.histogram(name, self._first, self._last)
        return self._minutes.total(name, self._first, self._last)


class _PastView(StoreView):
    """The view from the end of a minute of the past."""

    def __init__(self, past: Past, end_s: int) -> None:
        super().__init__(past.db, past.config, end_s, past.memory, end_s * SECOND_NS)
        self._past = past

    def figures(
        self, metric: str, window_s: int, by: By, where: Where
    ) -> Sequence[tuple[str | None, Figure]]:
        """As `View.figures`, of every value that there is in all of the time."""
        values = self._memory.recall(("values", by), 0, lambda: comparing.values_of(self._db, by))
        return [(value, self.figure(metric, window_s, {**where, by: value})) for value in values]

    def usual(self, metric: str, where: Where) -> Usual | None:
        """As `View.usual`."""
        hour = self._end_s // _HOUR_S
        return self._memory.recall(
            ("usual", metric, *sorted(where.items())), hour, lambda: self._learnt(metric, hour, where)
        )

    def calls(self, window_s: int, where: Where) -> Sequence[tuple[int, int]]:
        """As `View.calls`."""
        minutes = self._past.minutes(where, "llm")
        last = (self._end_s - self._past.start_s) // _MINUTE_S
        first = last - window_s // _MINUTE_S
        return [
            (minutes.total("spans", at, at + 1), minutes.total("errors", at, at + 1))
            for at in range(first, last)
        ]

    def larger(self, amount: Amount, than: float, window_s: int, where: Where) -> Largest:
        """As `View.larger`; mostly there is none, which the highest bucket of each minute tells."""
        minutes, last = self._past.minutes(where, "llm"), (self._end_s - self._past.start_s) // _MINUTE_S
        if minutes.largest(amount, last - window_s // _MINUTE_S, last) < bucket_over(than):
            return Largest(0, 0.0)
        return super().larger(amount, than, window_s, where)

    def budgets(self) -> Sequence[BudgetState]:
        """As `View.budgets`, of the budgets that all share; what others spent is kept for now only."""
        return self._once(("budgets",), lambda: list(self._shared()))

    def sessions(self, window_s: int) -> Sequence[SessionCost]:
        """As `View.sessions`, twice a day, as the next ones."""
        return self._seldom(("sessions", window_s), lambda: super(_PastView, self).sessions(window_s))

    def segments(self, window_s: int) -> Sequence[SegmentCalls]:
        """As `View.segments`."""
        return self._seldom(("segments", window_s), lambda: super(_PastView, self).segments(window_s))

    def arms(self, window_s: int) -> Sequence[Arm]:
        """As `View.arms`."""
        return self._seldom(("arms", window_s), lambda: super(_PastView, self).arms(window_s))

    def _measured(self, window_s: int, where: Where) -> Measured:
        key = ("window", window_s, *sorted(where.items()))
        return self._once(key, lambda: self._past.measured(self._end_s - window_s, self._end_s, where))

    def _seldom(self, key: tuple[object, ...], make: Callable[[], _T]) -> _T:
        return self._memory.recall(key, self._end_s // _HALF_DAY_S, make)

    def _learnt(self, metric: str, hour: int, where: Where) -> Usual | None:
        start_s, end_s, enough = window(self._db, hour * _HOUR_S)
        return learn(self._past.hours(metric, -(-start_s // _HOUR_S), end_s // _HOUR_S, where), enough)

    def _day(self, metric: str, day: int, where: Where) -> float | None:
        start_s, end_s = day * _DAY_S, (day + 1) * _DAY_S
        if metric_of(metric).people or start_s < self._past.start_s:
            return super()._day(metric, day, where)
        return figure(metric, self._past.measured(start_s, end_s, where)).value

    def _shared(self) -> Iterator[BudgetState]:
        zone, now_ns = ZoneInfo(self._config.budget.timezone), self._end_s * SECOND_NS
        everything = self._past.minutes({}, None)
        for budget in budgets(self._config):
            if budget.limit is None or budget.by != "none" or budget.match:
                continue
            start_s, _ = bounds(budget.period, now_ns - 1, zone)
            first = max(start_s - self._past.start_s, 0) // _MINUTE_S
            last = (self._end_s - self._past.start_s) // _MINUTE_S
            spent = sum(everything.total(name, first, last) for name in _COUNTED[budget.unit])
            yield budget_state(budget, spent, now_ns - 1, zone)
