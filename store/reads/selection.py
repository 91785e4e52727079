"""Spans that programs ask for again, by what they said of them, the last to arrive first."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What spans must have; what is None does not count."""

    dialect: str | None = None
    services: Iterable[str] | None = None
    trace_ids: Iterable[str] | None = None
    span_ids: Iterable[str] | None = None
    parent_id: str | None = None
    kind: str | None = None
    is_root: bool | None = None
    failed: bool | None = None
    since_ns: int | None = None
    """The earliest start, as ``until_ns`` is the latest."""
    until_ns: int | None = None
    before: int | None = None
    """Only those that arrived before this one: `Found.place` of the last of a page."""


@dataclass(frozen=True, slots=True)
class Found:
    """A span, and its place in the order of arrival."""

    place: int
    trace_id: str
    span_id: str


def select(db: sqlite3.Connection, wanted: Selection, limit: int) -> list[Found]:
    """At most ``limit`` spans, the last to arrive first."""
    conditions: dict[str, Any] = {
        "dialect = ?": wanted.dialect,
        "service IN (SELECT value FROM json_each(?))": _array(wanted.services),
        "trace IN (SELECT id FROM traces WHERE trace_id IN (SELECT value FROM json_each(?)))": _array(
            wanted.trace_ids
        ),
        "span_id IN (SELECT value FROM json_each(?))": _array(wanted.span_ids),
        "parent_id = ?": wanted.parent_id,
        "kind = ?": wanted.kind,
        "(parent_id IS NULL) = ?": wanted.is_root,
        "(status = 'error') = ?": wanted.failed,
        "start_ns >= ?": wanted.since_ns,
        "start_ns <= ?": wanted.until_ns,
        "id < ?": wanted.before,
    }
    asked = {condition: value for condition, value in conditions.items() if value is not None}
    query = (
        f"SELECT id, trace_id, span_id FROM spans WHERE {' AND '.join(asked) or '1'} ORDER BY id DESC LIMIT ?"
    )
    return [Found(*row) for row in db.execute(query, (*asked.values(), limit))]


def services(db: sqlite3.Connection) -> list[str]:
    """The names of all services that sent spans."""
    query = "SELECT value FROM facets WHERE key = 'service' ORDER BY value"
    return [name for (name,) in db.execute(query)]


def _array(values: Iterable[str] | None) -> str | None:
    return None if values is None else json.dumps(list(values))
