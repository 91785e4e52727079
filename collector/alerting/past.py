"""Replaying the rules over what was recorded: when would they have fired?

The engine and the rules are those that watch; only the view differs: it looks back from every minute of the
past. Rules with long windows are looked at less often, five times a window, and what compares users, sessions
and versions twice a day.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final

from llmwatch.analysis.alerts.kinds import KINDS
from llmwatch.analysis.alerts.looking import Views, changes_of, seen
from llmwatch.analysis.alerts.rule import SECOND_NS, Rule
from llmwatch.analysis.budget import Budget, budgets
from llmwatch.analysis.metrics import metric_of
from llmwatch.collector.alerting.pastview import Past, PastView
from llmwatch.collector.alerting.recorded import HOUR_S, MINUTE_S
from llmwatch.config import Config
from llmwatch.store.reads.sliced import PERSONS
from llmwatch.store.rows import AlertRow

_LOOKS: Final = 5
"""How often a rule is looked at in the length of its window."""
_LARGE: Final = {
    "ttft_p99": "first_chunk_ns", "latency_p99": "duration_ns", "latency_p95": "duration_ns",
    "request_ceiling": "cost", "request_cost": "cost",
}  # fmt: skip
"""What of LLM calls must be larger than the threshold (in seconds, dollars) somewhere in the window."""
_FAILING: Final = frozenset({"error_rate", "error_burst"})
"""Rules that do not hold without an error in the window."""
_BUDGETS: Final = frozenset({"budget_warn", "budget_exceeded", "token_quota"})


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
        fired = [each for rule in rules if self._says_something(rule) for each in self._replayed(rule)]
        return sorted(fired, key=attrgetter("alert.fired_ns"))

    def _replayed(self, rule: Rule) -> Iterable[Fired]:
        """When one rule would have fired: rules do not know of each other."""
        pace_s = _pace(rule)
        known: dict[str, AlertRow] = {}
        fired: list[Fired] = []
        running: dict[str, int] = {}
        """Where those that hold are in ``fired``."""
        idle = True
        view = PastView(self._past, self._start_s)
        views = Views(view, view)
        place, signs = self._past.slice(rule.where).place, self._signs(rule)
        for end_s in range(self._start_s + MINUTE_S, self._end_s + 1, pace_s):
            if signs and idle and signs[place(end_s)] == signs[place(end_s - rule.window_s)]:
                continue
            view.move(end_s)
            found = seen(rule, views)
            for change in list(changes_of(rule, found, known, end_s * SECOND_NS, pace_s * SECOND_NS)):
                alert = change.alert
                if change.event == "dropped":
                    del known[alert.slice]
                    continue
                known[alert.slice] = alert
                if change.event == "fired":
                    running[alert.slice] = len(fired)
                    fired.append(Fired(alert, None))
                elif change.event == "resolved":
                    number = running.pop(alert.slice)
                    fired[number] = replace(fired[number], until_ns=alert.resolved_ns)
            idle = all(alert.state == "resolved" for alert in known.values())
        return fired

    def _signs(self, rule: Rule) -> Sequence[int]:
        """Up to each minute, how often there was what the rule cannot hold without; empty if that is unknown.

        A rule that neither waits nor fires need not be looked at where there is none in its window.
        """
        if _is_always_looked_at(rule):
            return ()
        if rule.kind in _BUDGETS:
            return self._past.reached(lambda budget: _bar(rule, budget))
        calls = self._past.slice(rule.where).steps("calls")
        if rule.kind in _FAILING:
            return calls.running("errors")
        if rule.kind in _LARGE:
            return calls.larger(_LARGE[rule.kind], rule.threshold * SECOND_NS)
        return ()

    def _says_something(self, rule: Rule) -> bool:
        """Whether there is anything in all of the time for the rule to look at."""
        if rule.kind in _BUDGETS:
            return any(budget.limit is not None for budget in budgets(self._past.config))
        past = self._past
        if rule.kind in _LARGE and not _is_always_looked_at(rule):
            recorded, name = past.slice(rule.where), _LARGE[rule.kind]
            largest = recorded.largest(name, past.start_s, self._end_s, HOUR_S)
            return largest > rule.threshold * SECOND_NS
        metric = getattr(KINDS[rule.kind].look, "metric", None)
        if metric is None or rule.no_data == "fire" or metric_of(metric).unit not in ("share", "mark"):
            return True
        whole = PastView(past, self._end_s).figure(metric, self._end_s - past.start_s, rule.where)
        return whole.samples > 0


def _is_always_looked_at(rule: Rule) -> bool:
    """Whether it may hold without anything there, or is of a person, of whom there are no sums."""
    return rule.no_data == "fire" or rule.threshold < 0 or not rule.where.keys().isdisjoint(PERSONS)


def _bar(rule: Rule, budget: Budget) -> float:
    """The share of a budget from which the rule holds."""
    return rule.threshold if rule.kind == "budget_exceeded" else rule.threshold * budget.warn_at


def _pace(rule: Rule) -> int:
    """Seconds between looks at a rule."""
    minutes = max(rule.window_s // _LOOKS // MINUTE_S, 1)
    return max(minutes * MINUTE_S, KINDS[rule.kind].every_s)
