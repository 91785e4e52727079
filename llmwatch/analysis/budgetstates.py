"""How every budget stands: one answer for the screen, ``llmwatch status``, JSON, Prometheus and alerts."""

from __future__ import annotations

import sqlite3
from zoneinfo import ZoneInfo

from llmwatch.analysis.budget import (
    MEASURES,
    Budget,
    BudgetState,
    account,
    bounds,
    budget_state,
    budgets,
    worst_first,
)
from llmwatch.config import Config
from llmwatch.store.reads.budgets import MOST, costliest


def budget_states(db: sqlite3.Connection, config: Config, now_ns: int) -> list[BudgetState]:
    """The state of every budget in its running period, worst first; daily and monthly without limits, too.

    Of those that each user, feature, … has for itself the `MOST` that have spent most.
    """
    zone = ZoneInfo(config.budget.timezone)
    return worst_first(state for budget in budgets(config) for state in states_of(db, budget, now_ns, zone))


def states_of(
    db: sqlite3.Connection, budget: Budget, now_ns: int, zone: ZoneInfo, most: int = MOST
) -> list[BudgetState]:
    """The states of one budget: of ``most`` values at most (-1: of all), those that spent most first."""
    period = bounds(budget.period, now_ns, zone)
    found = costliest(db, account(budget, zone), period, MEASURES[budget.unit], most)
    if budget.by == "none":
        return [budget_state(budget, found.get("", 0), now_ns, zone)]
    return [budget_state(budget, spent, now_ns, zone, value) for value, spent in found.items()]
