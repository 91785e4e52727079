"""How every budget stands: one answer for the screen, ``llmwatch status``, JSON, Prometheus and alerts."""

from __future__ import annotations

import sqlite3
from zoneinfo import ZoneInfo

from llmwatch.analysis.budget import (
    MEASURES,
    SECOND_NS,
    Budget,
    BudgetState,
    account,
    bounds,
    budget_state,
    budgets,
    worst_first,
)
from llmwatch.config import Config
from llmwatch.store.reads.budgets import MOST, costliest, counted

_LATELY_NS = 60 * SECOND_NS


def budget_states(db: sqlite3.Connection, config: Config, now_ns: int) -> list[BudgetState]:
    """The state of every budget in its running period, worst first; daily and monthly without limits, too.

    Of those that each user, feature, … has for itself the `MOST` that have spent most.
    """
    zone = ZoneInfo(config.budget.timezone)
    return worst_first(
        state for budget in budgets(config) for state in _states(db, budget, now_ns, zone, most=MOST)
    )


def past_states(db: sqlite3.Connection, config: Config, at_ns: int) -> list[BudgetState]:
    """As `budget_states`, as they stood at a moment that is past: what came later in a period is left out."""
    zone = ZoneInfo(config.budget.timezone)
    found: list[BudgetState] = []
    for budget in budgets(config):
        until = bounds(budget.period, at_ns, zone)[0], at_ns // SECOND_NS + 1
        spent = [
            (value, getattr(spend, MEASURES[budget.unit]))
            for value, spend in counted(db, account(budget, zone), until).items()
        ]
        spent = sorted(spent, key=lambda pair: -pair[1])[:MOST]
        shared = budget.by == "none"
        found += [
            budget_state(budget, amount, at_ns, zone, None if shared else value)
            for value, amount in spent or ([("", 0)] if shared else [])
        ]
    return worst_first(found)


def reached_states(db: sqlite3.Connection, config: Config, now_ns: int) -> list[BudgetState]:
    """The states that have reached their ``warn_at``, of all values, worst first: what alerts go by.

    Those of periods that ended within the last minute are among them: what is spent at five to midnight is
    not looked at before the day is over.
    """
    zone = ZoneInfo(config.budget.timezone)
    found: list[BudgetState] = []
    for budget in budgets(config):
        if budget.limit is None:
            continue
        ended_ns = bounds(budget.period, now_ns, zone)[0] * SECOND_NS - 1
        times = (now_ns, ended_ns) if now_ns - ended_ns <= _LATELY_NS else (now_ns,)
        bar = min(budget.warn_at, 1)
        least = int(budget.limit * bar)
        states = [state for at_ns in times for state in _states(db, budget, at_ns, zone, least=least)]
        found += [state for state in states if (state.share or 0) >= bar]
    return worst_first(found)


def _states(
    db: sqlite3.Connection, budget: Budget, now_ns: int, zone: ZoneInfo, *, most: int = -1, least: int = 0
) -> list[BudgetState]:
    """The states of one budget, as `costliest` finds its values."""
    period = bounds(budget.period, now_ns, zone)
    found = costliest(db, account(budget, zone), period, MEASURES[budget.unit], most=most, least=least)
    if budget.by == "none":
        return [budget_state(budget, found.get("", 0), now_ns, zone)]
    return [budget_state(budget, spent, now_ns, zone, value) for value, spent in found.items()]
