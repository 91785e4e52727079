"""What the rest of its trace says about a span, for what is missing of it."""

from __future__ import annotations

import sqlite3
from typing import Final

from llmwatch.store.mapping import Mapper, names
from llmwatch.store.rows import Around, Senders

_ABOVE: Final = (
    "EXISTS (WITH RECURSIVE above (id, far) AS (SELECT spans.parent_id, 1 UNION"
    " SELECT upper.parent_id, far + 1 FROM above JOIN spans AS upper"
    " ON upper.trace = spans.trace AND upper.span_id = above.id WHERE far < 100)"
    " SELECT 1 FROM above JOIN spans AS upper ON upper.trace = spans.trace AND upper.span_id = above.id"
    " WHERE upper.usage_role = 'counted')"
)
_AROUND: Final = Mapper(
    Around,
    convert=dict.fromkeys(("parent_arrived", "root_arrived", "person_known", "usage_above"), bool),
    compute={
        "received_ns": "spans.received_ns",
        "parent_arrived": "spans.parent_id IS NULL OR EXISTS ("
        "SELECT 1 FROM spans AS other WHERE other.trace = spans.trace AND other.span_id = spans.parent_id)",
        "root_arrived": "traces.root_span_id IS NOT NULL",
        "person_known": "coalesce(traces.session_id, traces.user_id, spans.session_id, spans.user_id)"
        " IS NOT NULL",
        "usage_above": _ABOVE,
    },
)
_SENDERS: Final = Mapper(
    Senders,
    convert={"services": lambda array: tuple(sorted(names(array) or ()))},
    compute={
        "spans": "count(*)",
        "last_ns": "max(received_ns)",
        "services": "json_group_array(DISTINCT service) FILTER (WHERE service IS NOT NULL)",
    },
)
_FROM: Final = " FROM spans JOIN traces ON traces.id = spans.trace WHERE spans.id = ?"


def around(db: sqlite3.Connection, span: int) -> Around | None:
    """What surrounds the span with this number; None when there is no such span."""
    return _AROUND.first(db.execute(f"SELECT {_AROUND.columns}{_FROM}", (span,)))


def recent(db: sqlite3.Connection, since_ns: int, limit: int) -> list[tuple[str, str]]:
    """Trace and span ids of the last ``limit`` spans that were received since then, newest first."""
    query = (
        "SELECT trace_id, span_id FROM (SELECT trace_id, span_id, received_ns FROM spans ORDER BY id DESC"
        " LIMIT ?) WHERE received_ns >= ?"
    )
    return db.execute(query, (limit, since_ns)).fetchall()


def senders(db: sqlite3.Connection, limit: int) -> list[Senders]:
    """Who sent the last ``limit`` spans, by dialect, the latest first."""
    query = (
        f"SELECT {_SENDERS.columns} FROM (SELECT dialect, service, received_ns FROM spans ORDER BY id DESC"
        " LIMIT ?) GROUP BY dialect ORDER BY 3 DESC, dialect"
    )
    return _SENDERS.rows(db.execute(query, (limit,)))
