"""Requests of other platforms' APIs that hold one JSON object."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from llmwatch.collector.safejson import loads
from llmwatch.errors import IngestError


async def posted(request: Request) -> dict[str, Any]:
    """The object in the body; an empty body is an empty one.

    Raises:
        IngestError: It is something else.
    """
    body = await request.body()
    found = loads(body) if body.strip() else {}
    if not isinstance(found, dict):
        raise IngestError("this is no JSON object")
    return found
