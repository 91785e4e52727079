"""Scores by what they are about."""

from __future__ import annotations

import sqlite3
from typing import Final

from llmwatch.store.mapping import Mapper
from llmwatch.store.reads.paging import page
from llmwatch.store.registry import Page
from llmwatch.store.span import Score

_SCORE: Final = Mapper(Score)


def scores(
    db: sqlite3.Connection,
    *,
    score_id: str | None = None,
    name: str | None = None,
    trace_id: str | None = None,
    span_id: str | None = None,
    session_id: str | None = None,
    limit: int,
    offset: int = 0,
) -> Page[Score]:
    """Scores, the newest first; conditions that are None do not count. Ids are as the sender wrote them."""
    wanted = {
        "score_id = ?": score_id,
        "name = ?": name,
        "trace_id = ?": trace_id,
        "span_id = ?": span_id,
        "session_id = ?": session_id,
    }
    return page(db, _SCORE, "scores", wanted, limit=limit, offset=offset, order="time_ns DESC, id DESC")
