"""What people should look at: answers that failed a check, that a judge marked low, that users disliked.

A review is a score of the source ``human``; it takes its span out of the queue.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

from llmwatch.store.reads.spans import recorded
from llmwatch.store.records import Codec
from llmwatch.store.rows import ReviewRow
from llmwatch.store.said import answer_of, question_of

_EXCERPT: Final = 300
_REMARK: Final = 100

_REVIEWED: Final = (
    "EXISTS (SELECT 1 FROM scores AS review WHERE review.trace = spans.trace AND review.source = 'human'"
    " AND (review.span = spans.id OR (review.span IS NULL AND review.span_id IS NULL)))"
)
_OPEN: Final = f"(usage_role IS NULL OR usage_role = 'counted') AND NOT {_REVIEWED}"
_FLAGGED: Final = f"SELECT id FROM spans WHERE heuristics_failed <> '[]' AND {_OPEN} ORDER BY id DESC LIMIT ?"
_LOW: Final = "value < 0.5 AND source IN ('user', 'judge')"
_MARKED: Final = (
    # A score of a trace is about its last model call.
    "SELECT spans.id FROM scores CROSS JOIN spans ON spans.id = coalesce(span, (SELECT id FROM spans AS its"
    "  WHERE its.trace = scores.trace ORDER BY kind = 'llm' DESC, start_ns DESC, id DESC LIMIT 1))"
    f" WHERE {_LOW} AND NOT {_REVIEWED} ORDER BY time_ns DESC LIMIT ?"
)
_MARKS: Final = 8
"""A span may have as many low scores: each of a judge's marks, and those of users."""
_ROWS: Final = (
    "SELECT id, trace, trace_id, span_id, name, start_ns, heuristics_failed FROM spans"
    " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY start_ns DESC, id DESC LIMIT ?"
)
_SCORES: Final = (
    f"SELECT name, source, value, raw_value, comment FROM scores WHERE {_LOW} AND trace = ?"
    " AND (span = ? OR (span IS NULL AND span_id IS NULL)) ORDER BY time_ns, score_id"
)


class _Candidate(NamedTuple):
    id: int
    trace: int
    trace_id: str
    span_id: str
    name: str
    start_ns: int
    failed: str | None


def review_queue(db: sqlite3.Connection, limit: int) -> list[ReviewRow]:
    """The spans to look at that nobody has reviewed, the newest first.

    Raises:
        DamagedRecordError: The contents of one cannot be read.
    """
    found = {number for (number,) in db.execute(_FLAGGED, (limit,))}
    found |= {number for (number,) in db.execute(_MARKED, (limit * _MARKS,))}
    rows = db.execute(_ROWS, (msgspec.json.encode(sorted(found)).decode(), limit)).fetchall()
    codec = Codec.of(db)
    return [_row(db, codec, _Candidate._make(row)) for row in rows]


def _row(db: sqlite3.Connection, codec: Codec, candidate: _Candidate) -> ReviewRow:
    span = recorded(db, codec, candidate.id, candidate.span_id)
    scores = db.execute(_SCORES, (candidate.trace, candidate.id))
    return ReviewRow(
        trace_id=candidate.trace_id,
        span_id=candidate.span_id,
        name=candidate.name,
        time_ns=candidate.start_ns,
        why="; ".join((*_checks(candidate.failed), *_marks(scores))),
        question=_excerpt(question_of(span), _EXCERPT),
        answer=_excerpt(answer_of(span), _EXCERPT),
    )


def _checks(failed: str | None) -> Iterator[str]:
    names = msgspec.json.decode(failed) if failed else ()
    if names:
        yield f"checks: {', '.join(names).replace('_', ' ')}"


def _marks(scores: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    """``judge: correctness 0.30, quality score 0.41``, and a user's own words."""
    marks = []
    for name, source, value, raw_value, comment in scores:
        if source == "judge":
            marks.append(f"{name.removeprefix('judge_').replace('_', ' ')} {value:.2f}")
        else:
            said = f" ({remark})" if (remark := _excerpt(comment, _REMARK)) else ""
            yield f"{name.replace('_', ' ')}: {(raw_value or f'{value:g}').strip(chr(34))}{said}"
    if marks:
        yield f"judge: {', '.join(marks)}"


def _excerpt(text: str | None, longest: int) -> str:
    words = " ".join((text or "")[: 4 * longest].split())
    return words if len(words) <= longest else f"{words[: longest - 1]}…"
