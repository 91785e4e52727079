"""Which rules fired, which still hold, and who was told."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from llmwatch.store.mapping import Mapper, names
from llmwatch.store.rows import AlertRow, DeliveryRow

_ROW: Final = Mapper(AlertRow, convert={"traces": names})
_DELIVERY: Final = Mapper(DeliveryRow)


def open_alerts(db: sqlite3.Connection) -> list[AlertRow]:
    """Alerts that fire, acknowledged and snoozed ones too, the newest first."""
    query = f"SELECT {_ROW.columns} FROM alerts WHERE state = 'firing' ORDER BY fired_ns DESC, id DESC"
    return _ROW.rows(db.execute(query))


def pressing(db: sqlite3.Connection, now_ns: int) -> list[AlertRow]:
    """Alerts that fire and that nobody has snoozed: what the verdict counts."""
    return [alert for alert in open_alerts(db) if not alert.snoozed(now_ns)]


def pending(db: sqlite3.Connection) -> list[AlertRow]:
    """Alerts that hold but not for long enough yet, the newest first."""
    query = f"SELECT {_ROW.columns} FROM alerts WHERE state = 'pending' ORDER BY pending_ns DESC, id DESC"
    return _ROW.rows(db.execute(query))


def recent(db: sqlite3.Connection, limit: int) -> list[AlertRow]:
    """The last ``limit`` alerts that fired, still or not, the newest first."""
    query = f"SELECT {_ROW.columns} FROM alerts WHERE fired_ns > 0 ORDER BY fired_ns DESC, id DESC LIMIT ?"
    return _ROW.rows(db.execute(query, (limit,)))


def fired_since(db: sqlite3.Connection, since_ns: int) -> list[AlertRow]:
    """Alerts that fired at ``since_ns`` or later, the oldest first."""
    query = f"SELECT {_ROW.columns} FROM alerts WHERE fired_ns >= ? ORDER BY fired_ns, id"
    return _ROW.rows(db.execute(query, (since_ns,)))


def latest(db: sqlite3.Connection) -> dict[tuple[str, str], AlertRow]:
    """The last alert of each rule and slice, whatever its state: what the engine goes on from."""
    query = f"SELECT {_ROW.columns} FROM alerts WHERE id IN (SELECT max(id) FROM alerts GROUP BY rule, slice)"
    return {(row.rule, row.slice): row for row in _ROW.rows(db.execute(query))}


def deliveries(db: sqlite3.Connection) -> list[DeliveryRow]:
    """The last delivery over each channel, by the channel's name."""
    query = (
        f"SELECT {_DELIVERY.columns} FROM deliveries"
        " WHERE id IN (SELECT max(id) FROM deliveries GROUP BY channel) ORDER BY channel"
    )
    return _DELIVERY.rows(db.execute(query))


def told(db: sqlite3.Connection, alerts: Sequence[int]) -> list[DeliveryRow]:
    """The last delivery over each channel about each of ``alerts`` (ids), by alert and channel."""
    query = (
        f"SELECT {_DELIVERY.columns} FROM deliveries WHERE id IN (SELECT max(id) FROM deliveries"
        f" WHERE alert IN ({', '.join('?' * len(alerts))}) GROUP BY alert, channel) ORDER BY alert, channel"
    )
    return _DELIVERY.rows(db.execute(query, list(alerts)))


def last_tests(db: sqlite3.Connection, since_ns: int) -> list[DeliveryRow]:
    """Deliveries of tests that were asked for at ``since_ns`` or later."""
    query = f"SELECT {_DELIVERY.columns} FROM deliveries WHERE event = 'test' AND created_ns >= ? ORDER BY id"
    return _DELIVERY.rows(db.execute(query, (since_ns,)))


def due(db: sqlite3.Connection, now_ns: int) -> list[DeliveryRow]:
    """Deliveries to try now, the oldest first."""
    query = f"SELECT {_DELIVERY.columns} FROM deliveries WHERE next_ns <= ? ORDER BY id"
    return _DELIVERY.rows(db.execute(query, (now_ns,)))


def last_digest_ns(db: sqlite3.Connection) -> int | None:
    """When the last daily digest was written; None before the first."""
    found: int | None = db.execute(
        "SELECT max(created_ns) FROM deliveries WHERE event = 'digest'"
    ).fetchone()[0]
    return found
