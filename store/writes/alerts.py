"""Writing what became of alerts, and of telling people. For `llmwatch.store.writer.Writer.run`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from llmwatch.store.rows import AlertRow

_FIELDS: Final = (
    "rule", "slice", "tier", "state", "reason", "value", "threshold", "filter", "traces", "pending_ns",
    "seen_ns", "fired_ns", "resolved_ns", "acknowledged_ns", "snoozed_until_ns",
)  # fmt: skip
_INSERT: Final = f"INSERT INTO alerts ({', '.join(_FIELDS)}) VALUES ({', '.join('?' * len(_FIELDS))})"
_KEPT: Final = ("acknowledged_ns", "snoozed_until_ns")
"""What a person says of an alert; only `acknowledge` and `snooze` change it once it is stored."""
_CHANGED: Final = tuple(name for name in _FIELDS if name not in (*_KEPT, "rule", "slice"))
_UPDATE: Final = f"UPDATE alerts SET {', '.join(f'{name} = ?' for name in _CHANGED)} WHERE id = ?"


def save(db: sqlite3.Connection, alerts: Iterable[AlertRow]) -> list[int]:
    """Store ``alerts`` as they are now, new ones (id 0) and known ones; gives their ids in order."""
    return [_save(db, alert) for alert in alerts]


def drop(db: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Delete alerts that ceased to hold before they fired."""
    db.executemany("DELETE FROM alerts WHERE id = ? AND state = 'pending'", [(number,) for number in ids])


def acknowledge(db: sqlite3.Connection, number: int, now_ns: int) -> bool:
    """Someone has taken an alert on. False when it is not open."""
    return _say(db, "acknowledged_ns = coalesce(acknowledged_ns, ?)", number, now_ns)


def snooze(db: sqlite3.Connection, number: int, until_ns: int) -> bool:
    """Nobody wants to hear of an alert before ``until_ns``. False when it is not open."""
    return _say(db, "snoozed_until_ns = ?", number, until_ns)


def wake(db: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """The time that alerts were snoozed for is over."""
    db.executemany("UPDATE alerts SET snoozed_until_ns = NULL WHERE id = ?", [(n,) for n in numbers])


def queue(
    db: sqlite3.Connection,
    channels: Sequence[str],
    event: str,
    alert: int | None,
    message: bytes,
    now_ns: int,
) -> None:
    """Something is to be told over each of ``channels`` at once."""
    db.executemany(
        "INSERT INTO deliveries (channel, event, alert, message, created_ns, attempts, next_ns)"
        " VALUES (?, ?, ?, ?, ?, 0, ?)",
        [(channel, event, alert, message, now_ns, now_ns) for channel in channels],
    )


def attempted(
    db: sqlite3.Connection, delivery: int, now_ns: int, error: str | None, next_ns: int | None
) -> None:
    """A delivery was tried: it arrived (``error`` None), or is tried again at ``next_ns``, None for never."""
    db.execute(
        "UPDATE deliveries SET attempts = attempts + 1, next_ns = ?, error = ?, delivered_ns = ?"
        " WHERE id = ?",
        (next_ns, error, now_ns if error is None else None, delivery),
    )


def _say(db: sqlite3.Connection, what: str, number: int, time_ns: int) -> bool:
    changed = db.execute(f"UPDATE alerts SET {what} WHERE id = ? AND state != 'resolved'", (time_ns, number))
    return changed.rowcount == 1


def _save(db: sqlite3.Connection, alert: AlertRow) -> int:
    row = {name: getattr(alert, name) for name in _FIELDS}
    row["traces"] = msgspec.json.encode(alert.traces).decode()
    if alert.id:
        db.execute(_UPDATE, (*(row[name] for name in _CHANGED), alert.id))
        return alert.id
    number = db.execute(_INSERT, tuple(row.values())).lastrowid
    assert number is not None
    return number
