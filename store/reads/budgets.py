"""What has been spent of budgets: as it is kept, or counted anew where nobody keeps it."""

from __future__ import annotations

import sqlite3
from typing import Final

from llmwatch.store.accounts import CALLS, Account, Key, Measure, Spend
from llmwatch.store.heads import Heads
from llmwatch.store.reads import metrics

MOST: Final = 100
"""Values of one budget that are shown."""

_SUMS: Final = ", ".join(Spend._fields)
_HEADS: Final = frozenset(Heads._fields)
_SPANS: Final = f"""
    coalesce(sum(spans.cost_nanousd) FILTER (WHERE spans.usage_role = 'counted'), 0) AS cost_nanousd,
    coalesce(sum(coalesce(spans.input_tokens, 0) + coalesce(spans.output_tokens, 0))
        FILTER (WHERE spans.usage_role = 'counted'), 0) AS tokens,
    count(*) FILTER (WHERE spans.kind IN {CALLS}
        AND (spans.kind != 'llm' OR coalesce(spans.usage_role, 'counted') = 'counted')) AS calls,
    count(*) FILTER (WHERE spans.usage_role = 'counted' AND spans.cost_nanousd IS NULL) AS unpriced
    FROM spans CROSS JOIN traces ON traces.id = spans.trace
    WHERE spans.state != 'partial' AND spans.start_ns >= ? AND spans.start_ns < ?
    AND (spans.usage_role = 'counted' OR spans.kind IN {CALLS})"""


def costliest(
    db: sqlite3.Connection,
    account: Account,
    period: tuple[int, int],
    measure: Measure,
    *,
    most: int = -1,
    least: int = 0,
) -> dict[str, int]:
    """The values of ``account`` that have spent most in ``period`` (Unix seconds), that with most first.

    The value is ``""`` where all share the account; of all others only those that have spent ``least``, and
    not more than ``most`` of them unless it is -1.
    """
    if is_kept(db, account, period[0]):
        query = (
            f"SELECT value, {measure} FROM budget_spend WHERE budget = ? AND start_s = ? AND {measure} >= ?"
            f" ORDER BY {measure} DESC, value LIMIT ?"
        )
        return dict(db.execute(query, (account.name, period[0], least, most)))
    if _is_everything(account):
        return {"": _everything(db, period, measure)}
    found = {value: getattr(spend, measure) for value, spend in counted(db, account, period).items()}
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return dict([pair for pair in ordered if pair[1] >= least][: most if most >= 0 else None])


def is_kept(db: sqlite3.Connection, account: Account, start_s: int) -> bool:
    """Whether the spend of ``account`` is kept, as it is defined now, of the period that began then."""
    query = "SELECT 1 FROM budget_definitions WHERE budget = ? AND definition = ? AND since_s <= ?"
    return db.execute(query, (account.name, account.definition, start_s)).fetchone() is not None


def kept(db: sqlite3.Connection, account: Account, start_s: int) -> dict[Key, Spend]:
    """What is kept of the period that began at ``start_s``."""
    query = f"SELECT value, {_SUMS} FROM budget_spend WHERE budget = ? AND start_s = ?"
    rows = db.execute(query, (account.name, start_s))
    return {(account.name, value, start_s): Spend(*sums) for value, *sums in rows}


def counted(db: sqlite3.Connection, account: Account, period: tuple[int, int]) -> dict[str, Spend]:
    """What spans of ``period`` (Unix seconds) add up to, by value; reads them all unless all count."""
    if _is_everything(account):
        return {"": Spend(*(_everything(db, period, measure) for measure in Spend._fields))}
    value = _said(account.column) if account.column else "''"
    query = f"SELECT {value}, {_SPANS} AND {value} IS NOT NULL"
    query += "".join(f" AND {_said(name)} = ?" for name, _ in account.match) + " GROUP BY 1"
    times = [second * 10**9 for second in period]
    rows = db.execute(query, (*times, *(wanted for _, wanted in account.match)))
    return {value: spend for value, *sums in rows if (spend := Spend(*sums)) != Spend()}


def _said(column: str) -> str:
    """What a span says, or else its trace (heads.py); NULL where neither does."""
    if column in _HEADS:
        return f"coalesce(nullif(spans.{column}, ''), nullif(traces.{column}, ''))"
    return f"nullif(spans.{column}, '')"


def _is_everything(account: Account) -> bool:
    return account.column is None and not account.match


def _everything(db: sqlite3.Connection, period: tuple[int, int], measure: str) -> int:
    """As `counted`, of everything: from the rollups, whose minutes all periods consist of."""
    if measure == "calls":
        return sum(metrics.added(db, *period, {"kind": kind}, ("spans",))[0] for kind in CALLS)
    columns = ("input_tokens", "output_tokens") if measure == "tokens" else (measure,)
    return sum(metrics.added(db, *period, {}, columns))
