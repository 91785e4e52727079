"""What a trace consists of, and everything about one span."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from msgspec.structs import replace

from llmwatch.store.mapping import Mapper, names
from llmwatch.store.merge import merge
from llmwatch.store.projection import Brief
from llmwatch.store.reads.traces import session_traces
from llmwatch.store.records import Codec
from llmwatch.store.rows import SpanDetail, SpanRow
from llmwatch.store.span import Replay, Score, Span

__all__ = ["briefs_of", "detail", "find", "recorded", "session_traces", "spans_of"]

_ROW: Final = Mapper(
    SpanRow,
    convert={
        "finish_reasons": lambda array: names(array) or (),
        "heuristics_failed": names,
        "content_captured": bool,
    },
)
_OF_TRACE: Final = "trace = (SELECT id FROM traces WHERE trace_id = ?)"
_SHORTEST_PREFIX: Final = 4


def spans_of(db: sqlite3.Connection, trace_id: str) -> list[SpanRow]:
    """All spans of a trace, by start."""
    query = f"SELECT {_ROW.columns} FROM spans WHERE {_OF_TRACE} ORDER BY start_ns, span_id"
    return _ROW.rows(db.execute(query, (trace_id,)))


def briefs_of(db: sqlite3.Connection, trace_id: str) -> list[Brief]:
    """As `spans_of`, what decides whose usage counts."""
    query = f"SELECT {', '.join(Brief._fields)} FROM spans WHERE {_OF_TRACE} ORDER BY start_ns, span_id"
    return [Brief._make(columns) for columns in db.execute(query, (trace_id,))]


def detail(db: sqlite3.Connection, trace_id: str, span_id: str) -> SpanDetail | None:
    """Everything about one span; None when there is no such span.

    Raises:
        DamagedRecordError: Its contents cannot be read.
    """
    query = f"SELECT {_ROW.columns} FROM spans WHERE {_OF_TRACE} AND span_id = ?"
    row = _ROW.first(db.execute(query, (trace_id, span_id)))
    if row is None:
        return None
    codec = Codec.of(db)
    span = recorded(db, codec, row.id, span_id)
    return SpanDetail(
        row=row,
        span=span,
        scores=_scores(db, row, span.context.session_id),
        replays=_replays(db, codec, trace_id, span_id),
    )


def recorded(db: sqlite3.Connection, codec: Codec, number: int, span_id: str) -> Span:
    """What was sent of the span with this row number and id: all its records, merged.

    Raises:
        DamagedRecordError: Its contents cannot be read.
    """
    query = "SELECT records FROM contents WHERE id = (SELECT content FROM spans WHERE id = ?)"
    (records,) = db.execute(query, (number,)).fetchone()
    return merge([record for record in codec.unpack(records) if record.span_id == span_id])


def find(db: sqlite3.Connection, reference: str) -> tuple[str, str] | None:
    """The trace id and span id that ``reference`` means; None when it means nothing, or several spans.

    It may be a span id, at least four characters that only one span id begins with, ``trace_id:span_id``,
    or a trace id, which stands for its first failing LLM call, else its first failing span, else its first
    LLM call.
    """
    trace_id, colon, span_id = reference.rpartition(":")
    if colon:
        query = f"SELECT trace_id, span_id FROM spans WHERE {_OF_TRACE} AND span_id = ?"
        found: tuple[str, str] | None = db.execute(query, (trace_id, span_id)).fetchone()
        if found:
            return found
    return _worst_of(db, reference) or _by_prefix(db, reference)


def _worst_of(db: sqlite3.Connection, trace_id: str) -> tuple[str, str] | None:
    query = (
        f"SELECT trace_id, span_id FROM spans WHERE {_OF_TRACE} AND (status = 'error' OR kind = 'llm')"
        " ORDER BY status = 'error' DESC, kind = 'llm' DESC, start_ns, span_id LIMIT 1"
    )
    found: tuple[str, str] | None = db.execute(query, (trace_id,)).fetchone()
    return found


def _by_prefix(db: sqlite3.Connection, prefix: str) -> tuple[str, str] | None:
    """Reads the whole index of span ids, 60 ms per million: only people ask this way."""
    if len(prefix) < _SHORTEST_PREFIX:
        return None
    query = (
        "SELECT trace, span_id FROM spans INDEXED BY sqlite_autoindex_spans_1"
        " WHERE substr(span_id, 1, ?) = ? ORDER BY span_id = ? DESC, trace DESC LIMIT 2"
    )
    found = db.execute(query, (len(prefix), prefix, prefix)).fetchall()
    if not found or (len(found) == 2 and found[0][1] != prefix):
        return None
    (trace_id,) = db.execute("SELECT trace_id FROM traces WHERE id = ?", found[0][:1]).fetchone()
    return trace_id, found[0][1]


def _scores(db: sqlite3.Connection, row: SpanRow, session_id: str | None) -> tuple[Score, ...]:
    """Of the span, of its trace, of its session, each with our ids of what it is about."""
    columns = ", ".join(Score.__struct_fields__)
    found = db.execute(
        f"SELECT {columns}, trace, span FROM scores"
        f" WHERE trace = (SELECT trace FROM spans WHERE id = :span)"
        "  AND (span = :span OR (span IS NULL AND span_id IS NULL))"
        f" UNION ALL SELECT {columns}, trace, span FROM scores"
        "  WHERE session_id = :session AND trace_id IS NULL AND trace IS NULL"
        " ORDER BY time_ns, score_id",
        {"span": row.id, "session": session_id},
    )
    return tuple(_score(row, *values) for values in found)


def _score(row: SpanRow, *values: Any) -> Score:
    *fields, trace, span = values
    score = Score(**dict(zip(Score.__struct_fields__, fields, strict=True)))
    if trace is None:
        return score
    return replace(score, trace_id=row.trace_id, span_id=None if span is None else row.span_id)


def _replays(db: sqlite3.Connection, codec: Codec, trace_id: str, span_id: str) -> tuple[Replay, ...]:
    query = "SELECT record FROM replays WHERE trace_id = ? AND span_id = ? ORDER BY time_ns, id"
    return tuple(codec.unpack_replay(record) for (record,) in db.execute(query, (trace_id, span_id)))
