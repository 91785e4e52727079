"""Prompts: each name has numbered versions, and labels that say which of them to use."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.dialects.values import count, text
from llmwatch.collector.protocols.asking import present, reading, required, writing
from llmwatch.collector.protocols.langfuse.asking import PROJECT, page_of
from llmwatch.collector.protocols.langfuse.replies import iso, listed
from llmwatch.collector.protocols.objects import posted
from llmwatch.errors import IngestError
from llmwatch.store.reads import prompts as read
from llmwatch.store.registry import NewPrompt, PromptRow, PromptSummary
from llmwatch.store.writes import prompts as write

_SERVED: Final = "production"
"""The label of the version that is given to who asks for none."""


async def create(request: Request) -> Response:
    """Make the next version of a prompt."""
    new = _new(await posted(request))
    return JSONResponse(_prompt(await writing(request, lambda db: write.create(db, new, time.time_ns()))))


async def get(request: Request) -> Response:
    """One version of a prompt: by number, by label, or the one in production."""
    name, query = request.path_params["name"], request.query_params
    label, version = query.get("label"), query.get("version")
    if label and version:
        raise IngestError("Cannot specify both version and label")
    number = None if version is None else _version(version)
    wanted = f"label {label or _SERVED}" if number is None else f"version {number}"
    found = await reading(
        request, lambda db: read.prompt(db, name, version=number, label=None if number else label or _SERVED)
    )
    return JSONResponse(_prompt(present(found, f"Prompt {name} with {wanted}")))


async def listing(request: Request) -> Response:
    """All prompts, each with its versions and labels."""
    query, asked = request.query_params, page_of(request)
    found = await reading(
        request,
        lambda db: read.summaries(
            db,
            name=query.get("name"),
            label=query.get("label"),
            tag=query.get("tag"),
            since_ns=time_ns(query.get("fromUpdatedAt")),
            before_ns=time_ns(query.get("toUpdatedAt")),
            limit=asked.limit,
            offset=asked.offset,
        ),
    )
    return listed([_summary(row) for row in found.rows], asked, found.total)


async def relabel(request: Request) -> Response:
    """Put labels to a version."""
    name, number = request.path_params["name"], _version(request.path_params["version"])
    labels = _texts(await posted(request), "newLabels") or ()
    found = await writing(request, lambda db: write.add_labels(db, name, number, labels, time.time_ns()))
    return JSONResponse(_prompt(present(found, f"Prompt {name} with version {number}")))


async def delete(request: Request) -> Response:
    """Take out a prompt, or one version of it."""
    name, query = request.path_params["name"], request.query_params
    version, label = query.get("version"), query.get("label")
    number = None if version is None else _version(version)
    gone = await writing(request, lambda db: write.delete(db, name, version=number, label=label))
    present(gone or None, f"Prompt {name}")
    return Response(status_code=204)


def _new(body: Mapping[str, Any]) -> NewPrompt:
    kind, prompt, config = text(body.get("type")) or "text", body.get("prompt"), body.get("config")
    if kind not in ("text", "chat"):
        raise IngestError("type is text or chat")
    if not isinstance(prompt, list if kind == "chat" else str):
        raise IngestError("prompt is a text, or for the type chat a list of messages")
    if not all(isinstance(message, dict) for message in prompt if kind == "chat"):
        raise IngestError("each message of prompt is an object")
    return NewPrompt(
        name=required(body, "name"),
        type=kind,
        prompt=prompt,
        config={} if config is None else config,
        labels=_texts(body, "labels") or (),
        tags=_texts(body, "tags"),
        commit_message=text(body.get("commitMessage")),
    )


def _version(sent: Any) -> int:
    found = count(sent)
    if not found:
        raise IngestError("a version is a number from 1 on")
    return found


def _texts(body: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    found = body.get(name)
    if found is None:
        return None
    if not isinstance(found, list) or not all(isinstance(item, str) and item for item in found):
        raise IngestError(f"{name} is a list of texts")
    return tuple(dict.fromkeys(found))


def _prompt(row: PromptRow) -> dict[str, Any]:
    return {
        "id": row.prompt_id, "projectId": PROJECT, "createdBy": "API",
        "createdAt": iso(row.created_ns), "updatedAt": iso(row.updated_ns),
        "name": row.name, "version": row.version, "type": row.type, "prompt": row.prompt,
        "config": row.config, "labels": list(row.labels), "tags": list(row.tags),
        "commitMessage": row.commit_message, "isActive": _SERVED in row.labels, "resolutionGraph": None,
    }  # fmt: skip


def _summary(row: PromptSummary) -> dict[str, Any]:
    return {
        "name": row.name, "type": row.type, "versions": list(row.versions), "labels": list(row.labels),
        "tags": list(row.tags), "lastUpdatedAt": iso(row.updated_ns), "lastConfig": row.config,
    }  # fmt: skip


_PROMPTS: Final = "/api/public/v2/prompts"

routes: Final = [
    Route(_PROMPTS, create, methods=["POST"]),
    Route(_PROMPTS, listing, methods=["GET"]),
    Route(f"{_PROMPTS}/{{name:path}}/versions/{{version}}", relabel, methods=["PATCH"]),
    Route(f"{_PROMPTS}/{{name:path}}", get, methods=["GET"]),
    Route(f"{_PROMPTS}/{{name:path}}", delete, methods=["DELETE"]),
]
