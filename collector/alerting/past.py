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
from llmwatch.analysis.budget import budgets
from llmwatch.analysis.metrics import metric_of
from llmwatch.collector.alerting.pastview import Past, PastView
from llmwatch.collector.alerting.recorded import MINUTE_S
from llmwatch.config import Config
from llmwatch.store.rows import AlertRow

_LOOKS: Final = 5
"""How often a rule is looked at in the length of its window."""
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
        view = PastView(self._past, self._start_s)
        views = Views(view, view)
        for end_s in range(self._start_s + MINUTE_S, self._end_s + 1, pace_s):
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
                    place = running.pop(alert.slice)
                    fired[place] = replace(fired[place], until_ns=alert.resolved_ns)
        return fired

    def _says_something(self, rule: Rule) -> bool:
        """Whether there is anything in all of the time for the rule to look at."""
        if rule.kind in _BUDGETS:
            return any(budget.limit is not None for budget in budgets(self._past.config))
        metric = getattr(KINDS[rule.kind].look, "metric", None)
        if metric is None or rule.no_data == "fire" or metric_of(metric).unit not in ("share", "mark"):
            return True
        whole = PastView(self._past, self._end_s).figure(metric, self._end_s - self._past.start_s, rule.where)
        return whole.samples > 0


def _pace(rule: Rule) -> int:
    """Seconds between looks at a rule."""
    minutes = max(rule.window_s // _LOOKS // MINUTE_S, 1)
    return max(minutes * MINUTE_S, KINDS[rule.kind].every_s)
