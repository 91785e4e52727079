"""What the openai-agents SDK posts: ``BackendSpanExporter(endpoint=…/v1/traces/ingest)``."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.protocols.openai_agents.items import spans_and_scores
from llmwatch.collector.safejson import items_of
from llmwatch.collector.taking import take


def refuse(status: int, message: str) -> Response:
    """An error as OpenAI's API gives it."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return JSONResponse({"error": {"message": message, "type": kind, "param": None, "code": None}}, status)


async def ingest(request: Request) -> Response:
    """Take traces and spans."""
    taken = (await take(request, lambda body: items_of(body, "data"), spans_and_scores)).some()
    answer: dict[str, Any] = {"ok": True}
    return JSONResponse(answer | ({"errors": taken.errors} if taken.rejected else {}))


routes: Final = [Route("/v1/traces/ingest", ingest, methods=["POST"])]
