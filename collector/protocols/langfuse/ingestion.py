"""Taking events and scores: what can be read is stored, the rest is told by its id."""

from __future__ import annotations

import time
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.dialects.values import mapping, text
from llmwatch.collector.door import door_of
from llmwatch.collector.pipeline import Pipeline, Prepared
from llmwatch.collector.protocols.langfuse.events import event_of, spans_and_scores
from llmwatch.collector.protocols.langfuse.scores import score_of
from llmwatch.collector.records import Source
from llmwatch.collector.safejson import items, items_of, loads
from llmwatch.collector.taking import take
from llmwatch.errors import IngestError
from llmwatch.store.batch import Batch
from llmwatch.store.span import Score, Span

_CREATED: Final = 201
_LONGEST_ERROR: Final = 1000


class Intake:
    """What the events of one request come to."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.successes: list[dict[str, Any]] = []
        self.errors: list[dict[str, Any]] = []

    def prepare(self, body: bytes) -> Prepared:
        """Read a request: ``batch``, and ``metadata`` of the SDK.

        Raises:
            IngestError: It has no batch.
        """
        events = items_of(body, "batch")
        if not events and b'"batch"' not in body:
            raise IngestError('an ingestion request is {"batch": [event, …]}')
        source, now_ns = _source(body), time.time_ns()
        spans: list[Span] = []
        scores: list[Score] = []
        for sent in events:
            item: Any = None
            try:
                item = loads(sent)
                event = event_of(item, now_ns)
                found, judged = spans_and_scores(event, source)
            except IngestError as error:
                self._reject(item, str(error))
                continue
            spans += [self._pipeline.finish(span, len(sent)) for span in found]
            scores += judged
            self.successes.append({"id": event.id, "status": _CREATED})
        return Prepared(Batch(spans=spans, scores=scores), len(self.successes), len(self.errors))

    def _reject(self, item: Any, message: str) -> None:
        sent_id = (text(item.get("id")) if isinstance(item, dict) else None) or "unknown"
        error = {"id": sent_id, "status": 400, "message": message[:_LONGEST_ERROR]}
        self.errors.append({**error, "error": "InvalidRequestError"})


async def ingestion(request: Request) -> Response:
    """Take a batch of events."""
    door = door_of(request)
    intake = Intake(door.pipeline)
    _, done = await door.take(intake.prepare, await request.body())
    if done.rejected:
        message = f"{done.rejected} cannot be stored: {done.reason}"[:_LONGEST_ERROR]
        intake.errors.append({"id": "unknown", "status": 400, "message": message})
    return JSONResponse({"successes": intake.successes, "errors": intake.errors}, 207)


async def scores(request: Request) -> Response:
    """Take scores: one, which is answered with its id, or a list."""
    body = await request.body()
    if not body.lstrip().startswith(b"["):
        score = score_of(loads(body), time.time_ns())
        done = await door_of(request).commit(Batch(scores=[score]))
        if done.rejected:
            raise IngestError(f"the score cannot be stored: {done.reason}")
        return JSONResponse({"id": score.score_id})
    sent, rejected, errors = await take(request, items, lambda item: ((), [score_of(item, time.time_ns())]))
    if not rejected:
        return JSONResponse({"message": "Accepted"}, 202)
    told = [{"message": error["message"]} for error in errors]
    return JSONResponse({"accepted": max(sent - rejected, 0), "rejected": rejected, "errors": told}, 207)


def _source(body: bytes) -> Source:
    """The SDK that sends the batch."""
    sent = mapping(loads(next(iter(items_of(body, "metadata")), b"null"))) or {}
    named = {"language": text(sent.get("sdk_name")), "version": text(sent.get("sdk_version"))}
    resource = {f"telemetry.sdk.{name}": value for name, value in named.items() if value}
    return Source(resource={"telemetry.sdk.name": "langfuse", **resource})


routes: Final = [
    Route("/api/public/ingestion", ingestion, methods=["POST"]),
    Route("/api/public/scores", scores, methods=["POST"]),
]
