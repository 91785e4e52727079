"""Datasets, their items, and the runs (experiments) over them."""

from __future__ import annotations

import sqlite3
import time
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.dialects.judgements import digest
from llmwatch.collector.dialects.values import text
from llmwatch.collector.protocols.asking import present, reading, required, writing
from llmwatch.collector.protocols.langfuse.asking import PROJECT, page_of
from llmwatch.collector.protocols.langfuse.replies import iso, listed
from llmwatch.collector.protocols.objects import posted
from llmwatch.errors import IngestError
from llmwatch.store.reads import datasets as read
from llmwatch.store.reads import spans
from llmwatch.store.registry import DatasetRow, ItemRow, Page, RunItemRow, RunRow, new_id
from llmwatch.store.writes import datasets as write

_STATUSES: Final = {"ACTIVE": False, "ARCHIVED": True}
_ALL: Final = -1
"""SQLite's LIMIT for no limit."""


async def create(request: Request) -> Response:
    """Make a dataset, or change the one with that name."""
    body = await posted(request)
    name = required(body, "name")

    def work(db: sqlite3.Connection) -> DatasetRow:
        there = read.dataset(db, name=name)
        row = DatasetRow(
            dataset_id=there.dataset_id if there else new_id(),
            name=name,
            description=text(body.get("description")),
            metadata=body.get("metadata"),
            input_schema=body.get("inputSchema"),
            output_schema=body.get("expectedOutputSchema"),
        )
        return write.save_dataset(db, row, time.time_ns())

    return JSONResponse(_dataset(await writing(request, work)))


async def get(request: Request) -> Response:
    """One dataset."""
    return JSONResponse(_dataset(await reading(request, lambda db: _named(db, request))))


async def get_whole(request: Request) -> Response:
    """One dataset as SDKs asked for it before it had pages: with its items and the names of its runs."""

    def work(db: sqlite3.Connection) -> dict[str, Any]:
        row = _named(db, request)
        items = read.items(db, dataset_id=row.dataset_id, archived=False, limit=_ALL).rows
        runs = read.runs(db, dataset_id=row.dataset_id, limit=_ALL).rows
        return {
            **_dataset(row),
            "items": [_item(item, row.name) for item in items],
            "runs": [run.name for run in runs],
        }

    return JSONResponse(await reading(request, work))


async def listing(request: Request) -> Response:
    """All datasets, the newest first."""
    asked = page_of(request)
    found = await reading(request, lambda db: read.datasets(db, limit=asked.limit, offset=asked.offset))
    return listed([_dataset(row) for row in found.rows], asked, found.total)


async def save_item(request: Request) -> Response:
    """Add an item to a dataset, or change the one with that id."""
    body = await posted(request)
    name, item_id = required(body, "datasetName"), text(body.get("id"))
    status = body.get("status")
    if status is not None and status not in _STATUSES:
        raise IngestError("status is ACTIVE or ARCHIVED")

    def work(db: sqlite3.Connection) -> ItemRow:
        dataset = present(read.dataset(db, name=name), f"Dataset {name}")
        there = read.item(db, item_id) if item_id else None
        if there and there.dataset_id != dataset.dataset_id:
            raise IngestError(f"the item {item_id} belongs to another dataset", status=409)
        row = ItemRow(
            item_id=item_id or new_id(),
            dataset_id=dataset.dataset_id,
            input=body.get("input"),
            expected_output=body.get("expectedOutput"),
            metadata=body.get("metadata"),
            source_trace_id=text(body.get("sourceTraceId")),
            source_span_id=text(body.get("sourceObservationId")),
            archived=_STATUSES.get(str(status)),
        )
        return write.save_item(db, row, time.time_ns())

    return JSONResponse(_item(await writing(request, work), name))


async def get_item(request: Request) -> Response:
    """One item."""
    item_id = request.path_params["id"]

    def work(db: sqlite3.Connection) -> dict[str, Any]:
        row = present(read.item(db, item_id), f"Dataset item {item_id}")
        dataset = present(read.dataset(db, dataset_id=row.dataset_id), "Dataset")
        return _item(row, dataset.name)

    return JSONResponse(await reading(request, work))


