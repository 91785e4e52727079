"""What Phoenix's clients ask beside OTLP. Checked with arize-phoenix-client 3.5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.protocols.asking import reading
from llmwatch.collector.protocols.phoenix import prompts, spans
from llmwatch.collector.protocols.phoenix.annotations import annotation_id, of_note, score
from llmwatch.collector.safejson import items_of, loads
from llmwatch.collector.taking import take
from llmwatch.errors import IngestError
from llmwatch.store.reads import prompts as reads

_VERSION: Final = "14.0.0"
"""The server whose API is spoken: the client asks before it annotates sessions."""
_INVALID: Final = 422


def refuse(status: int, message: str) -> Response:
    """An error as Phoenix gives it: plain text; what cannot be read is 422."""
    return Response(message, _INVALID if status == 400 else status, media_type="text/plain")


async def version(_request: Request) -> Response:
    """Which server this is, as text."""
    return Response(_VERSION, media_type="text/plain")


async def annotate(request: Request) -> Response:
    """Take annotations; those of documents are about their span. ``sync`` makes no difference here."""
    return JSONResponse({"data": await _taken_ids(request, lambda item: item)})


async def write_note(request: Request) -> Response:
    """Take a note."""
    (made, *_) = await _taken_ids(request, of_note) or [{}]
    return JSONResponse({"data": made})


async def log_spans(request: Request) -> Response:
    """Take spans as JSON."""
    project = request.path_params["project"]
    taken = await take(request, _items, lambda item: ([spans.span(item, project)], ()))
    taken.some()
    return JSONResponse(
        {
            "total_received": taken.sent,
            "total_queued": taken.sent - taken.rejected,
            "total_invalid": taken.rejected,
            "total_duplicates": 0,
            "invalid_spans": taken.errors,
            "duplicate_spans": [],
        },
        202,
    )


async def latest_prompt(request: Request) -> Response:
    """The newest version of a prompt."""
    return await _prompt(request, None)


async def tagged_prompt(request: Request) -> Response:
    """The version of a prompt that has a tag."""
    return await _prompt(request, request.path_params["tag"])


async def _taken_ids(request: Request, annotation: Callable[[Any], Any]) -> list[dict[str, str]]:
    """Store what was posted; returns the ids of what was taken."""
    taken = await take(request, _items, lambda item: ((), [score(annotation(item))]))
    taken.some()
    bad = {error["index"] for error in taken.errors}
    good = [loads(item) for at, item in enumerate(_items(await request.body())) if at not in bad]
    return [{"id": annotation_id(annotation(item))} for item in good]


async def _prompt(request: Request, tag: str | None) -> Response:
    name = request.path_params["name"]
    row = await reading(request, lambda db: reads.prompt(db, name, label=tag))
    if row is None:
        raise IngestError(f"there is no prompt {name}" + (f" with the tag {tag}" if tag else ""), status=404)
    return JSONResponse({"data": prompts.version(row)})


def _items(body: bytes) -> list[bytes]:
    return items_of(body, "data")


routes: Final = [
    Route("/arize_phoenix_version", version, methods=["GET"]),
    *(
        Route(f"/v1/{about}_annotations", annotate, methods=["POST"])
        for about in ("span", "trace", "session", "document")
    ),
    *(Route(f"/v1/{about}_notes", write_note, methods=["POST"]) for about in ("span", "trace", "session")),
    Route("/v1/projects/{project:path}/spans", log_spans, methods=["POST"]),
    Route("/v1/prompts/{name:path}/latest", latest_prompt, methods=["GET"]),
    Route("/v1/prompts/{name:path}/tags/{tag}", tagged_prompt, methods=["GET"]),
]
