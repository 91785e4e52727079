"""Spans of any trace, by what is known of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from llmwatch.store.mapping import Mapper
from llmwatch.store.reads.paging import page
from llmwatch.store.registry import Page
from llmwatch.store.span import Kind


@dataclass(frozen=True, slots=True)
class SpanId:
    """Which span."""

    trace_id: str
    span_id: str


_ID: Final = Mapper(SpanId)


def span_ids(
    db: sqlite3.Connection,
    *,
    trace_id: str | None = None,
    name: str | None = None,
    kinds: Sequence[Kind] | None = None,
    user_id: str | None = None,
    session_id: str | None = None,
    parent_id: str | None = None,
    level: str | None = None,
    since_ns: int | None = None,
    before_ns: int | None = None,
    limit: int,
    offset: int = 0,
) -> Page[SpanId]:
    """Spans, the newest first, but for those that stand for their trace and have its id.

    Conditions that are None do not count; the ``level`` is ERROR for spans that failed. Without ``trace_id``
    all spans are looked at.
    """
    wanted = {
        "span_id != trace_id AND ?": True,
        "trace = (SELECT id FROM traces WHERE trace_id = ?)": trace_id,
        "name = ?": name,
        "kind IN (SELECT value FROM json_each(?))": kinds and msgspec.json.encode(list(kinds)).decode(),
        "user_id = ?": user_id,
        "session_id = ?": session_id,
        "parent_id = ?": parent_id,
        "iif(status = 'error', 'ERROR', coalesce(level, 'DEFAULT')) = ?": level,
        "start_ns >= ?": since_ns,
        "start_ns < ?": before_ns,
    }
    return page(db, _ID, "spans", wanted, limit=limit, offset=offset, order="start_ns DESC, span_id")
