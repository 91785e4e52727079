"""Runs and feedback coming in, one by one or many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.pipeline import PlainReader
from llmwatch.collector.protocols.asking import reading, writing
from llmwatch.collector.protocols.langsmith.calls import mapping_in
from llmwatch.collector.protocols.langsmith.envelopes import of_batch, of_form, single
from llmwatch.collector.protocols.langsmith.feedback import score_of_feedback
from llmwatch.collector.protocols.langsmith.projects import EXAMPLE, save_ran
from llmwatch.collector.protocols.langsmith.runs import span_of_run, trace_of
from llmwatch.collector.taking import Split, Taken, take
from llmwatch.errors import IngestError
from llmwatch.store.reads import spans
from llmwatch.store.span import Score, Span

_BATCHED: Final = {"message": "Runs batch ingested"}


class _Head(Struct):
    id: Any = None
    trace_id: Any = None
    parent_run_id: Any = None
    dotted_order: Any = None


_HEAD: Final = msgspec.json.Decoder(_Head)


async def batch(request: Request) -> Response:
    """``POST /runs/batch``: runs to begin and to update."""
    return await _many(request, of_batch)


async def multipart(request: Request) -> Response:
    """``POST /runs/multipart``: the same, and feedback, a part for each field."""
    content_type = request.headers.get("content-type", "")
    return await _many(request, lambda body: of_form(body, content_type))


async def create_run(request: Request) -> Response:
    """``POST /runs``."""
    return await _one(request, "post", {})


async def update_run(request: Request) -> Response:
    """``PATCH /runs/{id}``; the body need not say which trace it is of."""
    return await _one(request, "patch", {"id": str(request.path_params["id"])})


async def create_feedback(request: Request) -> Response:
    """``POST /feedback``, which gets back what it sent."""
    (await take(request, lambda body: single("feedback", body), read_item)).some()
    return Response(await request.body(), media_type="application/json")


def read_item(item: Any) -> tuple[list[Span], list[Score]]:
    """The span or the score in an item (envelopes.py).

    Raises:
        IngestError: It holds none.
    """
    if not isinstance(item, dict):
        raise IngestError("this is no run")
    if "feedback" in item:
        return [], [score_of_feedback(item["feedback"])]
    for operation in ("post", "patch"):
        if operation in item:
            run = item[operation]
            if not isinstance(run, dict):
                raise IngestError("a run is a JSON object")
            whole = {"id": item.get("id"), **run, **mapping_in(item, "fields")}
            if attachments := item.get("attachments"):
                whole["attachments"] = attachments
            return [span_of_run(whole, patch=operation == "patch")], []
    raise IngestError(f"{str(item.get('part'))[:100]!r} is no part of a run")


async def _many(request: Request, split: Split) -> Response:
    """What cannot be read is left out and counted: of a batch that is refused the SDKs drop everything."""
    taken = (await _taken(request, split, read_item)).some()
    if not taken.rejected:
        return JSONResponse(_BATCHED, 202)
    return JSONResponse({**_BATCHED, "rejected": taken.rejected, "errors": taken.errors}, 202)


async def _taken(request: Request, split: Split, reader: PlainReader) -> Taken:
    """Store what ``reader`` finds, and which examples of a dataset were run."""
    ran: list[Span] = []

    def read(item: Any) -> tuple[Sequence[Span], Sequence[Score]]:
        found, scores = reader(item)
        ran.extend(span for span in found if EXAMPLE in span.content.attributes)
        return found, scores

    taken = await take(request, split, read)
    if ran:
        await writing(request, partial(save_ran, ran=ran))
    return taken


async def _one(request: Request, operation: str, known: dict[str, Any]) -> Response:
    known = {**known, **await _placed(request, {**_head(await request.body()), **known})}

    def read(item: Any) -> tuple[list[Span], list[Score]]:
        return read_item({**item, "fields": known})

    (await _taken(request, lambda body: single(operation, body), read)).some()
    return JSONResponse({}, 200 if operation == "patch" else 202)


def _head(body: bytes) -> dict[str, Any]:
    """What says where a run belongs; nothing when the body cannot be read, which is told later."""
    try:
        return msgspec.structs.asdict(_HEAD.decode(body))
    except (ValueError, RecursionError):
        return {}


async def _placed(request: Request, run: dict[str, Any]) -> dict[str, str]:
    """The trace of a run that does not say it: the one in which it or its parent is stored."""
    if trace_of(run):
        return {}
    for name in ("id", "parent_run_id"):
        if known := identity(run.get(name)):
            found = await reading(request, partial(spans.find, reference=known))
            if found and found[1] == known:
                return {"trace_id": found[0]}
    return {}
