"""What Weave's SDKs ask of the trace server and of W&B's GraphQL.

Checked with weave 0.54, which sends whole calls, and 0.51, which sends starts and ends in batches.
"""

from __future__ import annotations

import base64
import hashlib
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.dialects.values import as_json, first, mapping, text
from llmwatch.collector.protocols.asking import reading
from llmwatch.collector.protocols.objects import posted
from llmwatch.collector.protocols.weave import calls, feedback, stored
from llmwatch.collector.safejson import items_of, loads
from llmwatch.collector.taking import take
from llmwatch.errors import IngestError
from llmwatch.store.reads import spans as reads
from llmwatch.store.span import Score, Span

_ENTITY: Final = "llmwatch"
_VERSIONS: Final = {"min_required_weave_python_version": "0.0.1", "trace_server_version": "1"}

_Found = tuple[list[Span], list[Score]]


def refuse(status: int, message: str) -> Response:
    """An error as Weave's trace server gives it."""
    return JSONResponse({"detail": message}, status)


async def server_info(_request: Request) -> Response:
    """The oldest SDK that is served."""
    return JSONResponse(_VERSIONS)


async def graphql(request: Request) -> Response:
    """W&B's own API, as far as the SDK asks it: who is there, and that any project exists."""
    variables = mapping((await posted(request)).get("variables")) or {}
    entity = text(first(variables, ("entityName", "entity"))) or _ENTITY
    project = {"id": "1", "name": text(variables.get("name")) or "", "entityName": entity,
               "entity": {"name": entity}}  # fmt: skip
    viewer = {
        "id": "1", "username": entity, "entity": entity, "email": "", "admin": False, "flags": "{}",
        "defaultEntity": {"name": entity}, "teams": {"edges": [{"node": {"name": entity}}]},
    }  # fmt: skip
    upserted = {"model": project, "project": project, "inserted": False}
    return JSONResponse(
        {"data": {"viewer": viewer, "project": project, "model": project, "upsertModel": upserted}}
    )


async def create_object(request: Request) -> Response:
    """Objects (operations, prompts, datasets) are not kept; their digest is."""
    held = mapping((await posted(request)).get("obj")) or {}
    expected = text(held.get("expected_digest"))
    return JSONResponse({"digest": expected or _digest(_encoded(held.get("val")))})


async def create_file(request: Request) -> Response:
    """Files, mostly the source code of operations, are not kept."""
    return JSONResponse({"digest": _digest(await request.body())})


async def create_table(request: Request) -> Response:
    """As objects: digests of the table and of its rows."""
    held = mapping((await posted(request)).get("table")) or {}
    rows = held.get("rows")
    digests = [_digest(_encoded(row)) for row in rows] if isinstance(rows, list) else []
    return JSONResponse({"digest": _digest("".join(digests).encode()), "row_digests": digests})


async def complete(request: Request) -> Response:
    """Calls that are over."""
    (await take(request, lambda body: items_of(body, "batch"), lambda call: ([calls.span(call)], ()))).some()
    return JSONResponse({})


async def upsert_batch(request: Request) -> Response:
    """Starts and ends of calls, as SDKs before 0.52 send them."""
    traces = await _traces(request, [loads(item) for item in items_of(await request.body(), "batch")])
    taken = await take(request, lambda body: items_of(body, "batch"), lambda item: _half(item, traces))
    taken.some()
    return JSONResponse({"res": [{}] * taken.sent})


async def start_or_end(request: Request) -> Response:
    """The start or the end of one call."""
    asked = await posted(request)
    traces = await _traces(request, [{"req": asked}])
    (await take(request, lambda body: [body], lambda item: _half({"req": item}, traces))).some()
    begun = mapping(asked.get("start")) or {}
    return JSONResponse({"id": begun.get("id"), "trace_id": begun.get("trace_id")} if begun else {})


async def create_feedback(request: Request) -> Response:
    """One feedback."""
    (await take(request, lambda body: [body], lambda item: ((), feedback.scores(item)))).some()
    return JSONResponse(_feedback_made(await posted(request)))


