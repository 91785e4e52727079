"""The openai-agents SDK's own exporter: what is stored of its traces and spans."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.collector.protocols.openai_agents.items import spans_and_scores
from llmwatch.store.span import Span
from tests.clients.asking import asked
from tests.clients.playing import play
from tests.clients.rearranged import FEW, arrivals, posted, stored
from tests.dialects.captures import provider_calls
from tests.dialects.test_captures import as_seen, as_told, counted

CAPTURE = "openai-agents-0.24.0/own-exporter"
LISTS = {"/v1/traces/ingest": "data"}
SPAN = {
    "object": "trace.span", "id": "span_1", "trace_id": "trace_1", "parent_id": "span_0", "error": None,
    "started_at": "2026-11-21T05:14:25.000000+00:00", "ended_at": "2026-11-21T05:14:26.000000+00:00",
}  # fmt: skip


def one(data: dict[str, Any], **more: Any) -> Span:
    ((span,), _) = spans_and_scores({**SPAN, "span_data": data, **more})
    return span


async def test_every_call_is_counted_once_with_its_tokens(tmp_path: Path) -> None:
    played = await play(CAPTURE, tmp_path / "llmwatch.db")
    calls = counted(played.stored)
    truth = provider_calls(CAPTURE)
    # The responses API's spans carry neither model nor messages.
    assert Counter(as_told(detail)[1:] for detail in calls) == Counter(as_seen(call)[1:] for call in truth)
    models = Counter(detail.span.call.request_model for detail in calls if detail.span.call)
    assert models == {None: 3, "gpt-4o-mini": 2, "gpt-4o-mini-fail-429": 1}
    assert all(d.span.call.response_id for d in calls if d.span.call and d.span.call.request_model is None)
    assert len(played.stored) == 22 + 4, "spans, and a root for each trace"
    kinds = Counter(detail.row.kind for detail in played.stored)
    assert kinds == {"llm": 6, "tool": 2, "agent": 4, "span": 1, "chain": 9 + 4}
    failed = [detail.span for detail in played.stored if detail.span.status == "error"]
    assert sorted(span.name for span in failed) == ["failing", "generation"]
    assert all("Rate limit reached" in (span.error_message or "") for span in failed)


async def test_sums_of_turns_and_tasks_are_roll_ups(tmp_path: Path) -> None:
    played = await play(CAPTURE, tmp_path / "llmwatch.db")
    roles = Counter(
        detail.row.usage_role for detail in played.stored if detail.span.name in ("turn", "Agent workflow")
    )
    assert roles == {"rollup": 5 + 3, None: 2 + 2}, "the failing run has no usage, nor have the roots"


async def test_a_trace_is_the_root_of_its_spans(tmp_path: Path) -> None:
    played = await play(CAPTURE, tmp_path / "llmwatch.db")
    (root,) = [detail for detail in played.stored if detail.span.name == "support-workflow"]
    span = root.span
    below = [d.span for d in played.stored if d.span.trace_id == span.trace_id and d is not root]
    assert (span.parent_id, root.row.kind, root.row.state) == (None, "chain", "ended")
    assert (span.start_ns, span.end_ns) == (
        min(other.start_ns for other in below),
        max(other.end_ns or 0 for other in below),
    )
    assert Counter(other.parent_id == span.span_id for other in below)[True] == 3
    assert (span.context.session_id, span.context.user_id) == ("sess-42", "user-7")
    assert span.context.metadata == {"tenant": "acme"}


async def test_messages_and_tool_calls(tmp_path: Path) -> None:
    played = await play(CAPTURE, tmp_path / "llmwatch.db")
    answers = [
        part
        for detail in counted(played.stored)
        for message in detail.span.content.output_messages
        for part in message.parts
    ]
    assert sum(part.type == "tool_call" for part in answers) == 1
    assert "It is 18 °C and sunny in Paris." in {part.text for part in answers}
    tools = [detail.span.tool for detail in played.stored if detail.span.tool]
    assert {tool.name for tool in tools} == {"weather"}
    assert json.loads(tools[0].arguments or "") == {"city": "Paris", "unit": "celsius"}


@cache
def in_order() -> dict[str, Any]:
    with patch("time.time_ns", return_value=1_795_238_100_000_000_000):
        return stored([posted(CAPTURE, LISTS)])


@FEW
@given(data=st.data())
def test_the_order_of_arrival_changes_nothing(data: st.DataObject) -> None:
    batches = data.draw(arrivals(posted(CAPTURE, LISTS)))
    with patch("time.time_ns", return_value=1_795_238_100_000_000_000):
        assert stored(batches) == in_order()


@pytest.mark.parametrize(
    ("data", "kind", "name"),
    [
        ({"type": "handoff", "from_agent": "a", "to_agent": "b"}, "span", "a -> b"),
        ({"type": "guardrail", "name": "no insults", "triggered": True}, "guardrail", "no insults"),
        ({"type": "mcp_tools", "server": "files", "result": ["read"]}, "span", "files"),
        ({"type": "transcription", "model": "whisper-1", "output": "hello"}, "llm", "transcription"),
        ({"type": "custom", "name": "mine", "data": {"a": 1}}, "span", "mine"),
        ({"type": "something new"}, "span", "something new"),
    ],
)
def test_every_type_of_span(data: dict[str, Any], kind: str, name: str) -> None:
    span = one(data)
    assert (span.kind, span.name) == (kind, name)


def test_whether_a_guardrail_was_triggered_is_its_output() -> None:
    assert one({"type": "guardrail", "name": "g", "triggered": True}).content.output_text == "true"


def test_a_response_has_its_model_only_where_it_is_sent() -> None:
    usage = {"requests": 1, "input_tokens": 26, "output_tokens": 7, "total_tokens": 33,
             "input_tokens_details": {"cached_tokens": 20}}  # fmt: skip
    call = one({"type": "response", "response_id": "resp_1", "model": "gpt-4o", "usage": usage}).call
    assert call is not None
    assert (call.request_model, call.response_id) == ("gpt-4o", "resp_1")
    assert call.usage is not None
    assert (call.usage.input_tokens, call.usage.cache_read_tokens) == (26, 20)


async def test_one_bad_item_is_told_and_the_others_are_stored(tmp_path: Path) -> None:
    body = {"data": [{**SPAN, "span_data": {"type": "agent", "name": "a"}}, {"object": "trace"}, None]}
    reply, stored = await asked(tmp_path, "POST", "/v1/traces/ingest", json=body)
    assert reply.status_code == 200
    assert [error["index"] for error in reply.json()["errors"]] == [1, 2]
    assert [detail.span.name for detail in stored] == ["a"]


@pytest.mark.parametrize("body", ["", "[]", "{", '{"data": [1]}', '{"data": {"object": "trace"}}'])
async def test_a_bad_body_gets_openais_error(body: str, tmp_path: Path) -> None:
    reply, stored = await asked(tmp_path, "POST", "/v1/traces/ingest", content=body)
    assert reply.status_code == 400
    assert reply.json()["error"]["message"]
    assert not stored
