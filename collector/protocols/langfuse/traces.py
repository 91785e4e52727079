"""Reading back traces, sessions and scores."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.protocols.asking import present, reading
from llmwatch.collector.protocols.langfuse import shapes
from llmwatch.collector.protocols.langfuse.asking import PROJECT, Window, cursor_of, page_of
from llmwatch.collector.protocols.langfuse.replies import continued, iso, listed
from llmwatch.errors import FilterError, IngestError
from llmwatch.store.filters import parse, quoted
from llmwatch.store.reads import scores as read_scores
from llmwatch.store.reads import spans, traces
from llmwatch.store.registry import Page
from llmwatch.store.rows import SpanDetail, TraceRow
from llmwatch.store.span import Score

_FILTERS: Final = {
    "userId": "user:{}",
    "sessionId": "session:{}",
    "name": "name:{}",
    "environment": "env:{}",
    "release": "app:{}",
    "fromTimestamp": "after:{}",
    "toTimestamp": "before:{}",
}
"""Conditions of the list of traces, in our own filter language."""


async def get_trace(request: Request) -> Response:
    """A trace with its observations and scores."""
    trace_id = request.path_params["id"]
    return JSONResponse(await reading(request, lambda db: _whole(db, trace_id)))


async def list_traces(request: Request) -> Response:
    """Traces, the newest first, with the ids of their observations and scores."""
    asked, terms = page_of(request), _terms(request)

    def work(db: sqlite3.Connection) -> Page[dict[str, Any]]:
        ids = traces.matching_ids(db, parse(terms))
        rows = traces.by_ids(db, ids[asked.offset : asked.offset + asked.limit])
        return Page([_brief(db, row) for row in rows], len(ids))

    try:
        found = await reading(request, work)
    except FilterError as error:
        raise IngestError(error.explain()) from error
    return listed(found.rows, asked, found.total)


async def get_session(request: Request) -> Response:
    """A session with its traces."""
    session_id = request.path_params["id"]

    def work(db: sqlite3.Connection) -> dict[str, Any]:
        rows = traces.session_traces(db, session_id)
        first = present(next(iter(rows), None), f"Session {session_id}")
        return {
            "id": session_id,
            "projectId": PROJECT,
            "createdAt": iso(first.start_ns),
            "environment": first.environment or "default",
            "traces": [shapes.trace(row, _root(db, row)) for row in rows],
        }

    return JSONResponse(await reading(request, work))


async def get_score(request: Request) -> Response:
    """One score."""
    score_id = request.path_params["id"]
    found = await reading(request, lambda db: read_scores.scores(db, score_id=score_id, limit=1))
    return JSONResponse(shapes.score(present(next(iter(found.rows), None), f"Score {score_id}")))


async def list_scores(request: Request) -> Response:
    """Scores, the newest first, each with who its trace is of."""
    asked = page_of(request)

    def work(db: sqlite3.Connection) -> Page[dict[str, Any]]:
        found = _scores(db, request, asked)
        return Page([{**shapes.score(row), "trace": _owner(db, row)} for row in found.rows], found.total)

    found = await reading(request, work)
    return listed(found.rows, asked, found.total)


async def page_scores(request: Request) -> Response:
    """As `list_scores`, in the third form of the API: with a cursor."""
    asked = cursor_of(request)
    found = await reading(request, lambda db: _scores(db, request, asked))
    return continued([shapes.score_v3(row) for row in found.rows], asked, found.total)


def _scores(db: sqlite3.Connection, request: Request, asked: Window) -> Page[Score]:
    query = request.query_params
    return read_scores.scores(
        db,
        name=query.get("name"),
        trace_id=query.get("traceId"),
        span_id=query.get("observationId"),
        session_id=query.get("sessionId"),
        limit=asked.limit,
        offset=asked.offset,
    )


def _owner(db: sqlite3.Connection, given: Score) -> dict[str, Any]:
    row = traces.trace(db, given.trace_id) if given.trace_id else None
    return {"userId": row and row.user_id, "tags": [], "environment": row and row.environment}


def _terms(request: Request) -> str:
    sent = ((term, request.query_params.get(name)) for name, term in _FILTERS.items())
    return " ".join(term.format(quoted(value)) for term, value in sent if value)


def _details(db: sqlite3.Connection, trace_id: str) -> list[SpanDetail]:
    found = (spans.detail(db, trace_id, row.span_id) for row in spans.spans_of(db, trace_id))
    return [detail for detail in found if detail]


def _root(db: sqlite3.Connection, row: TraceRow) -> SpanDetail | None:
    return spans.detail(db, row.trace_id, row.root_span_id) if row.root_span_id else None


def _whole(db: sqlite3.Connection, trace_id: str) -> dict[str, Any]:
    row = present(traces.trace(db, trace_id), f"Trace {trace_id}")
    details = _details(db, trace_id)
    root = next((detail for detail in details if detail.row.span_id == row.root_span_id), None)
    given = {score.score_id: score for detail in details for score in detail.scores}
    return {
        **shapes.trace(row, root),
        "observations": [shapes.observation(detail) for detail in details if not shapes.is_trace(detail)],
        "scores": [shapes.score(score) for score in given.values() if score.trace_id],
    }


def _brief(db: sqlite3.Connection, row: TraceRow) -> dict[str, Any]:
    root = _root(db, row)
    ids = [span.span_id for span in spans.spans_of(db, row.trace_id) if span.span_id != row.trace_id]
    given = read_scores.scores(db, trace_id=row.trace_id, limit=len(ids) + 100).rows
    return {**shapes.trace(row, root), "observations": ids, "scores": [score.score_id for score in given]}


_API: Final = "/api/public"

routes: Final = [
    Route(f"{_API}/traces", list_traces, methods=["GET"]),
    Route(f"{_API}/traces/{{id:path}}", get_trace, methods=["GET"]),
    Route(f"{_API}/sessions/{{id:path}}", get_session, methods=["GET"]),
    Route(f"{_API}/scores", list_scores, methods=["GET"]),
    Route(f"{_API}/scores/{{id:path}}", get_score, methods=["GET"]),
    Route(f"{_API}/v2/scores", list_scores, methods=["GET"]),
    Route(f"{_API}/v2/scores/{{id:path}}", get_score, methods=["GET"]),
    Route(f"{_API}/v3/scores", page_scores, methods=["GET"]),
]
