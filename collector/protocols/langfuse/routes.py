"""All that Langfuse's SDKs ask, under /api/public; any key is accepted.

Checked with langfuse 2.60, 3.15, 4.18 and 5.0 for Python and 3.38 and 5.11 for JavaScript.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.protocols.asking import required
from llmwatch.collector.protocols.langfuse import datasets, ingestion, observations, prompts, traces
from llmwatch.collector.protocols.langfuse.asking import PROJECT
from llmwatch.collector.protocols.langfuse.replies import refuse
from llmwatch.collector.protocols.objects import posted
from llmwatch.errors import IngestError

__all__ = ["refuse", "routes"]

_SERVER: Final = "3.130.0"
"""The release of Langfuse's server whose API is spoken."""
_SHA256_BYTES: Final = 32
_MEDIA_ID: Final = 22


async def health(request: Request) -> Response:
    """Whether the server is there."""
    return JSONResponse({"status": "OK", "version": _SERVER})


async def projects(request: Request) -> Response:
    """The project of a key: the one there is."""
    organization = {"id": PROJECT, "name": PROJECT}
    project = {"id": PROJECT, "name": PROJECT, "organization": organization, "metadata": {}}
    return JSONResponse({"data": [{**project, "retentionDays": None}]})


async def media(request: Request) -> Response:
    """Say that a file need not be uploaded: what refers to it is kept, files are not.

    Its id is made of its hash, as the SDKs make it for the reference they put in its place.
    """
    body = await posted(request)
    try:
        digest = base64.b64decode(required(body, "sha256Hash"), validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != _SHA256_BYTES:
        raise IngestError("sha256Hash is no SHA-256 in base64")
    media_id = base64.urlsafe_b64encode(digest).decode()[:_MEDIA_ID]
    return JSONResponse({"mediaId": media_id, "uploadUrl": None})


async def uploaded(request: Request) -> Response:
    """Take note of an upload."""
    await posted(request)
    return Response(status_code=204)


routes: Final = [
    Route("/api/public/health", health, methods=["GET"]),
    Route("/api/public/projects", projects, methods=["GET"]),
    Route("/api/public/media", media, methods=["POST"]),
    Route("/api/public/media/{id}", uploaded, methods=["PATCH"]),
    *ingestion.routes,
    *prompts.routes,
    *datasets.routes,
    *traces.routes,
    *observations.routes,
]
