"""Spans for tests: short to write, and at a known time."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from sqlite_utils import Database

from llmwatch.store.database import APPLICATION_ID, SCHEMA_VERSION
from llmwatch.store.migrations import migrations
from llmwatch.store.projection import Brief, project
from llmwatch.store.span import Call, Content, Context, Cost, Message, Part, Span, Usage

SECOND = 1_000_000_000
T0 = 1_767_225_600 * SECOND
"""2026-01-01T00:00:00Z: the start of a minute and of an hour."""


def span(span_id: str = "a", **fields: Any) -> Span:
    """An ended span of one second in trace ``t``."""
    start = fields.pop("start_ns", T0)
    state = fields.pop("state", "ended")
    end = fields.pop("end_ns", start + SECOND if state == "ended" else None)
    return Span(
        trace_id=fields.pop("trace_id", "t"),
        span_id=span_id,
        state=state,
        start_ns=start,
        end_ns=end,
        **fields,
    )


def llm(span_id: str = "a", tokens: int | None = 100, **fields: Any) -> Span:
    """An LLM call that read and wrote ``tokens``; None says nothing of usage."""
    usage = None if tokens is None else Usage(input_tokens=tokens, output_tokens=tokens)
    call = fields.pop("call", None) or Call(request_model="m", response_model="m", usage=usage)
    return enrich(span(span_id, kind="llm", call=call, **fields))


def enrich(record: Span, _before: Span | None = None) -> Span:
    """What the collector's pipeline does, in small: a nano-dollar a token, and one heuristic."""
    usage = record.call.usage if record.call else None
    tokens = (usage.input_tokens or 0) + (usage.output_tokens or 0) if usage else 0
    cost = Cost(nanousd=tokens or None) if usage else None
    spoken = bool(record.content.output_messages)
    return replace(record, cost=cost, heuristics=(() if tokens else ("empty",)) if spoken else None)


def said(text: str, role: str = "user") -> Message:
    """A message of one text."""
    return Message(role=role, parts=(Part(type="text", text=text),))


def spoken(prompt: str, answer: str) -> Content:
    """A conversation of one turn."""
    return Content(input_messages=(said(prompt),), output_messages=(said(answer, "assistant"),))


def who(**fields: Any) -> Context:
    """A context."""
    return Context(**fields)


def brief(record: Span) -> Brief:
    """The brief of a record."""
    return project(record, 0)[0]


def old_file(path: Path, *, before: str) -> sqlite3.Connection:
    """A file as it was before the migration of this name, open."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrations.apply(Database(db), stop_before=before)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION - len(migrations.pending(Database(db)))}")
    return db
