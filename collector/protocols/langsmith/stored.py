"""Runs read back: what was stored of them, in LangSmith's words."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from llmwatch.collector.dialects.kinds import kind_of_word
from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.dialects.values import count, flag, text
from llmwatch.collector.protocols.asking import present, reading
from llmwatch.collector.protocols.langsmith.asking import ALL, iso, path_id
from llmwatch.collector.protocols.langsmith.projects import project_id, project_name
from llmwatch.collector.protocols.langsmith.runs import DIALECT
from llmwatch.collector.protocols.objects import posted
from llmwatch.errors import IngestError
from llmwatch.store.reads import datasets, spans
from llmwatch.store.reads.selection import Selection, select
from llmwatch.store.rows import SpanDetail

_PAGE: Final = 100
_NO_FILTERS: Final = (
    "filter",
    "trace_filter",
    "tree_filter",
    "query",
    "search_filter",
    "ai_search",
    "sem_filter",
)
_SECOND: Final = {
    "project_ids": "session",
    "ids": "id",
    "trace_id": "trace",
    "has_error": "error",
    "min_start_time": "start_time",
    "max_start_time": "end_time",
    "reference_examples": "reference_example",
    "page_size": "limit",
}
"""What the second version of the API calls what a query asks for."""
_STEP: Final = re.compile(r"Z([0-9a-f-]{36})(?:\.|$)")
"""The end of a step in a dotted_order."""
_STATUSES: Final = {"error": "error", "ok": "success"}
_NOT_A_RUNS: Final = ("attachments", "session_name")


async def show(request: Request) -> Response:
    """``GET /runs/{id}``."""
    return JSONResponse(await reading(request, lambda db: present(run_json(db, path_id(request)), "run")))


async def query(request: Request) -> Response:
    """``POST /runs/query``: runs of projects, of a trace, of a parent, by id, type, error and time.

    Filters in LangSmith's own language are refused: an answer that ignores one would be wrong.
    """
    body = await posted(request)
    _refuse_filters(body)
    return JSONResponse(await reading(request, lambda db: _queried(db, body)))


async def show_second(request: Request) -> Response:
    """``GET /api/v2/runs/{id}``."""
    found = await reading(request, lambda db: present(run_json(db, path_id(request)), "run"))
    return JSONResponse(_second(found))


async def query_second(request: Request) -> Response:
    """``POST /api/v2/runs/query``: as `query`, for all fields whatever is selected."""
    body = await posted(request)
    _refuse_filters(body)
    asked = {**body, **{first: body[name] for name, first in _SECOND.items() if name in body}}
    if run_type := text(body.get("run_type")):
        asked["run_type"] = run_type.lower()
    found = await reading(request, lambda db: _queried(db, asked))
    return JSONResponse(
        {"items": [_second(run) for run in found["runs"]], "next_cursor": found["cursors"]["next"]}
    )


def run_json(db: sqlite3.Connection, run_id: str) -> dict[str, Any] | None:
    """The run with that id as LangSmith's API gives it; None when there is none."""
    place = spans.find(db, run_id)
    if place is None or place[1] != run_id:
        place = (run_id, run_id)
    found = spans.detail(db, *place)
    return _json(db, found) if found else None


def _refuse_filters(body: Mapping[str, Any]) -> None:
    if asked := next((name for name in _NO_FILTERS if body.get(name)), None):
        raise IngestError(
            f"{asked} is not understood here: ask by project, trace, id, run_type, error or time"
        )


def _queried(db: sqlite3.Connection, body: Mapping[str, Any]) -> dict[str, Any]:
    limit = min(count(body.get("limit")) or _PAGE, _PAGE)
    found = select(db, _selection(db, body), limit)
    details = (spans.detail(db, one.trace_id, one.span_id) for one in found)
    after = str(found[-1].place) if len(found) == limit else None
    return {"runs": [_json(db, detail) for detail in details if detail], "cursors": {"next": after}}


def _selection(db: sqlite3.Connection, body: Mapping[str, Any]) -> Selection:
    projects, ids, examples = (_ids(body.get(name)) for name in ("session", "id", "reference_example"))
    trace_ids = [trace] if (trace := identity(body.get("trace"))) else None
    if examples is not None:
        ran = [
            item for example in examples for item in datasets.run_items(db, item_id=example, limit=ALL).rows
        ]
        trace_ids = [item.trace_id for item in ran]
    run_type = text(body.get("run_type"))
    return Selection(
        dialect=DIALECT,
        services=None if projects is None else [name for one in projects if (name := project_name(db, one))],
        trace_ids=trace_ids,
        span_ids=ids,
        parent_id=identity(body.get("parent_run")),
        kind=(kind_of_word(run_type) or "span") if run_type else None,
        is_root=flag(body.get("is_root")),
        failed=flag(body.get("error")),
        since_ns=time_ns(body.get("start_time")),
        until_ns=time_ns(body.get("end_time")),
        before=count(body.get("cursor")),
    )


def _ids(value: Any) -> list[str] | None:
    if value is None:
        return None
    return [known for one in (value if isinstance(value, list) else [value]) if (known := identity(one))]


def _json(db: sqlite3.Connection, detail: SpanDetail) -> dict[str, Any]:
    span, row = detail.span, detail.row
    sent = {name: value for name, value in span.content.attributes.items() if name not in _NOT_A_RUNS}
    call = span.call
    usage = call.usage if call else None
    first_ns = call.time_to_first_chunk_ns if call else None
    return {
        **sent,
        "id": span.span_id,
        "trace_id": span.trace_id,
        "parent_run_id": span.parent_id,
        "name": span.name,
        "run_type": sent.get("run_type") or span.kind,
        "session_id": project_id(db, span.context.service) if span.context.service else None,
        "start_time": iso(span.start_ns),
        "end_time": iso(span.end_ns),
        "status": _STATUSES.get(span.status, "pending"),
        "inputs": _object(sent.get("inputs"), "input") or {},
        "outputs": _object(sent.get("outputs"), "output"),
        "events": [
            {"name": event.name, "time": iso(event.time_ns), **event.attributes}
            for event in span.content.events
            if event.name != "exception"
        ],
        "first_token_time": None if first_ns is None else iso(span.start_ns + first_ns),
        "prompt_tokens": usage.input_tokens if usage else None,
        "completion_tokens": usage.output_tokens if usage else None,
        "total_tokens": usage.total_tokens if usage else None,
        "total_cost": None if row.cost_nanousd is None else row.cost_nanousd / 1e9,
        "feedback_stats": _feedback(detail),
    }


def _second(run: dict[str, Any]) -> dict[str, Any]:
    """A run in the words of the API's second version."""
    return {
        **run,
        "project_id": run["session_id"],
        "run_type": str(run["run_type"]).upper(),
        "status": run["status"].upper(),
        "is_root": run["parent_run_id"] is None,
        "parent_run_ids": _STEP.findall(run.get("dotted_order") or "")[:-1],
    }


def _object(value: Any, name: str) -> Any:
    return value if value is None or isinstance(value, dict) else {name: value}


def _feedback(detail: SpanDetail) -> dict[str, dict[str, Any]]:
    """Number and mean of the scores of each name on the run itself."""
    values: dict[str, list[float | None]] = defaultdict(list)
    for score in detail.scores:
        if score.span_id == detail.row.span_id:
            values[score.name].append(score.value)
    stats: dict[str, dict[str, Any]] = {}
    for name, given in values.items():
        known = [value for value in given if value is not None]
        stats[name] = {"n": len(given), "avg": sum(known) / len(known) if known else None}
    return stats
