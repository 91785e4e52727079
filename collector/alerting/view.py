"""What rules ask, read from the database: every window once a pass, and what is usual once an hour."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar, cast

from llmwatch.analysis.alerts.rule import slice_of
from llmwatch.analysis.alerts.significance import Sample
from llmwatch.analysis.alerts.view import Amount, Arm, Figure, Largest, SegmentCalls, SessionCost, Usual
from llmwatch.analysis.baselines import learn, window
from llmwatch.analysis.budget import BudgetState
from llmwatch.analysis.budgetstates import reached_states
from llmwatch.analysis.metrics import Figure as MetricFigure
from llmwatch.analysis.metrics import figure, metric_of
from llmwatch.config import Config
from llmwatch.store.histogram import Histogram, bucket_of, value_of
from llmwatch.store.reads import comparing
from llmwatch.store.reads.measuring import measure, measure_by, measure_hours
from llmwatch.store.reads.metrics import Slice, course
from llmwatch.store.reads.persons import crowd_of, crowds
from llmwatch.store.reads.sliced import PERSONS, By, Where
from llmwatch.store.rows import Dimension, Measured

_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_NANO: Final = 10**9
_ARMS: Final[tuple[tuple[Dimension, Dimension], ...]] = (
    ("prompt_name", "prompt_version"), ("feature", "model"),
)  # fmt: skip
_NOTHING_SAID: Final = comparing.ArmScores(0, 0, 0, 0.0, 0.0)
_T = TypeVar("_T")


class Memory:
    """What is usual, and what whole days were like: kept from pass to pass, for it hardly changes."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], tuple[int, object]] = {}

    def recall(self, key: tuple[object, ...], age: int, make: Callable[[], _T]) -> _T:
        """What ``make`` made when it was last asked for at this ``age``."""
        known = self._kept.get(key)
        if known is None or known[0] != age:
            known = self._kept[key] = (age, make())
        made: _T = known[1]  # type: ignore[assignment]
        return made


