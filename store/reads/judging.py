"""The judge's work: which calls are new, which are due, what has been spent."""

from __future__ import annotations

import sqlite3
from typing import Final

from llmwatch.store.judging import DueCall, JudgeSpend, Look, NewCall

_UNFINISHED_NS: Final = 600 * 10**9
"""A call that began and has not ended is waited for so long; then the ones after it are looked at."""
_DAY_NS: Final = 24 * 3600 * 10**9
_DOCUMENTS: Final = 20

_NEW: Final = (
    "SELECT id, trace_id, duration_ns, input_tokens, response_chars, coalesce(heuristics_failed <> '[]', 0),"
    " state <> 'ended', received_ns, start_ns, status, content_captured, usage_role"
    " FROM spans WHERE id > ? AND id <= ? AND kind = 'llm' ORDER BY id"
)
_DISLIKED: Final = (
    # Feedback about something else than a model call is about the last one in its trace.
    "WITH low AS (SELECT coalesce((SELECT id FROM spans WHERE id = scores.span AND kind = 'llm'),"
    "  (SELECT id FROM spans WHERE spans.trace = scores.trace AND kind = 'llm'"
    "   ORDER BY start_ns DESC, id DESC LIMIT 1)) AS called"
    "  FROM scores WHERE value < 0.5 AND source = 'user' AND time_ns > ? AND trace IS NOT NULL)"
    " SELECT DISTINCT called FROM low WHERE called IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM judgements WHERE judgements.span = called)"
)
_DUE: Final = (
    "SELECT span, trace, span_id, start_ns, attempts FROM judgements CROSS JOIN spans ON spans.id = span"
    " WHERE judgements.state = 'due' AND due_ns <= ? ORDER BY span DESC LIMIT ?"
)
_SPENT: Final = (
    "SELECT count(*) FILTER (WHERE state = 'done'), coalesce(sum(cost_nanousd), 0),"
    " coalesce(sum(unpriced), 0), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0)"
    " FROM judgements WHERE asked_ns >= ? AND asked_ns < ?"
)


def judged_up_to(db: sqlite3.Connection) -> int | None:
    """Up to which span it has been decided which are judged; None before the first time."""
    row = db.execute("SELECT span FROM judged_up_to").fetchone()
    return row[0] if row else None


def newest(db: sqlite3.Connection) -> int:
    """The number of the span that came last; 0 without one."""
    number: int = db.execute("SELECT coalesce(max(id), 0) FROM spans").fetchone()[0]
    return number


def new_calls(db: sqlite3.Connection, after: int, limit: int, now_ns: int) -> Look:
    """Answers among the ``limit`` spans that came after the one with number ``after``.

    A call that has not ended stops the look, so that it is seen again, but not for longer than ten minutes.
    Calls that failed, of which nothing was captured, that repeat others, or are older than a day are none.
    """
    last = min(after + limit, newest(db))
    found: list[NewCall] = []
    for *about, running, received_ns, start_ns, status, captured, role in db.execute(_NEW, (after, last)):
        if running:
            if received_ns > now_ns - _UNFINISHED_NS:
                return Look(found, about[0] - 1)
            continue
        if status == "error" or not captured or role not in (None, "counted") or start_ns < now_ns - _DAY_NS:
            continue
        found.append(NewCall._make(about))
    return Look(found, last)


def disliked(db: sqlite3.Connection, now_ns: int) -> list[int]:
    """Numbers of the calls that users disliked in the last day and about which nothing was decided."""
    return [number for (number,) in db.execute(_DISLIKED, (now_ns - _DAY_NS,))]


def due(db: sqlite3.Connection, now_ns: int, limit: int) -> list[DueCall]:
    """Calls to be judged, the newest first."""
    return [DueCall._make(row) for row in db.execute(_DUE, (now_ns, limit))]


def retrieved(db: sqlite3.Connection, call: DueCall) -> list[tuple[int, str]]:
    """Number and id of the searches for documents in the trace of ``call`` that began before it."""
    query = (
        "SELECT id, span_id FROM spans WHERE trace = ? AND kind IN ('retriever', 'reranker')"
        " AND start_ns <= ? ORDER BY start_ns, id LIMIT ?"
    )
    found: list[tuple[int, str]] = db.execute(query, (call.trace, call.start_ns, _DOCUMENTS)).fetchall()
    return found


def spend(db: sqlite3.Connection, start_ns: int, end_ns: int) -> JudgeSpend:
    """What the judge was asked about in a window, and what that cost."""
    return JudgeSpend._make(db.execute(_SPENT, (start_ns, end_ns)).fetchone())


def waiting(db: sqlite3.Connection) -> int:
    """How many calls are due."""
    number: int = db.execute("SELECT count(*) FROM judgements WHERE state = 'due'").fetchone()[0]
    return number
