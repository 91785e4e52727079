"""A view whose answers are set by the test, and an alert's life under a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from llmwatch.analysis.alerts.looking import Looking, Views
from llmwatch.analysis.alerts.rule import Rule, rules
from llmwatch.analysis.alerts.significance import Sample
from llmwatch.analysis.alerts.view import Amount, Arm, Largest, SegmentCalls, SessionCost
from llmwatch.analysis.budget import BudgetState
from llmwatch.config.alerts import DEFAULT_RULES, AlertsConfig
from llmwatch.store.reads.sliced import By, Where
from llmwatch.store.rows import AlertRow

SECOND = 10**9
MINUTE = 60 * SECOND
DOLLAR = 10**9
NOON = 1_795_262_400 * SECOND  # 2026-11-21T12:00Z


class Figure(NamedTuple):
    """A number and its samples."""

    value: float | None
    samples: int = 100


class Usual(NamedTuple):
    """What is usual."""

    mean: float
    sigma: float = 0.0


@dataclass
class FakeView:
    """Answers what it was told to."""

    metrics: dict[str, Figure] = field(default_factory=dict)
    sliced: dict[str, dict[str | None, Figure]] = field(default_factory=dict)
    normal: dict[str, Usual] = field(default_factory=dict)
    minutes: Sequence[tuple[int, int]] = ()
    daily: Sequence[float] = ()
    amounts: dict[str, Sequence[float]] = field(default_factory=dict)
    marks: Sequence[float] = ()
    rated: Sequence[float] = ()
    circling: Sequence[tuple[str, str]] = ()
    states: Sequence[BudgetState] = ()
    dear: Sequence[SessionCost] = ()
    groups: Sequence[SegmentCalls] = ()
    live: Sequence[Arm] = ()
    asked: list[tuple[str, int, Where]] = field(default_factory=list)

    def figure(self, metric: str, window_s: int, where: Where) -> Figure:
        self.asked.append((metric, window_s, where))
        return self.metrics.get(metric, Figure(None, 0))

    def figures(
        self, metric: str, window_s: int, by: By, where: Where
    ) -> Sequence[tuple[str | None, Figure]]:
        return list(self.sliced.get(metric, {}).items())

    def usual(self, metric: str, where: Where) -> Usual | None:
        return self.normal.get(metric)

    def calls(self, window_s: int, where: Where) -> Sequence[tuple[int, int]]:
        return self.minutes

    def days(self, metric: str, count: int, where: Where) -> Sequence[float]:
        return self.daily

    def larger(self, amount: Amount, than: float, window_s: int, where: Where) -> Largest:
        over = [value for value in self.amounts.get(amount, ()) if value > than]
        return Largest(len(over), max(over, default=0.0))

    def scores(self, name: str, window_s: int) -> Sequence[float]:
        return self.marks

    def marked(self, name: str, window_s: int) -> Sequence[tuple[str, str]]:
        return self.circling

    def ratings(self, count: int, window_s: int) -> Sequence[float]:
        return self.rated[:count]

    def budgets(self) -> Sequence[BudgetState]:
        return self.states

    def sessions(self, window_s: int) -> Sequence[SessionCost]:
        return self.dear

    def segments(self, window_s: int) -> Sequence[SegmentCalls]:
        return self.groups

    def arms(self, window_s: int) -> Sequence[Arm]:
        return self.live


def arm(
    name: str, calls: int, errors: int = 0, *, of: str = "prompt:ask", first: int = 0, **others: Any
) -> Arm:
    return Arm(**{
        "of": of, "name": name, "terms": f"version:{name}", "first_ns": first, "calls": calls,
        "errors": errors, "checked": 0, "passed": 0, "quality": Sample(0, 0.0, 0.0), "feedback": 0,
        "negative": 0, **others,
    })  # fmt: skip


def budget(share: float, *, name: str = "daily", start_s: int = 1_795_219_200, **others: Any) -> BudgetState:
    return BudgetState(
        limit=10 * DOLLAR, spent=round(share * 10 * DOLLAR), share=share, forecast=None, start_s=start_s,
        end_s=start_s + 86_400, name=name, **others,
    )  # fmt: skip


def the_rule(name: str, **changes: Any) -> Rule:
    """A built-in rule, with changes to its configuration."""
    config = replace(DEFAULT_RULES[name], enabled=True, **changes)
    (found,) = rules(AlertsConfig(rules={name: config}))
    return found


class Life:
    """The alerts of a rule over time."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules
        self.known: dict[str, dict[str, AlertRow]] = {}
        self.looking = Looking()
        self.told: list[tuple[str, str, float]] = []
        """Event, slice and minute of all that people are told."""

    def look(self, view: FakeView, *minutes: float) -> None:
        """A pass over the rules at each of ``minutes`` after noon."""
        for minute in minutes:
            now_ns = NOON + round(minute * MINUTE)
            changes = list(self.looking.changes(self.rules, Views(view, view), self.known, now_ns))
            for change in changes:
                slices = self.known.setdefault(change.alert.rule, {})
                if change.event == "dropped":
                    del slices[change.alert.slice]
                else:
                    slices[change.alert.slice] = replace(change.alert, id=change.alert.id or 1)
                if change.tell:
                    self.told.append((change.event, change.alert.slice, minute))

    @property
    def alerts(self) -> list[AlertRow]:
        """The last alert of each slice."""
        return [alert for slices in self.known.values() for alert in slices.values()]

    @property
    def events(self) -> list[tuple[str, float]]:
        """As `told`, of a rule with one slice."""
        return [(event, minute) for event, _, minute in self.told]
