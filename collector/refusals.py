"""Errors in the terms of whoever is asked: a platform's protocol, else OTLP's google.rpc.Status."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Scope

from llmwatch.collector.guards import media_type
from llmwatch.collector.otlp.replies import refused


def refusal(scope: Scope, status: int, message: str, retry_after_s: int = 1) -> Response:
    """The answer to a request that is not taken. A 503 says after how many seconds to try again."""
    from llmwatch.collector.protocols import protocol_of  # noqa: PLC0415 - see elsewhere.py

    protocol = protocol_of(scope)
    if protocol is None:
        return refused(status, message, media_type(scope), retry_after_s=retry_after_s)
    response = protocol.refuse(status, message)
    if status == 503:
        response.headers["Retry-After"] = str(retry_after_s)
    return response
