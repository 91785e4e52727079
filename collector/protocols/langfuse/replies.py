"""Answers in Langfuse's terms: errors by name, times as ISO 8601, lists in pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from llmwatch.collector.protocols.langfuse.asking import Window

_ERRORS: Final = {
    403: "ForbiddenError",
    404: "LangfuseNotFoundError",
    405: "MethodNotAllowedError",
    409: "LangfuseConflictError",
    413: "RequestEntityTooLargeError",
    503: "ServiceUnavailableError",
}


def refuse(status: int, message: str) -> Response:
    """An error as Langfuse's API gives it."""
    name = _ERRORS.get(status, "InvalidRequestError" if status < 500 else "InternalServerError")
    return JSONResponse({"message": message, "error": name}, status)


def iso(time_ns: int | None) -> str | None:
    """A time as the API writes it: to the millisecond, UTC."""
    if time_ns is None:
        return None
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).replace(tzinfo=None)
    return f"{moment.isoformat()}.{time_ns // 1_000_000 % 1000:03}Z"


def listed(rows: Sequence[Any], window: Window, total: int) -> Response:
    """One page of a list."""
    meta = {
        "page": window.page, "limit": window.limit, "totalItems": total,
        "totalPages": -(-total // window.limit),
    }  # fmt: skip
    return JSONResponse({"data": list(rows), "meta": meta})


def continued(rows: Sequence[Any], window: Window, total: int) -> Response:
    """A part of a list, with a cursor unless it is the last."""
    more = {"cursor": str(window.page + 1)} if window.offset + window.limit < total else {}
    return JSONResponse({"data": list(rows), "meta": {"limit": window.limit, **more}})
