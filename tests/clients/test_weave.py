"""Weave's SDKs: what they get back, and what is stored of their calls."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.collector.protocols.weave import calls, feedback
from llmwatch.store.rows import SpanDetail
from tests.clients.asking import asked
from tests.clients.playing import play
from tests.clients.rearranged import FEW, arrivals, posted, stored
from tests.dialects.captures import provider_calls
from tests.dialects.test_captures import as_seen, as_told, counted

CAPTURE = "weave-0.54.0/default"
LISTS = {"/calls/complete": "batch", "/feedback/batch/create": "batch"}
START = {
    "project_id": "demo/shop", "id": "Call-1", "trace_id": "T", "op_name": "weave:///demo/shop/op/answer:abc",
    "started_at": "2026-11-21T05:19:00Z", "attributes": {}, "inputs": {"q": "hi"},
}  # fmt: skip
END = {
    "project_id": "demo/shop", "id": "Call-1", "ended_at": "2026-11-21T05:19:01Z", "output": "yes",
    "summary": {},
}  # fmt: skip


def named(stored: list[SpanDetail], name: str) -> SpanDetail:
    (found,) = [detail for detail in stored if detail.span.name == name]
    return found


async def test_every_call_is_counted_once_with_its_tokens(tmp_path: Path) -> None:
    played = await play(CAPTURE, tmp_path / "llmwatch.db")
    told = counted(played.stored)
    assert Counter(map(as_told, told)) == Counter(map(as_seen, provider_calls(CAPTURE)))
    assert len(played.stored) == 14
    failed = [detail.span for detail in played.stored if detail.span.status == "error"]
    assert Counter(span.error_type for span in failed) == {"RateLimitError": 2, "InternalServerError": 2}
    assert "Error code: 500 - The server had an error" in {(s.error_message or "")[:41] for s in failed}
    reasons = Counter(r for detail in told if detail.span.call for r in detail.span.call.finish_reasons or ())
    assert reasons == {"stop": 3, "tool_calls": 1}
    parts = [p for detail in told for m in detail.span.content.output_messages for p in m.parts]
    assert {p.text for p in parts} >= {c.text for c in provider_calls(CAPTURE) if c.text and not c.failed}
    assert sum(part.type == "tool_call" for part in parts) == 1
    assert {detail.span.context.service for detail in played.stored} == {"demo"}


async def test_what_the_program_said(tmp_path: Path) -> None:
    played = await play(CAPTURE, tmp_path / "llmwatch.db")
    rag = named(played.stored, "rag")
    context = rag.span.context
    assert (context.session_id, context.user_id, context.environment) == ("sess-42", "user-7", "dev")
    assert context.metadata == {"tenant": "acme"}
    assert {(s.name, s.value, s.label, s.comment) for s in rag.scores} == {
        ("reaction", 1.0, "👍", None),
        ("note", None, None, "helpful"),
        ("correctness", 0.8, None, None),
    }
    assert named(played.stored, "agent").span.context.session_id == "sess-42", "of weave.thread"


async def test_usage_above_a_call_is_a_sum(tmp_path: Path) -> None:
    played = await play(CAPTURE, tmp_path / "llmwatch.db")
    roles = {detail.span.name: detail.row.usage_role for detail in played.stored}
    assert {roles[name] for name in ("rag", "retrieve", "embed", "agent")} == {"rollup"}


async def test_its_requests_are_answered_as_it_needs(tmp_path: Path) -> None:
    played = await play(CAPTURE, tmp_path / "llmwatch.db")
    assert {response.status_code for _, response in played.exchanges} == {200}
    project, viewer = [reply.json()["data"] for reply in played.replies("/graphql")]
    assert project["project"]["name"] == "support-bot"
    assert viewer["viewer"]["defaultEntity"]["name"]
    assert all(reply.json()["digest"] for reply in played.replies("/obj/create"))
    assert all(reply.json()["digest"] for reply in played.replies("/file/create"))
    (scores,) = played.replies("/feedback/batch/create")
    assert len(scores.json()["res"]) == 3


async def test_source_code_is_not_kept(tmp_path: Path) -> None:
    await play(CAPTURE, tmp_path / "llmwatch.db")
    assert b"@weave.op" not in everything_in(tmp_path)


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


@cache
def in_order() -> dict[str, Any]:
    return stored([posted(CAPTURE, LISTS)])


@FEW
@given(data=st.data())
def test_the_order_of_arrival_changes_nothing(data: st.DataObject) -> None:
    assert stored(data.draw(arrivals(posted(CAPTURE, LISTS)))) == in_order()


async def sent(folder: Path, *requests: tuple[str, Any]) -> list[SpanDetail]:
    found: list[SpanDetail] = []
    for path, body in requests:
        reply, found = await asked(folder, "POST", path, json=body)
        assert reply.status_code == 200
    return found


def half(mode: str, call: dict[str, Any]) -> dict[str, Any]:
    return {"mode": mode, "req": {mode: call}}


@pytest.mark.parametrize(
    "requests",
    [
        [("/call/upsert_batch", {"batch": [half("start", START), half("end", END)]})],
        [("/call/upsert_batch", {"batch": [half("end", END), half("start", START)]})],
        [
            ("/call/upsert_batch", {"batch": [half("start", START)]}),
            ("/call/upsert_batch", {"batch": [half("end", END)]}),
        ],
        [("/call/start", {"start": START}), ("/call/end", {"end": END})],
        [
            ("/v2/demo/shop/call/end", {"end": {**END, "trace_id": "T"}}),
            ("/v2/demo/shop/call/start", {"start": START}),
        ],
    ],
    ids=["one batch", "the end first", "two batches", "single", "single, with the trace"],
)
async def test_start_and_end_make_one_span(requests: list[tuple[str, Any]], tmp_path: Path) -> None:
    (detail,) = await sent(tmp_path, *requests)
    span = detail.span
    assert (span.trace_id, span.span_id, span.name, span.state) == ("t", "call-1", "answer", "ended")
    assert (span.end_ns or 0) - span.start_ns == 1_000_000_000
    assert (span.content.input_text, span.content.output_text) == ('{"q":"hi"}', "yes")
    assert detail.row.kind == "chain"


async def test_a_call_without_an_end_is_running(tmp_path: Path) -> None:
    (detail,) = await sent(tmp_path, ("/call/start", {"start": START}))
    assert detail.row.state == "started"


async def test_a_call_can_be_named_later(tmp_path: Path) -> None:
    update = {"project_id": "demo/shop", "call_id": "Call-1", "display_name": "Ask the shop"}
    (detail,) = await sent(tmp_path, ("/call/start", {"start": START}), ("/call/update", update),
                           ("/call/end", {"end": END}))  # fmt: skip
    assert (detail.span.name, detail.row.state, detail.row.kind) == ("Ask the shop", "ended", "chain")
    reply, _ = await asked(tmp_path, "POST", "/call/update", json={**update, "call_id": "Call-2"})
    assert reply.status_code == 400


def test_the_kinds_of_operations() -> None:
    def kind(told: str | None) -> str:
        return calls.span({**START, **END, "attributes": {"weave": {"kind": told}}}).kind

    assert [kind(told) for told in ("tool", "agent", "search", "scorer", "guardrail", None)] == [
        "tool", "agent", "retriever", "evaluator", "guardrail", "chain",
    ]  # fmt: skip


def test_an_operation_with_a_models_answer_is_its_call() -> None:
    # SDKs before 0.52 do not say the kind.
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    span = calls.span(
        {**START, **END, "output": {"model": "gpt-4o-2024-08-06", "choices": []},
         "inputs": {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]},
         "summary": {"usage": {"gpt-4o-2024-08-06": usage}}}
    )  # fmt: skip
    assert span.kind == "llm"
    assert span.call is not None
    assert (span.call.request_model, span.call.response_model) == ("gpt-4o", "gpt-4o-2024-08-06")
    assert span.content.input_messages[0].role == "user"


@pytest.mark.parametrize(
    ("kind", "payload", "told"),
    [
        ("wandb.reaction.1", {"emoji": "👎"}, ("reaction", 0.0, "👎", None)),
        ("wandb.note.1", {"note": "so so"}, ("note", None, None, "so so")),
        ("wandb.annotation.quality", {"value": {"stars": 3}}, ("quality.stars", 3.0, None, None)),
        ("odd", {"whatever": [1]}, ("odd", None, None, None)),
        ("wandb.runnable.judge", {"output": True}, ("judge", 1.0, None, None)),
        ("relevance", {"score": 0.25, "reason": "off"}, ("relevance", 0.25, None, "off")),
    ],
)
def test_feedback_in_every_form(kind: str, payload: dict[str, Any], told: tuple[Any, ...]) -> None:
    (said,) = feedback.scores({"weave_ref": "weave:///demo/shop/call/Call-1", "feedback_type": kind,
                           "payload": payload})  # fmt: skip
    assert (said.name, said.value, said.label, said.comment) == told
    assert said.span_id == "call-1"


def test_every_judgement_of_a_scorer_is_a_score() -> None:
    item = {"weave_ref": "weave:///demo/shop/call/Call-1", "feedback_type": "wandb.runnable.exact", "id": "f",
            "payload": {"output": {"match": True, "distance": 0.25, "why": {"a": []}}},
            "runnable_ref": "weave:///demo/shop/op/exact:abc"}  # fmt: skip
    first, second = feedback.scores(item)
    assert (first.name, first.value, first.source) == ("exact.match", 1.0, "judge")
    assert (second.name, second.value) == ("exact.distance", 0.25)
    assert first.score_id != second.score_id


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"filter": {"call_ids": ["Call-1"]}}, ["Call-1"]),
        ({"filter": {"trace_ids": ["T"]}}, ["Call-1", "Call-2"]),
        ({"sort_by": [{"field": "started_at", "direction": "desc"}]}, ["Call-2", "Call-1"]),
        ({"filter": {"trace_roots_only": True}}, ["Call-1"]),
        ({"limit": 1, "offset": 1}, ["Call-2"]),
        ({"project_id": "demo/other"}, []),
    ],
)
async def test_calls_are_read_back_as_they_were_sent(query: Any, found: list[str], tmp_path: Path) -> None:
    child = {**START, **END, "id": "Call-2", "parent_id": "Call-1", "started_at": "2026-11-21T05:19:00.5Z"}
    await sent(tmp_path, ("/v2/demo/shop/calls/complete", {"batch": [{**START, **END}, child]}))
    query = {"project_id": "demo/shop", **query}
    reply, _ = await asked(tmp_path, "POST", "/calls/stream_query", json=query)
    calls = [json.loads(line) for line in reply.text.splitlines()]
    assert [call["id"] for call in calls] == found
    assert all(call["output"] == "yes" and call["op_name"] == START["op_name"] for call in calls)


@pytest.mark.parametrize("query", [{"query": {"$expr": {}}}, {"filter": {"op_names": ["a"]}},
                                   {"sort_by": [{"field": "inputs.x"}]}])  # fmt: skip
async def test_what_cannot_be_asked_is_refused(query: Any, tmp_path: Path) -> None:
    reply, _ = await asked(tmp_path, "POST", "/calls/stream_query", json=query)
    assert reply.status_code == 400


async def test_one_bad_call_does_not_spoil_the_others(tmp_path: Path) -> None:
    body = {"batch": [{**START, **END}, {"id": "x"}, None]}
    reply, stored = await asked(tmp_path, "POST", "/v2/demo/shop/calls/complete", json=body)
    assert reply.status_code == 200
    assert [detail.span.name for detail in stored] == ["answer"]


@pytest.mark.parametrize(
    "path", ["/call/upsert_batch", "/call/start", "/v2/e/p/calls/complete", "/feedback/create",
             "/feedback/batch/create", "/obj/create", "/table/create", "/graphql"],
)  # fmt: skip
@pytest.mark.parametrize("body", ["{", "[]", '"x"', '{"batch": [1], "start": 2, "obj": 3, "table": 4}'])
async def test_a_bad_body_is_never_our_failure(path: str, body: str, tmp_path: Path) -> None:
    reply, stored = await asked(tmp_path, "POST", path, content=body)
    assert reply.status_code in (200, 400)
    if reply.status_code == 400:
        assert json.loads(reply.content)["detail"]
    assert not stored
