"""What clients sent, as they sent it: some of them ask for their own data back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from llmwatch.store.reads.spans import detail
from llmwatch.store.span import Span

_FOUND = """
    SELECT trace_id, span_id FROM spans
    WHERE (:dialect IS NULL OR dialect = :dialect) AND (:service IS NULL OR service = :service)
        AND (:traces IS NULL OR trace_id IN (SELECT value FROM json_each(:traces)))
        AND (:spans IS NULL OR span_id IN (SELECT value FROM json_each(:spans)))
        AND (NOT :roots OR parent_id IS NULL)
    ORDER BY start_ns {direction}, span_id LIMIT :limit OFFSET :offset"""


def spans_sent(
    db: sqlite3.Connection,
    *,
    dialect: str | None = None,
    service: str | None = None,
    traces: Collection[str] | None = None,
    spans: Collection[str] | None = None,
    roots: bool = False,
    newest_first: bool = False,
    limit: int,
    offset: int = 0,
) -> list[Span]:
    """The spans that are asked for, by their start; None stands for any. It looks at every span's row."""
    asked = {
        "dialect": dialect, "service": service, "roots": roots, "limit": limit, "offset": offset,
        "traces": None if traces is None else json.dumps([*traces]),
        "spans": None if spans is None else json.dumps([*spans]),
    }  # fmt: skip
    query = _FOUND.format(direction="DESC" if newest_first else "ASC")
    found = [detail(db, *pair) for pair in db.execute(query, asked).fetchall()]
    return [each.span for each in found if each]
