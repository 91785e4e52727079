"""Which rules fired, and which still hold."""

from __future__ import annotations

import sqlite3
from typing import Final

from llmwatch.store.mapping import Mapper
from llmwatch.store.rows import AlertRow

_ROW: Final = Mapper(AlertRow)


def open_alerts(db: sqlite3.Connection) -> list[AlertRow]:
    """Alerts that hold, the newest first."""
    query = f"SELECT {_ROW.columns} FROM alerts WHERE resolved_ns IS NULL ORDER BY fired_ns DESC, id DESC"
    return _ROW.rows(db.execute(query))


def recent(db: sqlite3.Connection, limit: int) -> list[AlertRow]:
    """The last ``limit`` alerts, open or not, the newest first."""
    query = f"SELECT {_ROW.columns} FROM alerts ORDER BY fired_ns DESC, id DESC LIMIT ?"
    return _ROW.rows(db.execute(query, (limit,)))