class StoreView:
    """The view of `llmwatch.analysis.alerts.view.View` on a database, back from ``end_s`` (whole minutes)."""

    def __init__(
        self, db: sqlite3.Connection, config: Config, end_s: int, memory: Memory, now_ns: int
    ) -> None:
        self._db = db
        self._config = config
        self._end_s = end_s
        self._now_ns = now_ns
        self._memory = memory
        self._read: dict[tuple[object, ...], object] = {}

    def figure(self, metric: str, window_s: int, where: Where) -> Figure:
        """As `View.figure`."""
        return figure(metric, self._measured(window_s, where))

    def figures(
        self, metric: str, window_s: int, by: By, where: Where
    ) -> Sequence[tuple[str | None, Figure]]:
        """As `View.figures`."""
        key = ("by", window_s, by, *sorted(where.items()))
        found = self._once(key, lambda: measure_by(self._db, self._end_s - window_s, self._end_s, by, where))
        return [(value, figure(metric, measured)) for value, measured in found]

    def usual(self, metric: str, where: Where) -> Usual | None:
        """As `View.usual`, of the hours before the running one, which are read once an hour."""
        hour = self._end_s // _HOUR_S
        key = ("usual", metric, *sorted(where.items()))
        return self._memory.recall(key, hour, lambda: self._learnt(metric, hour, where))

    def calls(self, window_s: int, where: Where) -> Sequence[tuple[int, int]]:
        """As `View.calls`; of users and sessions, who have no sums by the minute, all at once."""
        if not where.keys().isdisjoint(PERSONS):
            measured = self._measured(window_s, where).calls
            return [(measured.spans, measured.errors)]
        kind = cast("Slice", {**where, "kind": "llm"})
        points = course(self._db, self._end_s - window_s, self._end_s, 60, kind)
        return [(point.totals.spans, point.totals.errors) for point in points]

    def days(self, metric: str, count: int, where: Where) -> Sequence[float]:
        """As `View.days`."""
        today = self._end_s // _DAY_S
        values = [self._day(metric, day, where) for day in range(today - count, today)]
        return [value for value in values if value is not None]

    def larger(self, amount: Amount, than: float, window_s: int, where: Where) -> Largest:
        """As `View.larger`."""
        return larger(getattr(self._measured(window_s, where).calls, amount), than)

    def scores(self, name: str, window_s: int) -> Sequence[float]:
        """As `View.scores`."""
        return comparing.score_values(self._db, self._end_s - window_s, self._end_s, name)

    def marked(self, name: str, window_s: int) -> Sequence[tuple[str, str]]:
        """As `View.marked`."""
        return comparing.marked_traces(self._db, self._end_s - window_s, self._end_s, name)

    def ratings(self, count: int, window_s: int) -> Sequence[float]:
        """As `View.ratings`."""
        return comparing.last_ratings(self._db, self._end_s, window_s, count)

    def budgets(self) -> Sequence[BudgetState]:
        """As `View.budgets`."""
        return self._once(("budgets",), lambda: reached_states(self._db, self._config, self._now_ns))

    def sessions(self, window_s: int) -> Sequence[SessionCost]:
        """As `View.sessions`; the mean is that of the seven days before."""
        week = self._memory.recall(
            ("sessions",),
            self._end_s // _HOUR_S,
            lambda: crowd_of(self._db, self._end_s - 7 * _DAY_S, self._end_s, "session"),
        )
        if not week.count:
            return []
        costs = comparing.session_costs(self._db, self._end_s - window_s, self._end_s)
        return [SessionCost(name, cost, week.cost_nanousd / week.count, week.count) for name, cost in costs]

    def segments(self, window_s: int) -> Sequence[SegmentCalls]:
        """As `View.segments`."""
        start_s = self._end_s - window_s
        now = comparing.segment_calls(self._db, start_s, self._end_s)
        before = comparing.segment_calls(self._db, 0, start_s)
        return [SegmentCalls(name, calls, before.get(name, 0)) for name, calls in now.items()]

    def arms(self, window_s: int) -> Sequence[Arm]:
        """As `View.arms`."""
        return self._once(("arms", window_s), lambda: arms(self._db, self._end_s - window_s, self._end_s))

    def _learnt(self, metric: str, hour: int, where: Where) -> Usual | None:
        start_s, end_s, enough = window(self._db, hour * _HOUR_S)
        return learn(self._hours(metric, start_s, end_s, where), enough)

    def _hours(self, metric: str, start_s: int, end_s: int, where: Where) -> Sequence[MetricFigure]:
        """A metric in the hours of a window: those that are new, and the last one again, for what came late.

        All of them are read again once a day, for what came later still.
        """
        hour_s = self._end_s // _HOUR_S * _HOUR_S
        chosen = None if (start_s, end_s) == (hour_s - 7 * _DAY_S, hour_s) else start_s
        key = (chosen, *sorted(where.items()))
        kept: dict[int, MetricFigure] = self._memory.recall(
            ("hours", metric, *key), self._end_s // _DAY_S, dict
        )
        new_s = max(kept, default=start_s)
        read = self._once(("hours", new_s, *key), lambda: measure_hours(self._db, new_s, end_s, where))
        kept.update((measured.start_s, figure(metric, measured)) for measured in read)
        return [each for begin_s, each in kept.items() if start_s <= begin_s < end_s]

    def _measured(self, window_s: int, where: Where) -> Measured:
        key = ("window", window_s, *sorted(where.items()))
        return self._once(key, lambda: measure(self._db, self._end_s - window_s, self._end_s, where))

    def _day(self, metric: str, day: int, where: Where) -> float | None:
        start_s, end_s = day * _DAY_S, (day + 1) * _DAY_S

        def read() -> float | None:
            if not metric_of(metric).people:
                return figure(metric, measure(self._db, start_s, end_s, where)).value
            people = crowds(self._db, start_s, end_s, where, None).get("", {})
            nothing = measure(self._db, start_s, start_s, where)  # what people cost needs no more than people
            counted = replace(nothing, users=people.get("user"), sessions=people.get("session"))
            return figure(metric, counted).value

        return self._memory.recall(("day", metric, day, *sorted(where.items())), 0, read)

    def _once(self, key: tuple[object, ...], read: Callable[[], _T]) -> _T:
        if key not in self._read:
            self._read[key] = read()
        made: _T = self._read[key]  # type: ignore[assignment]
        return made


def larger(histogram: Histogram, than: float) -> Largest:
    """The values in a histogram that are larger than this."""
    bound = bucket_over(than)
    over = [bucket for bucket in histogram.buckets if bucket >= bound]
    count = sum([histogram.buckets[bucket] for bucket in over])
    return Largest(count, value_of(max(over)) if over else 0.0)


def bucket_over(value: float) -> int:
    """The first bucket that stands for more than ``value``."""
    bucket = max(bucket_of(int(value)) - 1, 0)
    while value_of(bucket) <= value:
        bucket += 1
    return bucket


def arms(db: sqlite3.Connection, start_s: int, end_s: int) -> list[Arm]:
    """Versions of prompts, and models of features, with LLM calls in a window."""
    found = []
    for of, arm in _ARMS:
        known = comparing.arm_calls(db, start_s, end_s, of, arm)
        scores = comparing.arm_scores(db, start_s, end_s, of, arm) if known else {}
        for (thing, name), calls in known.items():
            said = scores.get((thing, name), _NOTHING_SAID)
            found.append(Arm(
                of=slice_of({of: thing}), name=name, terms=slice_of({arm: name}),
                first_ns=calls.first_s * _NANO, calls=calls.calls, errors=calls.errors,
                checked=calls.checked, passed=calls.passed, feedback=said.feedback, negative=said.negative,
                quality=Sample.of(said.marks, said.total, said.squares),
            ))  # fmt: skip
    return found
