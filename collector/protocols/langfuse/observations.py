"""Reading back observations: one, or those of a trace, a user, a name."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.protocols.asking import present, reading
from llmwatch.collector.protocols.langfuse import shapes
from llmwatch.collector.protocols.langfuse.asking import Window, cursor_of, page_of
from llmwatch.collector.protocols.langfuse.replies import continued, listed
from llmwatch.errors import IngestError
from llmwatch.store.reads import spans
from llmwatch.store.reads.spanlist import span_ids
from llmwatch.store.registry import Page


async def get(request: Request) -> Response:
    """One observation."""
    span_id = request.path_params["id"]

    def work(db: sqlite3.Connection) -> dict[str, Any]:
        found = spans.find(db, span_id)
        detail = spans.detail(db, *found) if found and found[1] == span_id else None
        return shapes.observation(present(detail, f"Observation {span_id}"))

    return JSONResponse(await reading(request, work))


async def listing(request: Request) -> Response:
    """Observations in pages."""
    asked = page_of(request)
    found = await reading(request, lambda db: _found(db, request, asked))
    return listed(found.rows, asked, found.total)


async def stream(request: Request) -> Response:
    """Observations in the second form of the API: with a cursor; all fields, whichever are asked for."""
    asked = cursor_of(request)
    found = await reading(request, lambda db: _found(db, request, asked))
    return continued(found.rows, asked, found.total)


def _found(db: sqlite3.Connection, request: Request, asked: Window) -> Page[dict[str, Any]]:
    query = request.query_params
    wanted_type = query.get("type")
    kinds = [kind for kind, name in shapes.TYPES.items() if name == wanted_type]
    if wanted_type and not kinds:
        raise IngestError(f"type is one of {', '.join(sorted(set(shapes.TYPES.values())))}")
    found = span_ids(
        db,
        trace_id=query.get("traceId"),
        name=query.get("name"),
        kinds=kinds or None,
        user_id=query.get("userId"),
        session_id=query.get("sessionId"),
        parent_id=query.get("parentObservationId"),
        level=query.get("level"),
        since_ns=time_ns(query.get("fromStartTime")),
        before_ns=time_ns(query.get("toStartTime")),
        limit=asked.limit,
        offset=asked.offset,
    )
    details = (spans.detail(db, row.trace_id, row.span_id) for row in found.rows)
    return Page([shapes.observation(detail) for detail in details if detail], found.total)


routes: Final = [
    Route("/api/public/observations", listing, methods=["GET"]),
    Route("/api/public/observations/{id:path}", get, methods=["GET"]),
    Route("/api/public/v2/observations", stream, methods=["GET"]),
]
