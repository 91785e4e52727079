"""POST /v1/traces, /v1/logs, /v1/metrics: OTLP over HTTP, to the letter of its specification.

Platforms have it under a path of their own (Langfuse /api/public/otel, LangSmith /otel, Opik
/api/v1/private/otel, …), so any prefix will do.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from llmwatch.collector.door import door_of
from llmwatch.collector.guards import media_type
from llmwatch.collector.otlp import json, protobuf
from llmwatch.collector.otlp.decoded import Decoded
from llmwatch.collector.otlp.replies import PROTOBUF, Signal, accepted
from llmwatch.collector.pipeline import Prepared
from llmwatch.store.batch import Batch

R = TypeVar("R")


async def traces(request: Request) -> Response:
    """Take spans."""
    return await _take(request, "spans", _codec(request).spans, door_of(request).pipeline.spans)


async def logs(request: Request) -> Response:
    """Take log records."""
    return await _take(request, "logs", _codec(request).logs, door_of(request).pipeline.logs)


async def metrics(request: Request) -> Response:
    """Count metric points: they repeat what the spans say, so adding them up would count calls twice."""
    count = _codec(request).metric_points

    def prepare(body: bytes) -> Prepared:
        return Prepared(Batch(counters={"metric_points": count(body)}))

    await door_of(request).take(prepare, await request.body())
    return accepted("metrics", media_type(request.scope))


async def _take(
    request: Request,
    signal: Signal,
    decode: Callable[[bytes], Decoded[R]],
    prepare: Callable[[Decoded[R], int], Prepared],
) -> Response:
    body = await request.body()
    prepared, done = await door_of(request).take(lambda body: prepare(decode(body), len(body)), body)
    reason = prepared.failures[0][1] if prepared.failures else done.reason
    return accepted(signal, media_type(request.scope), prepared.rejected + done.rejected, reason)


def _codec(request: Request) -> ModuleType:
    return protobuf if media_type(request.scope) == PROTOBUF else json


_SIGNALS: Final = {"/v1/traces": traces, "/v1/logs": logs, "/v1/metrics": metrics}

routes: Final = [Route(path, take, methods=["POST"]) for path, take in _SIGNALS.items()]
prefixed: Final = [
    Route(f"/{{prefix:path}}{path}", take, methods=["POST"]) for path, take in _SIGNALS.items()
]
