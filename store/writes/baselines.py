"""Choosing the window that numbers are compared with. For `llmwatch.store.writer.Writer.run`."""

from __future__ import annotations

import sqlite3


def choose(db: sqlite3.Connection, start_s: int, end_s: int, now_ns: int) -> None:
    """Compare with the hours from ``start_s`` to ``end_s`` from now on."""
    db.execute("INSERT OR REPLACE INTO golden VALUES (1, ?, ?, ?)", (start_s, end_s, now_ns))


def forget(db: sqlite3.Connection) -> None:
    """Compare with the days before, as if no window had ever been chosen."""
    db.execute("DELETE FROM golden")
