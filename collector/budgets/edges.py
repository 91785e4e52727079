"""What is told of budgets: once that one is nearly used up, and once that it is, in each of its periods."""

from __future__ import annotations

import sqlite3
from itertools import takewhile
from zoneinfo import ZoneInfo

from llmwatch.analysis.budget import Edge, budgets, edges
from llmwatch.analysis.budgetstates import states_of
from llmwatch.config import Config
from llmwatch.store.writes.accounts import mark


def take_edges(db: sqlite3.Connection, config: Config, now_ns: int) -> list[Edge]:
    """The edges that were reached and not taken before; for `Writer.run`, as taking one is written.

    Each budget and value has two a period. When both are reached at once both are taken, the warning first.
    """
    zone = ZoneInfo(config.budget.timezone)
    states = [
        state
        for budget in budgets(config)
        if budget.limit is not None
        for state in takewhile(edges, states_of(db, budget, now_ns, zone, most=-1))
    ]
    return [
        edge
        for state in states
        for edge in edges(state)
        if mark(db, (state.name, state.value or "", state.start_s), edge.kind, now_ns)
    ]
