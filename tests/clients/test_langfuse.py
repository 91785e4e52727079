"""Langfuse's ingestion API and scores: captured SDKs, any order of arrival, bad input."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Score
from tests.clients.asking import client_of
from tests.clients.playing import Played, play
from tests.clients.rearranged import FEW, Item, arrivals, stored
from tests.clients.rearranged import posted as listed
from tests.dialects.captures import provider_calls, sent
from tests.dialects.stored import details, snapshot
from tests.dialects.test_captures import as_seen, as_told, counted

CAPTURES = ("langfuse-2.60.10/default", "langfuse-2.60.10/retry-503")
BY_HAND = [
    ("text-embedding-3-small", False, 9, None, 0, 0),
    ("gpt-4o-mini", False, 72, 22, 0, 0),
    ("claude-sonnet-4-5", False, 180, 20, 80, 0),  # usage types exclude each other: 100 and 80 cached
    ("gpt-4o-mini", True, None, None, 0, 0),
    ("gpt-4o-mini", False, None, None, 0, 0),  # never ended
]
"""Generations that the program wrote without calling anyone, in its first trace."""
FIRST_CHUNK = {CAPTURES[0]: 428_000, CAPTURES[1]: 456_000}
"""From the startTime of the create to the completionStartTime of an update: 19.050955 to 19.051383."""
T0 = "2026-01-01T00:00:00.000Z"
T0_NS = 1_767_225_600_000_000_000


def batches(name: str) -> list[dict[str, Any]]:
    """The bodies of the ingestion requests of a capture."""
    return [json.loads(request.body) for request in sent(name) if request.path == "/api/public/ingestion"]


def by_name(played: Played) -> dict[str, SpanDetail]:
    """The first span of each name, traces left out."""
    found: dict[str, SpanDetail] = {}
    for detail in sorted(played.stored, key=lambda detail: detail.row.start_ns):
        if detail.row.span_id != detail.row.trace_id:
            found.setdefault(detail.row.name, detail)
    return found


@pytest.mark.parametrize("name", CAPTURES)
async def test_every_call_is_counted_once_with_its_tokens(name: str, tmp_path: Path) -> None:
    played = await play(name, tmp_path / "llmwatch.db")
    told = Counter(map(as_told, counted(played.stored)))
    assert told == Counter(map(as_seen, provider_calls(name))) + Counter(BY_HAND)
    wrapper = [detail for detail in played.stored if detail.row.usage_role == "rollup"]
    assert [detail.row.name for detail in wrapper] == ["answer"], "a decorated function around the call"


@pytest.mark.parametrize("name", CAPTURES)
async def test_every_event_is_acknowledged(name: str, tmp_path: Path) -> None:
    played = await play(name, tmp_path / "llmwatch.db")
    replies = played.replies("/api/public/ingestion")
    assert len(replies) == len(batches(name))
    for reply, batch in zip(replies, batches(name), strict=True):
        assert reply.status_code == 207
        successes = [{"id": event["id"], "status": 201} for event in batch["batch"]]
        assert reply.json() == {"successes": successes, "errors": []}
    assert {reply.status_code for reply in played.replies("/api/public/projects")} <= {200}


@pytest.mark.parametrize("name", CAPTURES)
async def test_the_facts_of_the_program(name: str, tmp_path: Path) -> None:
    """As the events say them: what stands here is read in the capture, not in what is stored."""
    played = await play(name, tmp_path / "llmwatch.db")
    assert all(detail.row.name and detail.span.dialect == "langfuse" for detail in played.stored)
    found = by_name(played)
    traces = {d.row.name: d for d in played.stored if d.row.span_id == d.row.trace_id}
    pipeline = traces["rag-pipeline"]
    context = pipeline.span.context
    assert (context.session_id, context.user_id, context.tags) == ("sess-42", "user-7", ("beta", "web"))
    assert (context.app_version, context.metadata) == ("r1", {"tenant": "acme", "build": 17})
    assert pipeline.span.content.output_text == "Refunds are possible within 30 days."
    answer = found["answer"]
    assert (answer.span.context.prompt_name, answer.span.context.prompt_version) == ("support-answer", "3")
    assert answer.row.parent_id == pipeline.row.span_id
    assert answer.row.time_to_first_chunk_ns == FIRST_CHUNK[name]
    call = answer.span.call
    assert call
    assert call.parameters == {"temperature": 0.2, "max_tokens": 200}
    assert answer.span.content.output_messages[0].parts[0].text == "Refunds are possible within 30 days."
    assert found["embedding"].row.parent_id == found["retrieve"].row.span_id
    assert found["answer-v2-usage"].row.sender_cost_nanousd == 600_000
    assert found["failing"].row.error_message == "Error code: 429 - Rate limit reached"
    never = found["never-ended"].row
    assert (never.state, never.end_ns) == ("started", None)
    event = found["cache-miss"].row
    assert (event.kind, event.duration_ns) == ("span", 0)
    choice = found["tool-choice"].span
    assert choice.content.output_messages[0].parts[0].name == "get_weather"
    assert choice.content.tool_definitions
    assert choice.call
    assert choice.call.response_model == "gpt-4o-mini-2024-07-18"
    failed = [d for d in played.stored if d.row.kind == "llm" and d.row.status == "error"]
    assert {detail.row.sender_cost_nanousd for detail in failed} == {None}, "0 is unknown"


@pytest.mark.parametrize("name", CAPTURES)
async def test_scores_are_of_what_they_judge(name: str, tmp_path: Path) -> None:
    played = await play(name, tmp_path / "llmwatch.db")
    scores = {score.score_id: score for detail in played.stored for score in detail.scores}
    values = Counter((s.name, s.value, s.label, s.comment, s.span_id is not None) for s in scores.values())
    assert values == Counter([
        ("groundedness", 0.9, None, "cites doc-1", True),
        ("user_feedback", 1.0, None, "helpful", False),
        ("thumbs", 1.0, "up", None, False),
        ("user_feedback", 1.0, None, None, False),
        ("quality", 0.7, None, None, False),
    ])  # fmt: skip
    answer = by_name(played)["answer"]
    assert "groundedness" in {score.name for score in answer.scores if score.span_id == answer.row.span_id}


async def test_what_version_5_posts_beside_its_spans(tmp_path: Path) -> None:
    database = tmp_path / "llmwatch.db"
    played = await play("langfuse-5.0.4/default", database)
    for reply in played.replies("/api/public/scores"):
        assert (reply.status_code, reply.json()) == (202, {"message": "Accepted"})
    missing = played.replies("/api/public/v2/prompts/missing-prompt")
    assert {reply.status_code for reply in missing} == {404}
    assert {reply.json()["error"] for reply in missing} == {"LangfuseNotFoundError"}
    scores = snapshot(database)["scores"]
    names = Score.__struct_fields__
    values = {row[names.index("name")]: row for row in scores}
    assert len(scores) == 6
    assert {name: row[names.index("value")] for name, row in values.items()} == {
        "user_feedback": 1.0, "groundedness": None, "correctness": 0.8, "thumbs": 1.0, "csat": 4.0,
        "exact": 1.0,
    }  # fmt: skip
    assert values["groundedness"][names.index("label")] == "high"
    assert values["csat"][names.index("session_id")] == "sess-42"
    assert values["correctness"][names.index("span_id")] == "fa0c54b803cebed7"
    judged = {score.name for detail in played.stored for score in detail.scores}
    assert judged == set(values), "every score finds its span, its trace or its session"


@cache
def items(name: str) -> list[Item]:
    return listed(name, {"/api/public/ingestion": "batch"})


@cache
def in_order(name: str) -> dict[str, Any]:
    return stored([items(name)])


@pytest.mark.parametrize("name", CAPTURES)
@FEW
@given(data=st.data())
def test_the_order_of_arrival_changes_nothing(name: str, data: st.DataObject) -> None:
    assert stored(data.draw(arrivals(items(name)))) == in_order(name)


async def posted(tmp_path: Path, *events: Any, path: str = "/api/public/ingestion") -> list[SpanDetail]:
    """What is stored of ``events``, which are all taken."""
    async with client_of(tmp_path / "llmwatch.db") as client:
        reply = await client.post(path, json={"batch": list(events)})
        assert reply.json()["errors"] == []
    return details(tmp_path / "llmwatch.db")


def event(type_: str, at: str = T0, **body: Any) -> dict[str, Any]:
    return {"id": f"{type_}-{at}", "type": type_, "timestamp": at, "body": body}


USAGES: list[tuple[dict[str, Any], tuple[int | None, ...]]] = [
    ({"usage": {"input": 10, "output": 5, "total": 15, "unit": "TOKENS"}}, (10, 5, None, None)),
    ({"usage": {"promptTokens": 10, "completionTokens": 5, "totalTokens": 15}}, (10, 5, None, None)),
    ({"usage": {"prompt_tokens": 10, "completion_tokens": 5}}, (10, 5, None, None)),
    ({"usageDetails": {"input": 4, "output": 3, "input_cached_tokens": 6, "output_reasoning_tokens": 2}},
     (10, 5, 6, 2)),
    ({"usageDetails": {"input": 4, "cache_read_input_tokens": 6, "output": 5}}, (10, 5, 6, None)),
    ({"usageDetails": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
                       "prompt_tokens_details": {"cached_tokens": 6},
                       "completion_tokens_details": {"reasoning_tokens": 2}}}, (10, 5, 6, 2)),
    ({"usageDetails": {"input_tokens": 4, "cache_read_input_tokens": 6, "output_tokens": 5}},
     (10, 5, 6, None)),
    ({"usageDetails": {"input": 10, "output": 5}, "usage": {"input": 1, "output": 1}}, (10, 5, None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), USAGES)
async def test_usage_in_every_shape(
    body: dict[str, Any], expected: tuple[int | None, ...], tmp_path: Path
) -> None:
    event_ = event("generation-create", id="g", traceId="t", model="m", startTime=T0, endTime=T0, **body)
    (found,) = [d for d in await posted(tmp_path, event_) if d.row.span_id == "g"]
    assert found.span.call
    usage = found.span.call.usage
    assert usage
    told = (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.reasoning_tokens)
    assert told[:3] == expected[:3]
    assert (told[3] or None) == expected[3]


@pytest.mark.parametrize(
    ("body", "cost"),
    [
        ({"costDetails": {"input": 0.001, "output": 0.002, "total": 0.003}}, 3_000_000),
        ({"usage": {"input": 1, "inputCost": 0.001, "outputCost": 0.002}}, 3_000_000),
        ({"usage": {"input": 1, "totalCost": 0.5}}, 500_000_000),
        ({"costDetails": {"input": 0.0, "output": 0.0, "total": 0.0}}, None),
        ({"usage": {"unit": "CHARACTERS", "input": 1000, "output": 20}}, None),
    ],
)
async def test_costs_that_the_sender_knows(body: dict[str, Any], cost: int | None, tmp_path: Path) -> None:
    event_ = event("generation-create", id="g", traceId="t", model="m", **body)
    (found,) = [d for d in await posted(tmp_path, event_) if d.row.span_id == "g"]
    assert found.row.sender_cost_nanousd == cost
    if "CHARACTERS" in str(body):
        assert found.row.input_tokens is None, "characters are no tokens"


@pytest.mark.parametrize(
    ("type_", "body", "kind"),
    [
        ("span-create", {}, "span"),
        ("event-create", {}, "span"),
        ("generation-create", {}, "llm"),
        ("generation-create", {"model": "text-embedding-3-small"}, "embedding"),
        ("observation-create", {"type": "GENERATION"}, "llm"),
        ("observation-create", {"type": "SPAN"}, "span"),
        ("observation-create", {"type": "RETRIEVER"}, "retriever"),
        ("agent-create", {}, "agent"),
        ("tool-create", {}, "tool"),
        ("chain-create", {}, "chain"),
        ("retriever-create", {}, "retriever"),
        ("embedding-create", {}, "embedding"),
        ("evaluator-create", {}, "evaluator"),
        ("guardrail-create", {}, "guardrail"),
    ],
)
async def test_every_type_of_observation(type_: str, body: dict[str, Any], kind: str, tmp_path: Path) -> None:
    found = await posted(tmp_path, event(type_, id="o", traceId="t", name="n", startTime=T0, **body))
    assert [d.row.kind for d in found if d.row.span_id == "o"] == [kind]


async def test_a_trace_that_is_only_named_is_there_all_the_same(tmp_path: Path) -> None:
    child, root = await posted(
        tmp_path,
        event("generation-create", id="g", traceId="t", name="ask", startTime=T0, endTime=T0),
        event("sdk-log", log="anything"),
    )
    assert (child.row.parent_id, root.row.span_id, root.row.name) == ("t", "t", "ask")
    assert (root.row.kind, root.row.state, root.row.start_ns) == ("chain", "ended", T0_NS)


async def test_a_trace_begins_with_its_first_word_and_ends_with_its_last(tmp_path: Path) -> None:
    (root,) = await posted(
        tmp_path,
        event("trace-create", "2026-01-01T00:00:09Z", id="t", timestamp="2026-01-01T00:00:08Z", output="bye"),
        event("trace-create", id="t", timestamp=T0, name="chat", input="hi", output="later"),
        event("trace-create", "2026-01-01T00:00:10Z", id="t", end_time="2026-01-01T00:00:09Z"),
    )
    assert (root.row.start_ns, root.row.duration_ns) == (T0_NS, 9 * 10**9)
    assert (root.span.content.input_text, root.span.content.output_text) == ("hi", "bye")


async def test_the_later_word_counts_in_whatever_order(tmp_path: Path) -> None:
    found = await posted(
        tmp_path,
        event("generation-update", "2026-01-01T00:00:03Z", id="g", traceId="t", output="second", name="new",
              endTime="2026-01-01T00:00:02.5Z", model="m-2026", completionStartTime="2026-01-01T00:00:01.5Z"),
        event("generation-update", "2026-01-01T00:00:02Z", id="g", traceId="t", output="first",
              metadata={"b": 2}, level="WARNING"),
        event("generation-create", "2026-01-01T00:00:01Z", id="g", traceId="t", parentObservationId="p",
              name="old", startTime="2026-01-01T00:00:01Z", model="m", metadata={"a": 1}),
    )  # fmt: skip
    (generation,) = [d for d in found if d.row.span_id == "g"]
    row, span = generation.row, generation.span
    assert (row.name, row.state, row.duration_ns, row.parent_id) == ("new", "ended", 1_500_000_000, "p")
    assert span.call
    assert (span.call.request_model, span.call.response_model) == ("m", "m-2026")
    assert row.time_to_first_chunk_ns == 500_000_000
    assert span.content.output_messages[0].parts[0].text == "second"
    assert span.context.metadata == {"a": 1, "b": 2}
    assert span.level == "WARNING"


async def test_unknown_fields_are_kept(tmp_path: Path) -> None:
    (found,) = await posted(tmp_path, event("trace-create", id="t", name="n", public=True, novel={"x": [1]}))
    assert found.span.content.attributes["novel"] == {"x": [1]}
    assert found.span.content.resource["telemetry.sdk.name"] == "langfuse"


@pytest.mark.parametrize(
    ("body", "value", "label", "comment"),
    [
        ({"value": 0.4}, 0.4, None, None),
        ({"value": 7}, 7.0, None, None),
        ({"value": 1, "dataType": "BOOLEAN"}, 1.0, None, None),
        ({"value": True}, 1.0, None, None),
        ({"value": "good answer", "dataType": "CATEGORICAL", "comment": "c"}, None, "good answer", "c"),
        ({"value": "x" * 300, "dataType": "TEXT"}, None, None, "x" * 300),
        ({"value": "0.5", "dataType": "NUMERIC"}, 0.5, None, None),
    ],
)
async def test_scores_of_every_type(
    body: dict[str, Any], value: float | None, label: str | None, comment: str | None, tmp_path: Path
) -> None:
    async with client_of(tmp_path / "llmwatch.db") as client:
        sent_score = {"id": "s", "traceId": "t", "name": "n", "timestamp": T0, **body}
        reply = await client.post("/api/public/scores", json=sent_score)
        assert (reply.status_code, reply.json()) == (200, {"id": "s"})
        assert (await client.post("/api/public/scores", json=[sent_score])).status_code == 202
        event_ = event("score-create", id="s", traceId="t", name="n", **body)
        reply = await client.post("/api/public/ingestion", json={"batch": [event_]})
        assert reply.json()["errors"] == []
        kept = (await client.get("/api/public/scores")).json()
    assert kept["meta"]["totalItems"] == 1, "three times the same"
    (row,) = snapshot(tmp_path / "llmwatch.db")["scores"]
    told = dict(zip(Score.__struct_fields__, row, strict=True))
    assert (told["value"], told["label"], told["comment"]) == (value, label, comment)
    assert (told["trace_id"], told["time_ns"]) == ("t", T0_NS)


BAD_EVENTS: list[Any] = [
    None, 7, "x", [], {}, {"id": "e"}, {"id": "e", "type": "trace-create"},
    {"id": "e", "type": "trace-create", "timestamp": T0, "body": []},
    {"id": "e", "type": "flower-create", "timestamp": T0, "body": {"id": "x"}},
    {"id": "e", "type": ["trace-create"], "timestamp": T0, "body": {"id": "x"}},
    {"id": "e", "type": "generation-update", "timestamp": T0, "body": {"id": "x"}},
    {"id": "e", "type": "score-create", "timestamp": T0, "body": {"name": "n"}},
    {"id": "e", "type": "score-create", "timestamp": T0, "body": {"name": "n", "traceId": "t"}},
    {"id": "e", "type": "score-create", "timestamp": T0,
     "body": {"name": "n", "traceId": "t", "value": "high", "dataType": "NUMERIC"}},
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_EVENTS, ids=repr)
async def test_a_bad_event_is_told_and_the_rest_is_stored(bad: Any, tmp_path: Path) -> None:
    async with client_of(tmp_path / "llmwatch.db") as client:
        good = event("trace-create", id="t", name="n")
        reply = await client.post("/api/public/ingestion", json={"batch": [bad, good, bad]})
    assert reply.status_code == 207
    said = reply.json()
    assert said["successes"] == [{"id": good["id"], "status": 201}]
    assert [error["status"] for error in said["errors"]] == [400, 400]
    expected = "e" if isinstance(bad, dict) and bad else "unknown"
    assert {error["id"] for error in said["errors"]} == {expected}
    assert [detail.row.span_id for detail in details(tmp_path / "llmwatch.db")] == ["t"]


ODD_BODIES: list[dict[str, Any]] = [
    {"id": {"x": 1}, "traceId": 5}, {"id": "o", "traceId": "t", "startTime": "yesterday", "endTime": -1},
    {"id": "o", "traceId": "t", "usage": "many", "usageDetails": [1], "costDetails": "0.1"},
    {"id": "o", "traceId": "t", "metadata": "text", "tags": {"a": 1}, "modelParameters": 3, "level": 4},
    {"id": "o", "traceId": "t", "promptVersion": "x" * 9, "model": {"name": "m"}, "output": {}},
    {"id": "o" * 5000, "traceId": "t\0t", "name": "\ud800", "completionStartTime": True},
    {"id": "o", "traceId": "o", "parentObservationId": "o"},
    {"id": "o", "traceId": "t", "modelParameters": {"seed": 10**30, "top_k": "1" * 30}},
]  # fmt: skip


@pytest.mark.parametrize("body", ODD_BODIES, ids=range(len(ODD_BODIES)))
@pytest.mark.parametrize("type_", ["trace-create", "generation-create", "generation-update"])
async def test_odd_bodies_do_no_harm(type_: str, body: dict[str, Any], tmp_path: Path) -> None:
    async with client_of(tmp_path / "llmwatch.db") as client:
        content = json.dumps({"batch": [event(type_, **body)]})
        reply = await client.post("/api/public/ingestion", content=content)
        assert reply.status_code == 207
        assert len(reply.json()["successes"]) + len(reply.json()["errors"]) == 1, "read or told, and stored"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"7", b'{"events": []}', b'{"batch": '])
async def test_what_is_no_batch_is_refused_in_langfuses_words(body: bytes, tmp_path: Path) -> None:
    async with client_of(tmp_path / "llmwatch.db") as client:
        reply = await client.post("/api/public/ingestion", content=body)
    refused(reply, 400, "InvalidRequestError")


async def test_a_list_with_bad_scores_says_how_many(tmp_path: Path) -> None:
    async with client_of(tmp_path / "llmwatch.db") as client:
        good = {"name": "n", "traceId": "t", "value": 1}
        reply = await client.post("/api/public/scores", json=[good, {"name": "n"}, 3])
        assert reply.status_code == 207
        said = reply.json()
        assert (said["accepted"], said["rejected"], len(said["errors"])) == (1, 2, 2)
        refused(await client.post("/api/public/scores", json={"name": "n"}), 400, "InvalidRequestError")
        refused(await client.post("/api/public/scores", content=b"{"), 400, "InvalidRequestError")


async def test_a_wrong_method_is_refused_in_langfuses_words(tmp_path: Path) -> None:
    async with client_of(tmp_path / "llmwatch.db") as client:
        refused(await client.get("/api/public/ingestion"), 405, "MethodNotAllowedError")


def refused(reply: httpx.Response, status: int, error: str) -> None:
    assert reply.status_code == status
    assert reply.json()["error"] == error
    assert reply.json()["message"]