async def create_feedback_batch(request: Request) -> Response:
    """Several."""
    made = [_feedback_made(loads(item)) for item in items_of(await request.body(), "batch")]
    taken = await take(
        request, lambda body: items_of(body, "batch"), lambda item: ((), feedback.scores(item))
    )
    taken.some()
    return JSONResponse({"res": made})


async def update_call(request: Request) -> Response:
    """Take the name that a call is to be shown by."""
    asked = await posted(request)
    own = {"id": asked.get("call_id")}
    traces = await _traces(request, [{"req": {"end": own}}])
    trace = traces.get(str(identity(own["id"])))
    (await take(request, lambda body: [body], lambda item: ([calls.renamed(item, trace)], ()))).some()
    return JSONResponse({})


async def query_calls(request: Request) -> Response:
    """Calls as they were sent, a line each."""
    asked = await posted(request)
    found = await reading(request, lambda db: stored.calls(db, asked))
    return Response(b"".join(_encoded(call) + b"\n" for call in found), media_type="application/jsonl")


def _half(item: Any, traces: Mapping[str, str]) -> _Found:
    held = item.get("req") if isinstance(item, dict) else None
    if isinstance(held, dict) and "start" in held:
        return [calls.span(held["start"])], []
    if isinstance(held, dict) and isinstance(end := held.get("end"), dict):
        return [calls.ended(end, traces.get(str(identity(end.get("id")))))], []
    raise IngestError("this is neither the start nor the end of a call")


async def _traces(request: Request, items: list[Any]) -> dict[str, str]:
    """The traces of calls whose end does not say it (SDKs before 0.54), by id: from their starts."""
    halves = [held for item in items if isinstance(item, dict) and (held := mapping(item.get("req")))]
    starts = [start for half in halves if (start := mapping(half.get("start")))]
    ends = [end for half in halves if (end := mapping(half.get("end"))) and not end.get("trace_id")]
    known = {
        own: trace
        for start in starts
        if (own := identity(start.get("id"))) and (trace := identity(start.get("trace_id")))
    }
    asked = {own for end in ends if (own := identity(end.get("id")))} - known.keys()
    if asked:
        known |= await reading(request, lambda db: _stored_traces(db, asked))
    return known


def _stored_traces(db: sqlite3.Connection, asked: set[str]) -> dict[str, str]:
    found = {own: reads.find(db, own) for own in asked}
    return {own: pair[0] for own, pair in found.items() if pair and pair[1] == own}


def _feedback_made(item: Any) -> dict[str, Any]:
    """What the SDK reads of the feedback that it sent."""
    sent = mapping(item) or {}
    now = datetime.now(UTC).isoformat()
    return {"id": text(sent.get("id")) or "", "created_at": now, "wb_user_id": _ENTITY, "payload": {}}


def _encoded(value: Any) -> bytes:
    return (as_json(value) or "").encode()


def _digest(content: bytes) -> str:
    """As weave.trace_server.trace_server_interface_util.bytes_digest: base64 of SHA-256 without - and _."""
    encoded = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
    return encoded.replace("-", "X").replace("_", "Y").rstrip("=")


routes: Final = [
    Route("/server_info", server_info, methods=["GET"]),
    Route("/graphql", graphql, methods=["POST"]),
    Route("/obj/create", create_object, methods=["POST"]),
    Route("/file/create", create_file, methods=["POST"]),
    Route("/files/create", create_file, methods=["POST"]),
    Route("/table/create", create_table, methods=["POST"]),
    Route("/v2/{entity}/{project}/calls/complete", complete, methods=["POST"]),
    Route("/v2/{entity}/{project}/call/{half:str}", start_or_end, methods=["POST"]),
    Route("/call/start", start_or_end, methods=["POST"]),
    Route("/call/end", start_or_end, methods=["POST"]),
    Route("/call/update", update_call, methods=["POST"]),
    Route("/call/upsert_batch", upsert_batch, methods=["POST"]),
    Route("/calls/stream_query", query_calls, methods=["POST"]),
    Route("/feedback/create", create_feedback, methods=["POST"]),
    Route("/feedback/batch/create", create_feedback_batch, methods=["POST"]),
]
