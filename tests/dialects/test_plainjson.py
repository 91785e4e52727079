"""Plain JSON as programs post it: every name for every fact, ids, times, outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from llmwatch.collector.dialects.plainjson import spans_and_scores
from llmwatch.errors import IngestError
from llmwatch.store.batch import Batch
from llmwatch.store.span import Document, Message, Part, Span, Usage
from tests.dialects.stored import PIPELINE, snapshot, writing

MOMENT = 1_795_238_094_000_000_000
ISO = "2026-11-21T05:14:54Z"
SECOND = 1_000_000_000


def only(body: Any) -> Span:
    (span,) = spans_and_scores(body)[0]
    return span


def at(span: Any, path: str) -> Any:
    for step in path.split("."):
        span = getattr(span, step)
    return span


HI = (Message(role="user", parts=(Part(type="text", text="hi"),)),)
YES = (Message(role="assistant", parts=(Part(type="text", text="yes"),)),)
CALL = {"model": "gpt-4o"}
TOOL = {"tool_name": "weather"}
SEARCH = {"kind": "retrieval"}

ALIASES: list[tuple[dict[str, Any], str, Any]] = [
    # ids
    ({**CALL, "trace_id": "T", "span_id": "S", "parent_id": "P"}, "trace_id", "t"),
    ({**CALL, "trace_id": "T", "span_id": "S", "parent_id": "P"}, "span_id", "s"),
    ({**CALL, "trace_id": "T", "span_id": "S", "parent_id": "P"}, "parent_id", "p"),
    ({**CALL, "traceId": "T", "spanId": "S", "parentSpanId": "P"}, "parent_id", "p"),
    ({**CALL, "message_id": "M-1"}, "span_id", "m-1"),
    ({**CALL, "run_id": "0199A-B"}, "span_id", "0199a-b"),
    ({**CALL, "request_id": "R-1"}, "span_id", "r-1"),
    ({**CALL, "request_id": "R-1"}, "context.request_id", "R-1"),
    ({**CALL, "request_id": "r", "span_id": "s"}, "span_id", "s"),
    # model
    ({"model": "gpt-4o"}, "call.request_model", "gpt-4o"),
    ({"llm.model": "gpt-4o"}, "call.request_model", "gpt-4o"),
    ({"gen_ai.request.model": "gpt-4o"}, "call.request_model", "gpt-4o"),
    ({"app.model_version": "gpt-4o"}, "call.response_model", "gpt-4o"),
    ({"model_version": "gpt-4o"}, "call.response_model", "gpt-4o"),
    ({"provider": "OpenAI", **CALL}, "call.provider", "openai"),
    # prompt and response
    *[({**CALL, name: "hi"}, "content.input_messages", HI)
      for name in ("prompt", "input", "llm.prompt_preview", "prompt_preview", "messages")],
    *[({**CALL, name: [{"role": "user", "content": "hi"}]}, "content.input_messages", HI)
      for name in ("prompt", "input", "messages")],
    *[({**CALL, name: "yes"}, "content.output_messages", YES)
      for name in ("response", "output", "response_preview")],
    ({**CALL, "system_prompt": "Be brief.", "prompt": "hi"}, "content.input_messages",
     (Message(role="system", parts=(Part(type="text", text="Be brief."),)), *HI)),
    ({"name": "chain", "input": {"q": 1}}, "content.input_text", '{"q":1}'),
    # tokens
    *[({**CALL, name: 13}, "call.usage", Usage(input_tokens=13)) for name in (
        "tokens_input", "input_tokens", "prompt_tokens", "llm.input_tokens", "usage.input",
        "gen_ai.usage.input_tokens")],
    *[({**CALL, name: 7}, "call.usage", Usage(output_tokens=7)) for name in (
        "tokens_output", "output_tokens", "completion_tokens", "llm.output_tokens", "usage.output",
        "gen_ai.usage.output_tokens")],
    *[({**CALL, name: 20}, "call.usage", Usage(total_tokens=20)) for name in (
        "total_tokens", "llm.total_tokens", "llm.tokens_used", "usage.total", "tokens_used")],
    ({**CALL, "usage": {"input": 13, "output": 7, "total": 20}}, "call.usage",
     Usage(input_tokens=13, output_tokens=7, total_tokens=20)),
    ({**CALL, "usage": {"prompt_tokens": 13, "prompt_tokens_details": {"cached_tokens": 5}}},
     "call.usage", Usage(input_tokens=13, cache_read_tokens=5)),
    ({**CALL, "tokens": {"input": 13, "output": 7}}, "call.usage", Usage(input_tokens=13, output_tokens=7)),
    ({**CALL, "llm": {"input_tokens": 13}}, "call.usage", Usage(input_tokens=13)),
    # cost
    *[({**CALL, name: 0.0246}, "call.sender_cost_nanousd", 24_600_000)
      for name in ("cost_usd", "cost", "llm.cost_usd")],
    ({**CALL, "cost": {"input": 0.01, "total": 0.0246}}, "call.sender_cost_nanousd", 24_600_000),
    # outcome
    *[({**CALL, **said}, "status", "error") for said in (
        {"status": "error"}, {"success": False}, {"error": "boom"}, {"level": "ERROR"},
        {"error_type": "Timeout"}, {"error_message": "boom"}, {"status": 500}, {"status_code": 429},
        {"status": {"code": 2}}, {"error": {"message": "boom"}},
    )],
    *[({**CALL, **said}, "status", "ok") for said in (
        {"status": "ok"}, {"success": True}, {"success": True, "error": None}, {"status": "completed"},
        {"status_code": 200})],
    ({**CALL, "level": "WARNING"}, "status", "unset"),
    ({**CALL, "level": "WARNING"}, "level", "WARNING"),
    ({**CALL, "error": "RateLimitError: 429 slow down"}, "error_type", "RateLimitError"),
    ({**CALL, "error": "RateLimitError: 429 slow down"}, "error_message", "RateLimitError: 429 slow down"),
    ({**CALL, "error": {"type": "Timeout", "message": "60 s"}}, "error_type", "Timeout"),
    ({**CALL, "error": {"type": "Timeout", "message": "60 s"}}, "error_message", "60 s"),
    ({**CALL, "success": False, "error_type": "Timeout", "error_message": "60 s"}, "error_type", "Timeout"),
    ({**CALL, "status": "error", "status_message": "60 s"}, "error_message", "60 s"),
    # prompt version
    *[({**CALL, name: "v3"}, "context.prompt_version", "v3") for name in (
        "prompt_version", "prompt_template_version", "template_version", "app.prompt_template_version",
        "Helicone-Property-Prompt-Version")],
    ({**CALL, "template_id": "support", "variables": {"q": 1}}, "context.prompt_name", "support"),
    ({**CALL, "template_id": "support", "variables": {"q": 1}}, "context.prompt_variables", {"q": 1}),
    ({**CALL, "prompt": {"name": "support", "version": 3}}, "context.prompt_version", "3"),
    ({**CALL, "prompt": {"name": "support", "version": 3}}, "context.prompt_name", "support"),
    # user and session
    *[({**CALL, name: "u-1"}, "context.user_id", "u-1")
      for name in ("user_id", "user.id", "Helicone-User-Id", "userId", "user")],
    ({**CALL, "user": {"id": "u-1"}}, "context.user_id", "u-1"),
    *[({**CALL, name: "pro"}, "context.segment", "pro")
      for name in ("segment", "tier", "user.plan", "userSegment", "Helicone-Property-Tier", "plan")],
    ({**CALL, "metadata": {"user_tier": "pro"}}, "context.segment", "pro"),
    ({**CALL, "user": {"id": "u-1", "segment": "pro"}}, "context.segment", "pro"),
    *[({**CALL, name: "s-1"}, "context.session_id", "s-1") for name in (
        "session_id", "session.id", "Helicone-Session-Id", "sessionId", "conversation_id")],
    # retrieval
    ({**SEARCH, "retrieval.query": "refund"}, "retrieval.query", "refund"),
    ({**SEARCH, "query": "refund"}, "retrieval.query", "refund"),
    ({**SEARCH, "retrieval.top_k": 5}, "retrieval.top_k", 5),
    ({**SEARCH, "retrieval": {"top_k": 5}}, "retrieval.top_k", 5),
    *[({**SEARCH, name: 2}, "retrieval.document_count", 2)
      for name in ("retrieval.doc_count", "num_docs", "doc_count")],
    ({**SEARCH, "top_doc_id": "doc-1"}, "retrieval.documents", (Document(id="doc-1"),)),
    ({**SEARCH, "retrieved_context": "30 days"}, "retrieval.documents", (Document(content="30 days"),)),
    ({**SEARCH, "retrieved_context": ["a", {"id": "doc-2", "text": "b"}]}, "retrieval.documents",
     (Document(content="a"), Document(id="doc-2", content="b"))),
    ({**CALL, "prompt": "hi", "retrieved_context": ["a"]}, "kind", "llm"),
    # tools
    (TOOL, "tool.name", "weather"),
    ({**TOOL, "args": {"city": "Paris"}}, "tool.arguments", '{"city":"Paris"}'),
    ({**TOOL, "result": "18"}, "tool.result", "18"),
    ({**TOOL, "success": True}, "tool.success", True),
    ({**TOOL, "success": False, "error": "boom"}, "tool.success", False),
    ({**TOOL, "success": False, "error": "boom"}, "error_message", "boom"),
    # how it ended
    ({**CALL, "finish_reason": "stop"}, "call.finish_reasons", ("stop",)),
    ({**CALL, "gen_ai.response.finish_reason": "stop"}, "call.finish_reasons", ("stop",)),
    ({**CALL, "gen_ai.refusal": True}, "call.refused", True),
    ({**CALL, "cache.hit": True}, "call.cache_hit", True),
    ({**CALL, "cache_hit": True}, "call.cache_hit", True),
    # parameters and streams
    ({**CALL, "temperature": 0.2, "seed": 7}, "call.parameters", {"temperature": 0.2, "seed": 7}),
    ({**CALL, "parameters": {"top_p": 0.9}}, "call.parameters", {"top_p": 0.9}),
    ({**CALL, "ttft_ms": 250}, "call.time_to_first_chunk_ns", 250_000_000),
    ({**CALL, "time_to_first_token": 0.25}, "call.time_to_first_chunk_ns", 250_000_000),
    # who and where
    *[({**CALL, name: "search"}, "context.feature", "search")
      for name in ("feature", "endpoint", "operation_name")],
    ({**CALL, "environment": "prod"}, "context.environment", "prod"),
    ({**CALL, "service": "bot"}, "context.service", "bot"),
    ({**CALL, "app_version": "1.4"}, "context.app_version", "1.4"),
    ({**CALL, "tags": ["a", "b"]}, "context.tags", ("a", "b")),
    ({**CALL, "metadata": {"tenant": "acme"}}, "context.metadata", {"tenant": "acme"}),
    ({**CALL, "Helicone-Property-Tenant": "acme"}, "context.metadata", {"tenant": "acme"}),
    ({**CALL, "retry_count": 2}, "context.retry_count", 2),
    ({"attributes": {"llm.model": "gpt-4o", "llm.input_tokens": 13}}, "call.usage", Usage(input_tokens=13)),
    # kinds and names
    (CALL, "kind", "llm"),
    ({"model": "text-embedding-3-small"}, "kind", "embedding"),
    (TOOL, "kind", "tool"),
    (SEARCH, "kind", "retriever"),
    ({"query": "refund", "num_docs": 2}, "kind", "retriever"),
    ({"event": "llm_request", "prompt_length": 10}, "kind", "llm"),
    ({"event": "function_call", "function": "f"}, "kind", "tool"),
    ({"event": "http_request", "status_code": 200}, "kind", "span"),
    ({"type": "generation"}, "kind", "llm"),
    ({"prompt": "hi", "response": "yes"}, "kind", "llm"),
    ({"name": "step", "tokens_input": 13}, "kind", "llm"),
    ({"name": "step"}, "kind", "span"),
    ({"name": "step"}, "name", "step"),
    ({"operation_name": "answer", **CALL}, "name", "answer"),
    (TOOL, "name", "weather"),
    (CALL, "name", "gpt-4o"),
    (CALL, "dialect", "json"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "path", "meaning"), ALIASES, ids=[f"{path}: {body}" for body, path, _ in ALIASES]
)
def test_every_name_of_every_fact(body: dict[str, Any], path: str, meaning: Any) -> None:
    assert at(only(body), path) == meaning


@pytest.mark.parametrize(
    ("body", "start", "end", "state"),
    [
        ({"start_time": ISO, "end_time": MOMENT / 1e9 + 2}, MOMENT, MOMENT + 2 * SECOND, "ended"),
        ({"start_time": 1_795_238_094, "latency_ms": 1500}, MOMENT, MOMENT + 1_500_000_000, "ended"),
        ({"start_time": ISO, "duration_ms": 1500}, MOMENT, MOMENT + 1_500_000_000, "ended"),
        ({"start_time": ISO, "latency": 1.5}, MOMENT, MOMENT + 1_500_000_000, "ended"),
        ({"start_time": ISO, "latency": 1500}, MOMENT, MOMENT + 1_500_000_000, "ended"),
        ({"timestamp": ISO, "completed_at": "2026-11-21T05:14:55Z"}, MOMENT, MOMENT + SECOND, "ended"),
        ({"end_time": ISO, "latency_ms": 1000}, MOMENT - SECOND, MOMENT, "ended"),
        # a log's timestamp is when it was written: when the call was over
        ({"timestamp": ISO, "latency_ms": 1000}, MOMENT - SECOND, MOMENT, "ended"),
        ({"timestamp": ISO}, MOMENT, None, "ended"),
        ({"timestamp": ISO, "response": "yes"}, MOMENT, None, "ended"),
        ({"start_time": ISO}, MOMENT, None, "started"),
        ({"start_time": ISO, "response": "yes"}, MOMENT, None, "ended"),
        ({"start_time": ISO, "error": "boom"}, MOMENT, None, "ended"),
        ({"start_time": ISO, "end_time": "2026-11-21T05:14:50Z"}, MOMENT, MOMENT, "ended"),
    ],
)
def test_times(body: dict[str, Any], start: int, end: int | None, state: str) -> None:
    span = only({**CALL, **body})
    assert (span.start_ns, span.end_ns, span.state) == (start, end, state)


def test_without_a_time_it_is_now() -> None:
    assert only(CALL).start_ns > MOMENT - 10**18


def test_ids_are_made_from_the_body_so_that_a_repeat_is_the_same() -> None:
    first, again = only({**CALL, "timestamp": ISO}), only({"timestamp": ISO, **CALL})
    other = only({**CALL, "timestamp": "2026-11-21T05:14:55Z"})
    assert (first.trace_id, first.span_id) == (again.trace_id, again.span_id)
    assert first.trace_id != other.trace_id
    assert (len(first.trace_id), len(first.span_id)) == (32, 16)


def test_an_id_without_a_trace_is_a_trace() -> None:
    assert only({**CALL, "message_id": "m-1"}).trace_id == "m-1"


def test_a_trace_brings_its_spans() -> None:
    spans, _ = spans_and_scores({
        "trace_id": "t-1",
        "user_id": "u-1",
        "spans": [
            {"span_id": "a", "name": "rag", "children": [{"span_id": "b", **CALL}]},
            {"span_id": "c", "parent_id": "a", "name": "format"},
        ],
    })  # fmt: skip
    assert [(span.span_id, span.parent_id, span.trace_id) for span in spans] == [
        ("a", None, "t-1"),
        ("b", "a", "t-1"),
        ("c", "a", "t-1"),
    ]
    assert {span.context.user_id for span in spans} == {"u-1"}


def test_events_and_scores_come_along() -> None:
    spans, scores = spans_and_scores({
        **CALL,
        "span_id": "a",
        "start_time": ISO,
        "events": [{"name": "first_token", "timestamp": "2026-11-21T05:14:54.250Z", "attributes": {"n": 1}}],
        "eval.correctness_score": 0.9,
        "eval": {"groundedness": 0.8},
        "user.feedback": "thumbs_up",
    })  # fmt: skip
    assert spans[0].call and spans[0].call.time_to_first_chunk_ns == 250_000_000
    assert spans[0].content.events[0].attributes == {"n": 1}
    assert {(score.name, score.value) for score in scores} == {
        ("correctness_score", 0.9),
        ("groundedness", 0.8),
        ("user_feedback", 1.0),
    }
    assert {score.span_id for score in scores} == {"a"}


def test_everything_posted_is_kept() -> None:
    kept = only({**CALL, "custom": {"deep": [1]}, "attributes": {"more": True}}).content.attributes
    assert kept["custom"] == {"deep": [1]}
    assert kept["more"] is True


@pytest.mark.parametrize("body", [None, "text", 7, [], {}, {"spans": ["text"]}])
def test_what_is_no_span(body: Any) -> None:
    with pytest.raises(IngestError, match="a span is a JSON object") as caught:
        spans_and_scores(body)
    assert caught.value.hint


def test_a_log_line_without_a_duration_counts(tmp_path: Path) -> None:
    line = {**CALL, "timestamp": ISO, "response": "yes", "usage": {"input": 3, "output": 4}}
    database = tmp_path / "llmwatch.db"
    with writing(database) as writer:
        writer.submit(Batch(spans=[PIPELINE.finish(only(line), 0)])).result(timeout=10)
    (total,) = snapshot(database)["totals"]
    assert (total["success"], total["input_tokens"], total["duration_sum_ns"]) == (1, 3, 0)
