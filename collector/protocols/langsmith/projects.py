"""Projects, which LangSmith's API calls sessions.

An experiment is a project of runs over a dataset: a run of that dataset in the store. A project that was
made without a dataset is kept there as well, of no dataset. Any other service whose runs are here is a
project too, whose id follows from its name.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.dialects.values import flag, text
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
from llmwatch.store.reads.selection import services
from llmwatch.store.registry import RunItemRow, RunRow, new_id
from llmwatch.store.span import Span
from llmwatch.store.writes import datasets as write

EXAMPLE: Final = "reference_example_id"
"""The field of a run that names the example it was run on."""

_NO_DATASET: Final = ""
_NAMES: Final = uuid.uuid5(uuid.NAMESPACE_URL, "llmwatch:projects")


def project_id(db: sqlite3.Connection, name: str) -> str:
    """The id of the project with that name."""
    row = read.run(db, name=name)
    return row.run_id if row else _derived_id(name)


def project_name(db: sqlite3.Connection, wanted: str) -> str | None:
    """The name of the project with that id; None when there is none."""
    row = _project(db, wanted)
    return row.name if row else None


def save_ran(db: sqlite3.Connection, ran: Sequence[Span]) -> None:
    """Write which examples the runs of an experiment were run on."""
    for span in ran:
        example = identity(span.content.attributes[EXAMPLE])
        experiment = read.run(db, name=span.context.service) if span.context.service else None
        if example and experiment and experiment.dataset_id:
            row = RunItemRow(
                run_item_id=span.span_id,
                run_id=experiment.run_id,
                item_id=example,
                trace_id=span.trace_id,
                span_id=span.span_id,
            )
            write.save_run_item(db, row, time.time_ns())


async def create(request: Request) -> Response:
    """``POST /sessions``: 409 for a name that is taken, unless it is an upsert."""
    body = await posted(request)
    new = RunRow(
        run_id=identity(body.get("id")) or new_id(),
        dataset_id=identity(body.get("reference_dataset_id")) or _NO_DATASET,
        name=required(body, "name"),
    )
    upsert = flag(request.query_params.get("upsert"))

    def work(db: sqlite3.Connection) -> RunRow:
        return _saved(db, _row(body, (upsert and read.run(db, name=new.name)) or new))

    return JSONResponse(_json(await writing(request, work)))


async def update(request: Request) -> Response:
    """``PATCH /sessions/{id}``."""
    body, wanted = await posted(request), path_id(request)

    def work(db: sqlite3.Connection) -> RunRow:
        return _saved(db, _row(body, present(_project(db, wanted), "project")))

    return JSONResponse(_json(await writing(request, work)))


async def show(request: Request) -> Response:
    """``GET /sessions/{id}``."""
    row = await reading(request, lambda db: _project(db, path_id(request)))
    return JSONResponse(_json(present(row, "project")))


async def index(request: Request) -> Response:
    """``GET /sessions``: those of a name, of ids, of a dataset, with metadata."""
    asked = request.query_params
    ids, dataset_ids, metadata = (
        chosen(request, "id"),
        chosen(request, "reference_dataset"),
        wanted_metadata(request),
    )
    name, piece, free = asked.get("name"), asked.get("name_contains"), flag(asked.get("reference_free"))
    rows = [
        row
        for row in await reading(request, _projects)
        if (not ids or row.run_id in ids)
        and (not dataset_ids or row.dataset_id in dataset_ids)
        and (name is None or row.name == name)
        and (piece is None or piece.lower() in row.name.lower())
        and (not free or not row.dataset_id)
        and holds(row.metadata, metadata)
    ]
    return JSONResponse([_json(row) for row in part(request, rows)])


async def delete(request: Request) -> Response:
    """``DELETE /sessions/{id}``: the project is forgotten, its runs stay."""
    gone = await writing(request, lambda db: write.delete_run(db, path_id(request)))
    present(gone or None, "project")
    return JSONResponse({})


def _saved(db: sqlite3.Connection, row: RunRow) -> RunRow:
    named = read.run(db, name=row.name)
    if named and named.run_id != row.run_id:
        raise IngestError(f"a project with the name {row.name} exists", status=409)
    return write.save_run(db, row, time.time_ns())


def _projects(db: sqlite3.Connection) -> list[RunRow]:
    rows = read.runs(db, limit=ALL).rows
    known = {row.name for row in rows}
    return rows + [_implied(name) for name in services(db) if name not in known]


def _project(db: sqlite3.Connection, wanted: str) -> RunRow | None:
    return read.run(db, run_id=wanted) or next(
        (_implied(name) for name in services(db) if _derived_id(name) == wanted), None
    )


def _implied(name: str) -> RunRow:
    return RunRow(run_id=_derived_id(name), dataset_id=_NO_DATASET, name=name)


def _derived_id(name: str) -> str:
    return str(uuid.uuid5(_NAMES, name))


def _row(body: Mapping[str, Any], base: RunRow) -> RunRow:
    """``base`` with what ``body`` says."""
    said = {key: body[key] for key in ("extra", "start_time", "end_time") if body.get(key) is not None}
    return replace(
        base,
        name=text(body.get("name")) or base.name,
        description=text(body.get("description")),
        metadata=mapping_in(mapping_in(body, "extra"), "metadata") or None,
        extra={**(base.extra or {}), **said} or None,
    )


def _json(row: RunRow) -> dict[str, Any]:
    extra = row.extra if isinstance(row.extra, dict) else {}
    return {
        "id": row.run_id,
        "name": row.name,
        "description": row.description,
        "tenant_id": TENANT,
        "reference_dataset_id": row.dataset_id or None,
        "start_time": extra.get("start_time") or iso(row.created_ns),
        "end_time": extra.get("end_time"),
        "extra": {**mapping_in(extra, "extra"), "metadata": row.metadata or {}},
    }