async def list_items(request: Request) -> Response:
    """The items of a dataset, or of all, that are not archived."""
    query, asked = request.query_params, page_of(request)
    name = query.get("datasetName")
    if query.get("version"):
        raise IngestError("older states of a dataset are not kept: leave version out")

    def work(db: sqlite3.Connection) -> Page[dict[str, Any]]:
        dataset = present(read.dataset(db, name=name), f"Dataset {name}") if name else None
        found = read.items(
            db,
            dataset_id=dataset.dataset_id if dataset else None,
            archived=False,
            source_trace_id=query.get("sourceTraceId"),
            source_span_id=query.get("sourceObservationId"),
            limit=asked.limit,
            offset=asked.offset,
        )
        names = {row.dataset_id: row.name for row in ([dataset] if dataset else _datasets(db))}
        return Page([_item(row, names.get(row.dataset_id, "")) for row in found.rows], found.total)

    found = await reading(request, work)
    return listed(found.rows, asked, found.total)


async def delete_item(request: Request) -> Response:
    """Take out an item."""
    item_id = request.path_params["id"]
    gone = await writing(request, lambda db: write.delete_item(db, item_id))
    present(gone or None, f"Dataset item {item_id}")
    return JSONResponse({"message": "Dataset item successfully deleted"})


async def save_run_item(request: Request) -> Response:
    """Say in which trace an item was run; the run is made when it is first named."""
    body = await posted(request)
    name, item_id = required(body, "runName"), required(body, "datasetItemId")
    trace_id, span_id = text(body.get("traceId")), text(body.get("observationId"))

    def work(db: sqlite3.Connection) -> RunItemRow:
        item = present(read.item(db, item_id), f"Dataset item {item_id}")
        there = read.run(db, dataset_id=item.dataset_id, name=name)
        now_ns = time.time_ns()
        run = RunRow(
            run_id=there.run_id if there else new_id(),
            dataset_id=item.dataset_id,
            name=name,
            description=text(body.get("runDescription")),
            metadata=body.get("metadata"),
        )
        write.save_run(db, run, now_ns)
        ran_in = trace_id or _trace_of(db, span_id)
        row = RunItemRow(
            run_item_id=digest(run.run_id, item_id, ran_in, span_id),
            run_id=run.run_id,
            item_id=item_id,
            trace_id=ran_in,
            span_id=span_id,
        )
        return write.save_run_item(db, row, now_ns)

    return JSONResponse(_run_item(await writing(request, work), name))


async def list_run_items(request: Request) -> Response:
    """What a run ran."""
    query, asked = request.query_params, page_of(request)
    dataset_id, name = required(query, "datasetId"), required(query, "runName")

    def work(db: sqlite3.Connection) -> Page[RunItemRow]:
        run = present(read.run(db, dataset_id=dataset_id, name=name), f"Dataset run {name}")
        return read.run_items(db, run_id=run.run_id, limit=asked.limit, offset=asked.offset)

    found = await reading(request, work)
    return listed([_run_item(row, name) for row in found.rows], asked, found.total)


async def list_runs(request: Request) -> Response:
    """The runs over a dataset, the newest first."""
    asked = page_of(request)

    def work(db: sqlite3.Connection) -> Page[dict[str, Any]]:
        dataset = _named(db, request)
        found = read.runs(db, dataset_id=dataset.dataset_id, limit=asked.limit, offset=asked.offset)
        return Page([_run(row, dataset.name) for row in found.rows], found.total)

    found = await reading(request, work)
    return listed(found.rows, asked, found.total)


async def get_run(request: Request) -> Response:
    """One run, with what it ran."""

    def work(db: sqlite3.Connection) -> dict[str, Any]:
        dataset, row = _named_run(db, request)
        items = read.run_items(db, run_id=row.run_id, limit=_ALL).rows
        return {**_run(row, dataset.name), "datasetRunItems": [_run_item(item, row.name) for item in items]}

    return JSONResponse(await reading(request, work))


async def delete_run(request: Request) -> Response:
    """Take out a run; its traces stay."""
    await writing(request, lambda db: write.delete_run(db, _named_run(db, request)[1].run_id))
    return JSONResponse({"message": "Dataset run successfully deleted"})


