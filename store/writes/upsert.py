"""Rows that are written again with what has changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


def json_text(value: Any) -> str | None:
    """``value`` as JSON; None, which changes nothing, stays None."""
    return None if value is None else msgspec.json.encode(value).decode()


def upsert(
    db: sqlite3.Connection, table: str, key: Sequence[str], row: Mapping[str, Any], now_ns: int
) -> None:
    """Write ``row``, or change the one with the same ``key`` where ``row`` says something (not None)."""
    said = {name: value for name, value in row.items() if value is not None}
    values = {**said, "created_ns": now_ns, "updated_ns": now_ns}
    kept = {*key, "created_ns"}
    changes = ", ".join(f"{name} = excluded.{name}" for name in values if name not in kept)
    db.execute(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})"
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}",
        tuple(values.values()),
    )
