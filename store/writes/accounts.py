"""Keeping what accounts come to."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from llmwatch.store.accounts import Account, Key, Spend
from llmwatch.store.reads.budgets import counted, is_kept, kept

_NAMES: Final = Spend._fields
_ADD: Final = (
    f"INSERT INTO budget_spend (budget, value, start_s, {', '.join(_NAMES)}) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (budget, start_s, value) DO UPDATE SET "
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in _NAMES)
)


def open_accounts(db: sqlite3.Connection, accounts: Sequence[Account], now_s: int) -> dict[Key, Spend]:
    """Keep ``accounts`` and no others from now on; returns what their running periods come to.

    What was kept by another definition is counted anew, for the running period.
    """
    names = {account.name for account in accounts}
    known = {name for (name,) in db.execute("SELECT budget FROM budget_definitions")}
    for name in known - names:
        _drop(db, name)
    found: dict[Key, Spend] = {}
    for account in accounts:
        period = account.bounds(now_s)
        if not is_kept(db, account, period[0]):
            _drop(db, account.name)
            spent = counted(db, account, period)
            add(db, {(account.name, value, period[0]): spend for value, spend in spent.items()})
            row = (account.name, account.definition, period[0])
            db.execute("INSERT INTO budget_definitions VALUES (?, ?, ?)", row)
        found |= kept(db, account, period[0])
    return found


def add(db: sqlite3.Connection, spent: Mapping[Key, Spend]) -> None:
    """Add ``spent`` to what is kept."""
    db.executemany(_ADD, [(*key, *spend) for key, spend in spent.items()])


def _drop(db: sqlite3.Connection, name: str) -> None:
    for table in ("budget_spend", "budget_definitions"):
        db.execute(f"DELETE FROM {table} WHERE budget = ?", (name,))
