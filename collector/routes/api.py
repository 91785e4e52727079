"""POST /api/…: plain JSON for programs without an SDK, and what the screen wants written."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.dialects import plainjson
from llmwatch.collector.door import door_of
from llmwatch.collector.following.storing import store
from llmwatch.collector.guards import NDJSON, media_type
from llmwatch.collector.otlp.replies import INVALID_ARGUMENT
from llmwatch.collector.pipeline import PlainReader
from llmwatch.collector.safejson import items
from llmwatch.collector.taking import Taken, take
from llmwatch.errors import IngestError
from llmwatch.store.batch import Batch
from llmwatch.store.followed import Mark
from llmwatch.store.span import Replay


async def spans(request: Request) -> Response:
    """Take spans: one object, a list, or one a line (NDJSON)."""
    return await _take(request, plainjson.spans_and_scores)


async def scores(request: Request) -> Response:
    """Take scores: one object, a list, or one a line."""
    return await _take(request, lambda item: ((), [plainjson.score_from(item)]))


async def feedback(request: Request) -> Response:
    """Take feedback of users: one object, a list, or one a line."""
    return await _take(request, lambda item: ((), [plainjson.feedback_from(item)]))


async def replays(request: Request) -> Response:
    """Take the record of one replay, as the screen and ``llmwatch replay`` send it."""
    try:
        replay = msgspec.json.decode(await request.body(), type=Replay)
    except (ValueError, RecursionError) as error:
        raise IngestError(f"this is not the record of a replay: {error}") from error
    done = await door_of(request).commit(Batch(replays=[replay]))
    if done.rejected:
        raise IngestError(f"the replay cannot be stored: {done.reason}")
    return JSONResponse({"accepted": 1})


async def lines(request: Request) -> Response:
    """Take JSON lines, plain or OTLP, as ``llmwatch ingest`` sends them.

    The query may say how far the file they are from has been read with them.
    """
    mark = None
    if request.query_params:
        try:
            mark = msgspec.convert(dict(request.query_params), Mark, strict=False)
        except msgspec.ValidationError as error:
            raise IngestError(f"this is not how far a file has been read: {error}") from error
    return _answer(await store(door_of(request), await request.body(), mark))


async def _take(request: Request, reader: PlainReader) -> Response:
    split = _lines if media_type(request.scope) == NDJSON else items
    return _answer(await take(request, split, reader))


def _answer(taken: Taken) -> Response:
    sent, rejected, errors = taken
    answer: dict[str, object] = {"accepted": max(sent - rejected, 0), "rejected": rejected}
    if not rejected:
        return JSONResponse(answer)
    answer["errors"] = errors
    if rejected < sent:
        return JSONResponse(answer)
    return JSONResponse({"code": INVALID_ARGUMENT, "message": errors[0]["message"], **answer}, 400)


def _lines(body: bytes) -> list[bytes]:
    return [line for line in body.splitlines() if line.strip()]


routes: Final = [
    Route("/api/spans", spans, methods=["POST"]),
    Route("/api/lines", lines, methods=["POST"]),
    Route("/api/scores", scores, methods=["POST"]),
    Route("/api/feedback", feedback, methods=["POST"]),
    Route("/api/replays", replays, methods=["POST"]),
]
