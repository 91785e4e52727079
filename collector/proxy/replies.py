"""Errors in the form of the provider whose client asks; and what an error of a provider says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from llmwatch.collector.dialects.values import as_json, first, text
from llmwatch.config import ProviderApi

_ANTHROPIC: Final = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error",
    404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 504: "timeout_error",
}  # fmt: skip
"""Types of Anthropic's errors by status; all others are ``api_error``."""
_GOOGLE: Final = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}  # fmt: skip


def refusal(
    api: ProviderApi, status: int, message: str, code: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> Response:  # fmt: skip
    """An error of our own as ``api`` words it.

    ``code`` is the reason that OpenAI has beside the type, ``details`` is more for programs to read.
    """
    more = details or {}
    kind = _ANTHROPIC.get(status, "invalid_request_error" if status < 500 else "api_error")
    body: dict[str, Any]
    if api == "anthropic":
        body = {"type": "error", "error": {"type": kind, "message": message, **more}}
    elif api == "gemini":
        name = _GOOGLE.get(status, "INTERNAL" if status >= 500 else "INVALID_ARGUMENT")
        body = {"error": {"code": status, "message": message, "status": name}}
        body["error"]["details"] = [more] if more else []

    elif api == "ollama":
        body = {"error": message, **more}
    else:
        kind = "invalid_request_error" if status < 500 else "server_error"
        body = {"error": {"message": message, "type": kind, "param": None, "code": code, **more}}
    return JSONResponse(body, status)


def refuse_openai(status: int, message: str) -> Response:
    """As `refusal`, for OpenAI's clients and those of whom nothing better is known."""
    return refusal("openai-chat", status, message)


def refuse_anthropic(status: int, message: str) -> Response:
    """As `refusal`, for Anthropic's clients."""
    return refusal("anthropic", status, message)


def error_in(body: Any) -> tuple[str | None, str | None]:
    """Type and message of the error that a body, or an event of a stream, reports.

    OpenAI's ``code`` says more than its ``type`` (rate_limit_exceeded, of the type requests); Google's is the
    HTTP status, whose name is in ``status``.
    """
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, dict):
        return None, text(body)
    inner = first(body, ("error", "detail"))
    if not isinstance(inner, dict):
        return None, as_json(inner) or text(body.get("message"))
    codes = (inner.get(name) for name in ("code", "status", "type"))
    return next((code for code in codes if isinstance(code, str) and code), None), text(inner.get("message"))
