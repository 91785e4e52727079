"""Failures chosen by the model's name, worded as each API words them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse, Response

_MESSAGES = {
    400: "This model's maximum context length is 128000 tokens; your messages resulted in 131072 tokens.",
    401: "Incorrect API key provided.",
    429: "Rate limit reached: 3 requests a minute. Please try again in 1s.",
    500: "The server had an error while processing your request.",
}
_OPENAI = {
    400: ("invalid_request_error", "context_length_exceeded"),
    401: ("invalid_request_error", "invalid_api_key"),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", "server_error"),
}
_ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    429: "rate_limit_error",
    500: "api_error",
}
_GEMINI = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}


def openai_error(status: int) -> dict[str, Any]:
    """The body of an error as OpenAI words it."""
    kind, code = _OPENAI[status]
    return {"error": {"message": _MESSAGES[status], "type": kind, "param": None, "code": code}}


def anthropic_error(status: int) -> dict[str, Any]:
    """The body of an error as Anthropic words it."""
    return {"type": "error", "error": {"type": _ANTHROPIC[status], "message": _MESSAGES[status]}}


def gemini_error(status: int) -> dict[str, Any]:
    """The body of an error as Gemini words it."""
    return {"error": {"code": status, "message": _MESSAGES[status], "status": _GEMINI[status]}}


def ollama_error(status: int) -> dict[str, Any]:
    """The body of an error as Ollama words it."""
    return {"error": _MESSAGES[status]}


async def failure(model: str, body: Callable[[int], dict[str, Any]]) -> Response | None:
    """The failure that ``model`` names, or None. A slow model waits here."""
    if "slow" in model:
        await asyncio.sleep(1.5)
    for status in _MESSAGES:
        if f"fail-{status}" in model:
            return JSONResponse(
                body(status), status_code=status, headers={"Retry-After": "1"} if status == 429 else None
            )
    return None
