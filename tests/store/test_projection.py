"""A span as a row: places of the tuple agree with their names, and unknown stays unknown."""

from __future__ import annotations

import sqlite3

from llmwatch.store.facets import facets_of, people_of
from llmwatch.store.price import Price, Rates, Tariff
from llmwatch.store.projection import DETAILS, Brief, project
from llmwatch.store.rows import Dimension
from llmwatch.store.span import Call, Content, Context, Cost, Retrieval, Span, Tool, Usage
from tests.store.builders import T0, brief, spoken

FULL = Span(
    trace_id="t", span_id="s", parent_id="p", name="n", kind="llm", dialect="d", start_ns=T0, end_ns=T0 + 5,
    status="error", error_type="E", error_message="m", level="warn",
    context=Context(
        service="svc", app_version="1", environment="prod", session_id="ses", user_id="u", feature="f",
        segment="pro", request_id="req", prompt_name="pn", prompt_version="pv", tags=("a", "b"),
        retry_count=0,
    ),
    call=Call(
        operation="chat", provider="openai", request_model="asked", response_model="answered",
        response_id="r", parameters={"temperature": 0.5, "max_tokens": 9}, finish_reasons=("stop",),
        stream=True, time_to_first_chunk_ns=3, cache_hit=False, refused=False, sender_cost_nanousd=8,
        usage=Usage(
            input_tokens=1, output_tokens=2, total_tokens=3, cache_read_tokens=4, cache_write_tokens=5,
            cache_write_1h_tokens=6, reasoning_tokens=7, input_audio_tokens=8, output_audio_tokens=9,
            estimated=True,
        ),
    ),
    tool=Tool(name="tool", call_id="c", success=True),
    retrieval=Retrieval(document_count=2),
    content=spoken("hello", "hi"),
    cost=Cost(nanousd=11, price=Price(model="m", tariff=Tariff(Rates()), id=12)),
    heuristics=("empty",),
)  # fmt: skip


def test_every_column_has_its_value() -> None:
    row, details = project(FULL, 77)
    columns = {**row._asdict(), **dict(zip(DETAILS, details, strict=True))}
    assert columns == {
        "span_id": "s", "parent_id": "p", "name": "n", "state": "ended", "start_ns": T0, "end_ns": T0 + 5,
        "duration_ns": 5, "status": "error", "error_type": "E", "error_message": "m", "session_id": "ses",
        "user_id": "u", "kind": "llm", "service": "svc", "environment": "prod", "app_version": "1",
        "feature": "f", "segment": "pro", "prompt_name": "pn", "prompt_version": "pv", "provider": "openai",
        "model": "asked", "request_model": "asked", "finish_reasons": '["stop"]', "tool_name": "tool",
        "heuristics_failed": '["empty"]', "response_model": "answered", "response_id": "r",
        "time_to_first_chunk_ns": 3, "refused": False, "input_tokens": 1, "output_tokens": 2,
        "total_tokens": 3, "cache_read_tokens": 4, "cache_write_tokens": 5, "reasoning_tokens": 7,
        "cost_nanousd": 11, "price": 12, "trace_id": "t", "dialect": "d", "level": "warn",
        "request_id": "req", "tags": '["a","b"]', "retry_count": 0, "operation": "chat",
        "temperature": 0.5, "max_tokens": 9, "stream": True, "cache_hit": False,
        "cache_write_1h_tokens": 6, "input_audio_tokens": 8,
        "output_audio_tokens": 9, "tokens_estimated": True, "sender_cost_nanousd": 8, "tool_call_id": "c",
        "tool_success": True, "document_count": 2, "content_captured": 1, "received_ns": 77,
        "request_chars": 5, "request_bytes": 5, "response_chars": 2, "response_bytes": 2,
        "fingerprint": None,
    }  # fmt: skip


def test_the_table_has_these_columns(db: sqlite3.Connection) -> None:
    columns = {row[1] for row in db.execute("PRAGMA table_info(spans)")}
    assert columns == {"id", "trace", "content", "usage_role", *Brief._fields, *DETAILS}


def test_slices_are_what_their_names_say() -> None:
    row = brief(FULL)
    names = Dimension.__args__  # type: ignore[attr-defined]
    assert row.dimensions == tuple(getattr(row, name) for name in names)
    assert row.traits[:11] == row.dimensions
    assert row.traits[11:] == (row.response_model, row.finish_reasons, row.heuristics_failed)
    assert row.usage == (1, 2, 3, 4, 5, 7)


def test_unknown_is_none() -> None:
    row, details = project(Span(trace_id="t", span_id="s", start_ns=T0, state="started", end_ns=9), 0)
    known = {"span_id", "name", "state", "start_ns", "status", "kind", "dialect"}
    assert {name for name, value in row._asdict().items() if value is not None} == known
    said = {name for name, value in zip(DETAILS, details, strict=True) if value is not None}
    assert said == {"trace_id", "content_captured", "received_ns"}
    assert row.end_ns is None, "only a record that is final knows an end"


def test_content_is_captured_when_anything_was_said() -> None:
    place = DETAILS.index("content_captured")

    def captured(**fields: object) -> int:
        return int(project(Span(trace_id="t", span_id="s", start_ns=0, **fields), 0)[1][place])  # type: ignore[arg-type]

    assert captured() == 0
    assert captured(content=Content(attributes={"a": 1})) == 0
    assert captured(content=Content(input_text="")) == 0, "an emptied text was not captured"
    assert captured(content=Content(input_text="x")) == 1
    assert captured(content=spoken("a", "b")) == 1
    assert captured(tool=Tool(arguments="{}")) == 1
    assert captured(retrieval=Retrieval(query="q")) == 1


def test_facets() -> None:
    assert facets_of([brief(FULL).traits]) == {
        ("kind", "llm"), ("model", "answered"), ("model", "asked"), ("provider", "openai"),
        ("service", "svc"), ("env", "prod"), ("app", "1"), ("feature", "f"), ("segment", "pro"),
        ("prompt", "pn"),
        ("version", "pv"), ("tool", "tool"), ("finish", "stop"), ("heuristic", "empty"),
    }  # fmt: skip
    assert people_of([brief(FULL)]) == {("user", "u"), ("session", "ses")}
    plain = brief(Span(trace_id="t", span_id="s", start_ns=0))
    assert facets_of([plain.traits]) == {("kind", "span")}
    assert people_of([plain]) == set()
    assert len(facets_of([plain.traits, brief(FULL).traits])) == 15
