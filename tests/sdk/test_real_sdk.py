"""The real OTel SDK and the real openai SDK under its official instrumentation, into a real collector.

The app (app.py) runs in a process of its own and prints what the openai SDK told it: that is the truth that
the database is compared with. An exporter's flush ends when the collector acknowledged, and that means
committed, so everything must be there at once.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from llmwatch.demo.stub.app import create_stub
from llmwatch.store.database import connect_reader
from llmwatch.store.reads.spans import detail, spans_of
from llmwatch.store.reads.traces import trace
from llmwatch.store.rows import SpanDetail, SpanRow, TraceRow
from llmwatch.store.span import Call, Message
from tests.collecting import collecting
from tests.sdk import app as sdk_app
from tests.serving import serving

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Run:
    """What the app saw, and the database it sent its spans to."""

    seen: dict[str, dict[str, Any]]
    db: sqlite3.Connection
    content: str

    def rows(self, case: str) -> list[SpanRow]:
        return spans_of(self.db, self.seen[case]["trace_id"])

    def root(self, case: str) -> SpanDetail:
        return self._detail(case, self.seen[case]["root_id"])

    def call(self, case: str) -> SpanDetail:
        (row,) = [row for row in self.rows(case) if row.parent_id == self.seen[case]["root_id"]]
        return self._detail(case, row.span_id)

    def trace(self, case: str) -> TraceRow:
        row = trace(self.db, self.seen[case]["trace_id"])
        assert row is not None
        return row

    def _detail(self, case: str, span_id: str) -> SpanDetail:
        found = detail(self.db, self.seen[case]["trace_id"], span_id)
        assert found is not None
        return found


def _run_app(stub: str, collector: str, transport: str, content: str) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.sdk.app", stub, collector, transport],
        cwd=ROOT,
        env=os.environ | {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": content},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr, done.stderr
    return {line["case"]: line for line in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(
    scope="module",
    params=[("protobuf", "SPAN_ONLY"), ("gzip", "SPAN_AND_EVENT"), ("json", "EVENT_ONLY")],
    ids="-".join,
)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    transport, content = request.param
    database = tmp_path_factory.mktemp("sdk") / "sdk.db"
    with serving(create_stub(pace_s=0)) as stub, collecting(database) as collector:
        seen = _run_app(stub, collector, transport, content)
        with closing(connect_reader(database)) as db:
            yield Run(seen, db, content)


def _text(messages: tuple[Message, ...], role: str) -> str:
    return "".join(p.text or "" for message in messages if message.role == role for p in message.parts)


def _called(found: SpanDetail) -> Call:
    assert found.span.call is not None
    return found.span.call


def test_every_span_arrived_once(run: Run) -> None:
    assert {case: len(run.rows(case)) for case in run.seen} == dict.fromkeys(run.seen, 2)


def test_the_span_record(run: Run) -> None:
    root = run.root("chat").span
    assert (root.name, root.parent_id, root.status) == ("chat", None, "unset")
    assert root.end_ns is not None and root.end_ns > root.start_ns
    assert root.content.attributes["app.cached"] is False
    assert [(event.name, event.attributes) for event in root.content.events] == [
        ("cache.miss", {"key": "chat"})
    ]
    context = root.context
    assert (context.service, context.app_version, context.environment) == ("sdk-app", "4.5.6", "test")
    assert (context.session_id, context.user_id, context.feature) == ("s-1", "u-1", "chat")
    assert (root.content.scope_name, root.content.scope_version) == ("tests.sdk.app", "1.2.3")
    call = run.call("chat")
    assert call.span.parent_id == root.span_id
    assert call.row.duration_ns == (call.span.end_ns or 0) - call.span.start_ns


def test_the_facts_of_a_call(run: Run) -> None:
    seen, found = run.seen["chat"], run.call("chat")
    call = _called(found)
    assert (found.row.kind, call.operation, call.provider) == ("llm", "chat", "openai")
    assert (call.request_model, call.response_model) == ("gpt-4o-mini", seen["model"])
    assert call.response_id == seen["id"]
    assert call.finish_reasons == ("stop",)
    parameters = dict(call.parameters or {})
    assert parameters.items() >= {"temperature": 0.25, "max_tokens": 321, "top_p": 0.9, "seed": 7}.items()
    assert call.usage is not None
    usage = seen["usage"]
    assert (call.usage.input_tokens, call.usage.output_tokens) == (
        usage["prompt_tokens"],
        usage["completion_tokens"],
    )
    assert found.row.usage_role == "counted"
    assert found.row.cost_nanousd is not None


def test_what_was_said(run: Run) -> None:
    content = run.call("chat").span.content
    assert _text(content.input_messages, "system") == sdk_app.SYSTEM
    assert _text(content.input_messages, "user") == sdk_app.QUESTION
    answer = run.seen["chat"]["choices"][0]["message"]["content"]
    assert _text(content.output_messages, "assistant") == answer


def test_a_streamed_call(run: Run) -> None:
    seen, found = run.seen["streamed"], run.call("streamed")
    call = _called(found)
    assert call.stream is True
    assert call.response_id == seen["id"]
    assert call.time_to_first_chunk_ns is not None
    assert 0 < call.time_to_first_chunk_ns <= (found.row.duration_ns or 0)
    assert call.usage is not None
    assert call.usage.output_tokens == seen["usage"]["completion_tokens"]
    assert _text(found.span.content.output_messages, "assistant") == seen["text"]


def test_tool_calls(run: Run) -> None:
    found = run.call("tools")
    asked = run.seen["tools"]["choices"][0]["message"]["tool_calls"]
    parts = [
        part
        for message in found.span.content.output_messages
        for part in message.parts
        if part.type == "tool_call"
    ]
    assert [(part.id, part.name, json.loads(part.arguments or "")) for part in parts] == [
        (call["id"], call["function"]["name"], json.loads(call["function"]["arguments"])) for call in asked
    ]
    assert _called(found).finish_reasons in {("tool_calls",), ("tool_call",)}
    if "SPAN" in run.content:
        assert "get_order" in json.dumps(found.span.content.tool_definitions)


def test_a_failing_call(run: Run) -> None:
    found = run.call("failing")
    assert found.row.status == "error"
    assert run.seen["failing"]["error"] in (found.row.error_type or "")
    assert "Rate limit reached" in (found.row.error_message or "")
    assert _called(found).usage is None
    assert found.row.cost_nanousd is None
    assert _text(found.span.content.input_messages, "user") == sdk_app.QUESTION
    assert run.trace("failing").error_count >= 1


def test_embeddings(run: Run) -> None:
    found = run.call("embeddings")
    usage = _called(found).usage
    assert found.row.kind == "embedding"
    assert usage is not None
    assert usage.input_tokens == run.seen["embeddings"]["usage"]["prompt_tokens"]


def test_the_responses_api(run: Run) -> None:
    seen, found = run.seen["responses"], run.call("responses")
    call = _called(found)
    assert call.response_id == seen["id"]
    assert call.usage is not None
    assert call.usage.input_tokens == seen["usage"]["input_tokens"]
    content = found.span.content
    assert _text(content.input_messages, "system") == sdk_app.SYSTEM
    assert _text(content.input_messages, "user") == sdk_app.QUESTION
    assert _text(content.output_messages, "assistant") == seen["text"]


def test_the_trace_row_sums_it_up(run: Run) -> None:
    row, usage = run.trace("chat"), run.seen["chat"]["usage"]
    assert (row.name, row.running, row.llm_calls, row.span_count) == ("chat", False, 1, 2)
    assert (row.session_id, row.user_id, row.feature) == ("s-1", "u-1", "chat")
    assert (row.input_tokens, row.output_tokens) == (usage["prompt_tokens"], usage["completion_tokens"])
    assert row.finish_reason == "stop"