def _named(db: sqlite3.Connection, request: Request) -> DatasetRow:
    name = request.path_params["name"]
    return present(read.dataset(db, name=name), f"Dataset {name}")


def _named_run(db: sqlite3.Connection, request: Request) -> tuple[DatasetRow, RunRow]:
    dataset, name = _named(db, request), request.path_params["run"]
    return dataset, present(read.run(db, dataset_id=dataset.dataset_id, name=name), f"Dataset run {name}")


def _datasets(db: sqlite3.Connection) -> list[DatasetRow]:
    return read.datasets(db, limit=_ALL).rows


def _trace_of(db: sqlite3.Connection, span_id: str | None) -> str:
    """The trace of an observation, for SDKs that name only that."""
    if span_id is None:
        raise IngestError("traceId is missing")
    return present(spans.find(db, span_id), f"Observation {span_id}")[0]


def _dataset(row: DatasetRow) -> dict[str, Any]:
    return {
        "id": row.dataset_id, "name": row.name, "description": row.description, "metadata": row.metadata,
        "inputSchema": row.input_schema, "expectedOutputSchema": row.output_schema, "projectId": PROJECT,
        "createdAt": iso(row.created_ns), "updatedAt": iso(row.updated_ns),
    }  # fmt: skip


def _item(row: ItemRow, dataset_name: str) -> dict[str, Any]:
    return {
        "id": row.item_id, "status": "ARCHIVED" if row.archived else "ACTIVE", "input": row.input,
        "expectedOutput": row.expected_output, "metadata": row.metadata,
        "sourceTraceId": row.source_trace_id, "sourceObservationId": row.source_span_id,
        "datasetId": row.dataset_id, "datasetName": dataset_name, "createdAt": iso(row.created_ns),
        "updatedAt": iso(row.updated_ns), "mediaReferences": [],
    }  # fmt: skip


def _run(row: RunRow, dataset_name: str) -> dict[str, Any]:
    return {
        "id": row.run_id, "name": row.name, "description": row.description, "metadata": row.metadata,
        "datasetId": row.dataset_id, "datasetName": dataset_name, "createdAt": iso(row.created_ns),
        "updatedAt": iso(row.updated_ns),
    }  # fmt: skip


def _run_item(row: RunItemRow, run_name: str) -> dict[str, Any]:
    return {
        "id": row.run_item_id, "datasetRunId": row.run_id, "datasetRunName": run_name,
        "datasetItemId": row.item_id, "traceId": row.trace_id, "observationId": row.span_id,
        "createdAt": iso(row.created_ns), "updatedAt": iso(row.updated_ns),
    }  # fmt: skip


_API: Final = "/api/public"

routes: Final = [
    Route(f"{_API}/v2/datasets", create, methods=["POST"]),
    Route(f"{_API}/v2/datasets", listing, methods=["GET"]),
    Route(f"{_API}/v2/datasets/{{name:path}}", get, methods=["GET"]),
    Route(f"{_API}/datasets", create, methods=["POST"]),
    Route(f"{_API}/datasets", listing, methods=["GET"]),
    Route(f"{_API}/datasets/{{name:path}}/runs", list_runs, methods=["GET"]),
    Route(f"{_API}/datasets/{{name:path}}/runs/{{run:path}}", get_run, methods=["GET"]),
    Route(f"{_API}/datasets/{{name:path}}/runs/{{run:path}}", delete_run, methods=["DELETE"]),
    Route(f"{_API}/datasets/{{name:path}}", get_whole, methods=["GET"]),
    Route(f"{_API}/dataset-items", save_item, methods=["POST"]),
    Route(f"{_API}/dataset-items", list_items, methods=["GET"]),
    Route(f"{_API}/dataset-items/{{id:path}}", get_item, methods=["GET"]),
    Route(f"{_API}/dataset-items/{{id:path}}", delete_item, methods=["DELETE"]),
    Route(f"{_API}/dataset-run-items", save_run_item, methods=["POST"]),
    Route(f"{_API}/dataset-run-items", list_run_items, methods=["GET"]),
]
