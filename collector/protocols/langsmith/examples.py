"""Examples: the items of a dataset, one by one, in lists and as forms."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.dialects.values import flag, texts
from llmwatch.collector.forms import form_parts
from llmwatch.collector.protocols.asking import present, reading, writing
from llmwatch.collector.protocols.langsmith.asking import (
    ALL,
    chosen,
    holds,
    iso,
    part,
    path_id,
    wanted_metadata,
)
from llmwatch.collector.protocols.langsmith.calls import mapping_in
from llmwatch.collector.protocols.langsmith.stored import run_json
from llmwatch.collector.protocols.objects import posted
from llmwatch.collector.safejson import loads
from llmwatch.errors import IngestError
from llmwatch.store.reads import datasets as read
from llmwatch.store.registry import ItemRow, new_id
from llmwatch.store.writes import datasets as write

_SPLIT: Final = "dataset_split"
_BASE: Final = ["base"]
"""The split of examples that are of no other."""


async def create(request: Request) -> Response:
    """``POST /examples``."""
    (saved,) = await _save(request, [await posted(request)], None)
    return JSONResponse(_json(saved))


async def create_many(request: Request) -> Response:
    """``POST /examples/bulk``."""
    return JSONResponse([_json(row) for row in await _save(request, await _listed(request), None)])


async def update(request: Request) -> Response:
    """``PATCH /examples/{id}``."""
    body = {**await posted(request), "id": path_id(request)}
    (saved,) = await _save(request, [body], None, known=True)
    return JSONResponse({"message": "1 examples updated", **_json(saved)})


async def update_many(request: Request) -> Response:
    """``PATCH /examples/bulk``."""
    saved = await _save(request, await _listed(request), None, known=True)
    return JSONResponse({"message": f"{len(saved)} examples updated", "count": len(saved)})


async def upload(request: Request) -> Response:
    """``POST`` and ``PATCH /v1/platform/datasets/{id}/examples``, ``…/examples/multipart``: a form."""
    content_type = request.headers.get("content-type", "")
    bodies = await asyncio.to_thread(_of_form, await request.body(), content_type)
    dataset_id = str(request.path_params["id"]) if "id" in request.path_params else None
    saved = await _save(request, bodies, dataset_id, known=request.method == "PATCH")
    told = {
        "count": len(saved),
        "example_ids": [row.item_id for row in saved],
        "as_of": iso(max((row.updated_ns for row in saved), default=None)),
    }
    return JSONResponse(told, 201 if request.method == "POST" else 200)


async def show(request: Request) -> Response:
    """``GET /examples/{id}``."""
    found = await reading(request, lambda db: read.item(db, path_id(request)))
    return JSONResponse(_json(present(found, "example")))


async def index(request: Request) -> Response:
    """``GET /examples``: of a dataset, by id, split or metadata, in the order in which they were added."""
    dataset_ids, ids = chosen(request, "dataset"), chosen(request, "id")
    splits, metadata = chosen(request, "splits"), wanted_metadata(request)
    if request.query_params.get("filter"):
        raise IngestError("filter is not understood here: ask by dataset, id, splits or metadata")

    def work(db: sqlite3.Connection) -> list[ItemRow]:
        if dataset_ids:
            return [row for one in dataset_ids for row in read.items(db, dataset_id=one, limit=ALL).rows]
        return [row for one in ids if (row := read.item(db, one))]

    rows = [
        row
        for row in await reading(request, work)
        if not row.archived
        and (not ids or row.item_id in ids)
        and (not splits or not splits.isdisjoint(_metadata(row)[_SPLIT]))
        and holds(row.metadata, metadata)
    ]
    return JSONResponse([_json(row) for row in part(request, rows)])


async def delete(request: Request) -> Response:
    """``DELETE /examples/{id}``, or ``DELETE /examples?example_ids=…``."""
    one = request.path_params.get("id")
    ids = [str(one)] if one else chosen(request, "example_ids")
    gone = await writing(request, lambda db: sum([write.delete_item(db, item_id) for item_id in ids]))
    present(gone or None, "example")
    return JSONResponse({})


async def _listed(request: Request) -> list[Any]:
    found = loads(await request.body())
    if not isinstance(found, list):
        raise IngestError("this is no list of examples")
    return found


async def _save(
    request: Request, bodies: Sequence[Any], dataset_id: str | None, *, known: bool = False
) -> list[ItemRow]:
    """Write examples of a dataset (which each names itself, unless it is given), all of them or none.

    Args:
        request: What brings them.
        bodies: What it says of each.
        dataset_id: Of which dataset they are.
        known: Whether they must be there already.
    """

    def work(db: sqlite3.Connection) -> list[ItemRow]:
        now_ns = time.time_ns()
        return [write.save_item(db, _row(db, body, dataset_id, known=known), now_ns) for body in bodies]

    return await writing(request, work)


def _row(db: sqlite3.Connection, body: Any, dataset_id: str | None, *, known: bool) -> ItemRow:
    if not isinstance(body, dict):
        raise IngestError("an example is a JSON object")
    item_id = identity(body.get("id")) or new_id()
    there = read.item(db, item_id)
    if known:
        present(there, "example")
    of = dataset_id or identity(body.get("dataset_id")) or (there.dataset_id if there else None)
    if of is None:
        raise IngestError("an example needs a dataset_id", status=422)
    present(read.dataset(db, dataset_id=of), "dataset")
    run_id = identity(body.get("source_run_id"))
    ran = run_json(db, run_id) if run_id and flag(body.get("use_source_run_io")) else None
    metadata = {**(_metadata(there) if there else {}), **mapping_in(body, "metadata")}
    if split := texts(body.get("split")):
        metadata[_SPLIT] = list(split)
    return ItemRow(
        item_id=item_id,
        dataset_id=of,
        input=ran["inputs"] if ran else body.get("inputs"),
        expected_output=ran["outputs"] if ran else body.get("outputs"),
        metadata=metadata or None,
        source_span_id=run_id,
        source_trace_id=ran["trace_id"] if ran else None,
    )


def _of_form(form: bytes, content_type: str) -> list[dict[str, Any]]:
    """The examples of a form: of each a part with its fields, and ``.inputs`` and ``.outputs``.

    Attachments are accepted, and not kept.
    """
    bodies: dict[str, dict[str, Any]] = {}
    for held in form_parts(form, content_type):
        example_id, _, field = held.name.partition(".")
        body = bodies.setdefault(example_id, {})
        if not field:
            main = loads(held.data)
            body.update(main if isinstance(main, dict) else {}, id=example_id)
        elif field in ("inputs", "outputs"):
            body[field] = loads(held.data)
    return list(bodies.values())


def _metadata(row: ItemRow) -> dict[str, Any]:
    return {_SPLIT: _BASE, **(row.metadata if isinstance(row.metadata, Mapping) else {})}


def _json(row: ItemRow) -> dict[str, Any]:
    return {
        "id": row.item_id,
        "name": f"#{row.item_id[:4]}",
        "dataset_id": row.dataset_id,
        "inputs": row.input,
        "outputs": row.expected_output,
        "metadata": _metadata(row),
        "source_run_id": row.source_span_id,
        "created_at": iso(row.created_ns),
        "modified_at": iso(row.updated_ns),
    }
