"""Datasets: kept, found by name or id, counted."""

from __future__ import annotations

import sqlite3
import time
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.dialects.values import text
from llmwatch.collector.protocols.asking import present, reading, required, writing
from llmwatch.collector.protocols.langsmith.asking import (
    ALL,
    TENANT,
    chosen,
    holds,
    iso,
    part,
    path_id,
    wanted_metadata,
)
from llmwatch.collector.protocols.langsmith.calls import mapping_in
from llmwatch.collector.protocols.objects import posted
from llmwatch.errors import IngestError
from llmwatch.store.reads import datasets as read
from llmwatch.store.registry import DatasetRow, new_id
from llmwatch.store.writes import datasets as write

_KEPT: Final = ("data_type", "transformations", "extra")
"""What only LangSmith has."""


async def create(request: Request) -> Response:
    """``POST /datasets``: 409 for a name that is taken."""
    row = _row(await posted(request), None)

    return JSONResponse(await writing(request, partial(_saved, row=row)))


async def update(request: Request) -> Response:
    """``PATCH /datasets/{id}``."""
    body, wanted = await posted(request), path_id(request)

    def work(db: sqlite3.Connection) -> dict[str, Any]:
        known = present(read.dataset(db, dataset_id=wanted), "dataset")
        return _saved(db, _row(body, known))

    return JSONResponse(await writing(request, work))


async def show(request: Request) -> Response:
    """``GET /datasets/{id}``."""

    def work(db: sqlite3.Connection) -> dict[str, Any]:
        return _json(db, present(read.dataset(db, dataset_id=path_id(request)), "dataset"))

    return JSONResponse(await reading(request, work))


async def index(request: Request) -> Response:
    """``GET /datasets``: those of a name, of ids, with metadata; the newest first."""
    asked = request.query_params
    ids, metadata = chosen(request, "id"), wanted_metadata(request)
    name, piece, data_type = asked.get("name"), asked.get("name_contains"), asked.get("data_type")

    def work(db: sqlite3.Connection) -> list[dict[str, Any]]:
        rows = [
            row
            for row in read.datasets(db, name_contains=piece, limit=ALL).rows
            if (not ids or row.dataset_id in ids)
            and (name is None or row.name == name)
            and (data_type is None or _extra(row).get("data_type") == data_type)
            and holds(row.metadata, metadata)
        ]
        return [_json(db, row) for row in part(request, rows)]

    return JSONResponse(await reading(request, work))


async def version(request: Request) -> Response:
    """``GET /datasets/{id}/version``: there is one, the latest."""

    def work(db: sqlite3.Connection) -> dict[str, Any]:
        known = present(read.dataset(db, dataset_id=path_id(request)), "dataset")
        return {"tags": ["latest"], "as_of": iso(known.updated_ns)}

    return JSONResponse(await reading(request, work))


async def delete(request: Request) -> Response:
    """``DELETE /datasets/{id}``: with its examples and experiments; runs stay."""
    gone = await writing(request, lambda db: write.delete_dataset(db, path_id(request)))
    present(gone or None, "dataset")
    return JSONResponse({})


def _saved(db: sqlite3.Connection, row: DatasetRow) -> dict[str, Any]:
    named = read.dataset(db, name=row.name)
    if named and named.dataset_id != row.dataset_id:
        raise IngestError(f"a dataset with the name {row.name} exists", status=409)
    return _json(db, write.save_dataset(db, row, time.time_ns()))


def _row(body: dict[str, Any], known: DatasetRow | None) -> DatasetRow:
    """What ``body`` says of a dataset, new or ``known``."""
    said = {key: body[key] for key in _KEPT if body.get(key) is not None}
    return DatasetRow(
        dataset_id=known.dataset_id if known else identity(body.get("id")) or new_id(),
        name=(text(body.get("name")) or known.name) if known else required(body, "name"),
        description=text(body.get("description")),
        metadata=mapping_in(body, "metadata") or mapping_in(mapping_in(body, "extra"), "metadata") or None,
        input_schema=body.get("inputs_schema_definition"),
        output_schema=body.get("outputs_schema_definition"),
        extra={**(_extra(known) if known else {}), **said} or None,
    )


def _extra(row: DatasetRow) -> dict[str, Any]:
    return row.extra if isinstance(row.extra, dict) else {}


def _json(db: sqlite3.Connection, row: DatasetRow) -> dict[str, Any]:
    extra = _extra(row)
    runs = read.runs(db, dataset_id=row.dataset_id, limit=1)
    return {
        "id": row.dataset_id,
        "name": row.name,
        "description": row.description,
        "data_type": extra.get("data_type") or "kv",
        "tenant_id": TENANT,
        "created_at": iso(row.created_ns),
        "modified_at": iso(row.updated_ns),
        "example_count": read.items(db, dataset_id=row.dataset_id, limit=1).total,
        "session_count": runs.total,
        "last_session_start_time": iso(runs.rows[0].created_ns) if runs.rows else None,
        "inputs_schema_definition": row.input_schema,
        "outputs_schema_definition": row.output_schema,
        "transformations": extra.get("transformations"),
        "metadata": row.metadata,
        "extra": extra.get("extra"),
    }
