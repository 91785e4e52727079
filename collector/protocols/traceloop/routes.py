"""What traceloop-sdk asks when it has an API key, beside OTLP. Checked with 0.62."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.protocols.traceloop.annotations import scores
from llmwatch.collector.taking import take


def refuse(status: int, message: str) -> Response:
    """An error as Traceloop's API gives it."""
    return JSONResponse({"error": message}, status)


async def annotate(request: Request) -> Response:
    """Take an annotation."""
    task = request.path_params["task"]
    (await take(request, lambda body: [body], lambda item: ((), scores(item, task)))).some()
    return JSONResponse({})


async def prompts(_request: Request) -> Response:
    """There are no managed prompts."""
    return JSONResponse({"prompts": [], "environment": "default"})


async def allow_list(_request: Request) -> Response:
    """No association property switches the capture of content: the SDK's own settings hold."""
    return JSONResponse({"associationPropertyAllowList": []})


routes: Final = [
    Route("/v2/annotation-tasks/{task}/annotations", annotate, methods=["POST"]),
    Route("/v1/traceloop/prompts", prompts, methods=["GET"]),
    Route("/v1/traceloop/pii/tracing-allow-list", allow_list, methods=["GET"]),
]
