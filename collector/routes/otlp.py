"""POST /v1/traces, /v1/logs, /v1/metrics: OTLP over HTTP, to the letter of its specification.

Platforms have it under a path of their own (Langfuse /api/public/otel, LangSmith /otel, Opik
/api/v1/private/otel, …), so any prefix will do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from llmwatch.collector.door import door_of
from llmwatch.collector.guards import media_type
from llmwatch.collector.otlp.intake import take
from llmwatch.collector.otlp.reading import Encoding
from llmwatch.collector.otlp.reading import Request as Sent
from llmwatch.collector.otlp.replies import PROTOBUF, Signal, accepted


async def traces(request: Request) -> Response:
    """Take spans."""
    return await _take(request, "spans")


async def logs(request: Request) -> Response:
    """Take log records."""
    return await _take(request, "logs")


async def metrics(request: Request) -> Response:
    """Count metric points."""
    return await _take(request, "metrics")


async def _take(request: Request, signal: Signal) -> Response:
    encoding = media_type(request.scope)
    codec: Encoding = "protobuf" if encoding == PROTOBUF else "json"
    sent = Sent(signal, codec, await request.body(), _project(request.headers))
    rejected = await take(door_of(request), sent)
    return accepted(signal, encoding, rejected.records, rejected.reason)


def _project(headers: Mapping[str, str]) -> str | None:
    """The project that a platform's client names in a header: LangSmith's, Opik's, Braintrust's."""
    parent = headers.get("x-bt-parent", "")
    named = parent.removeprefix("project_name:") if parent.startswith("project_name:") else None
    return headers.get("langsmith-project") or headers.get("projectname") or named or None


_SIGNALS: Final = {"/v1/traces": traces, "/v1/logs": logs, "/v1/metrics": metrics}

routes: Final = [Route(path, endpoint, methods=["POST"]) for path, endpoint in _SIGNALS.items()]
prefixed: Final = [
    Route(f"/{{prefix:path}}{path}", endpoint, methods=["POST"]) for path, endpoint in _SIGNALS.items()
]
