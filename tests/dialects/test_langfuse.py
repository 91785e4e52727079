"""Langfuse's attributes by their documentation; a capture of version 5 is in test_captures.py."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmwatch.store.span import Usage
from tests.dialects.raw import SECOND, call_of, read

GENERATION = {"langfuse.observation.type": "generation", "langfuse.observation.model.name": "m"}


@pytest.mark.parametrize(
    ("observation", "kind"),
    [
        ("generation", "llm"), ("embedding", "embedding"), ("retriever", "retriever"), ("tool", "tool"),
        ("agent", "agent"), ("chain", "chain"), ("evaluator", "evaluator"), ("guardrail", "guardrail"),
        ("span", "span"), ("event", "span"),
    ],
)  # fmt: skip
def test_kinds(observation: str, kind: str) -> None:
    span = read({"langfuse.observation.type": observation})
    assert (span.kind, span.dialect) == (kind, "langfuse")


@pytest.mark.parametrize(
    ("details", "usage"),
    [
        ({"input": 9}, Usage(input_tokens=9)),
        (
            {"input": 31, "output": 10, "cache_read_input_tokens": 1024, "cache_creation_input_tokens": 256},
            Usage(
                input_tokens=1311, output_tokens=10, total_tokens=1321, cache_read_tokens=1024,
                cache_write_tokens=256,
            ),
        ),
        (
            {
                "input": 10, "output": 18, "total": 988, "input_cached_tokens": 896,
                "output_reasoning_tokens": 64,
            },
            Usage(
                input_tokens=906, output_tokens=82, total_tokens=988, cache_read_tokens=896,
                reasoning_tokens=64,
            ),
        ),
        (
            {"input": 10, "output": 1, "input_cache_creation_5m": 20, "input_cache_creation_1h": 30},
            Usage(
                input_tokens=60, output_tokens=1, total_tokens=61, cache_write_tokens=50,
                cache_write_1h_tokens=30,
            ),
        ),
        (
            {"input": 10, "output": 1, "input_audio": 5, "output_audio": 4},
            Usage(input_tokens=15, output_tokens=5, input_audio_tokens=5, output_audio_tokens=4),
        ),
        (
            {
                "prompt_tokens": 906, "completion_tokens": 82, "total_tokens": 988,
                "prompt_tokens_details": {"cached_tokens": 896},
                "completion_tokens_details": {"reasoning_tokens": 64},
            },
            Usage(
                input_tokens=906, output_tokens=82, total_tokens=988, cache_read_tokens=896,
                reasoning_tokens=64,
            ),
        ),
        (
            {"input_tokens": 26, "input_tokens_details": {"cached_tokens": 6}, "output_tokens": 7},
            Usage(input_tokens=26, output_tokens=7, cache_read_tokens=6),
        ),
    ],
)  # fmt: skip
def test_usage_in_both_shapes(details: dict[str, Any], usage: Usage) -> None:
    sent = {**GENERATION, "langfuse.observation.usage_details": json.dumps(details)}
    assert call_of(sent).usage == usage


@pytest.mark.parametrize(
    ("costs", "nanousd"),
    [
        ({"input": 0.00012, "output": 0.00018, "total": 0.0003}, 300_000),
        ({"input": 0.00012, "output": 0.00018}, 300_000),
        ({"input": 0, "output": 0, "total": 0}, None),
    ],
)
def test_costs(costs: dict[str, float], nanousd: int | None) -> None:
    sent = {**GENERATION, "langfuse.observation.cost_details": json.dumps(costs)}
    assert call_of(sent).sender_cost_nanousd == nanousd


def test_first_chunk_and_parameters() -> None:
    at = "2026-10-14T17:46:42.500000Z"
    call = call_of(
        {
            **GENERATION,
            "langfuse.observation.completion_start_time": json.dumps(at),
            "langfuse.observation.model.parameters": '{"temperature": 1, "max_tokens": "Infinity"}',
        },
        start_ns=1_792_000_002_000_000_000,
        end_ns=1_792_000_004_000_000_000,
    )
    assert call.time_to_first_chunk_ns == SECOND // 2
    assert call.parameters == {"temperature": 1}
    early = {**GENERATION, "langfuse.observation.completion_start_time": "2020-01-01T00:00:00Z"}
    assert call_of(early).time_to_first_chunk_ns is None, "not before the call"


def test_a_failed_observation() -> None:
    span = read(
        {
            **GENERATION,
            "langfuse.observation.level": "ERROR",
            "langfuse.observation.status_message": "rate limited",
        }
    )
    assert (span.status, span.level, span.error_message) == ("error", "ERROR", "rate limited")
    assert span.call and (span.call.request_model, span.call.response_model) == ("m", None)
    warned = read({**GENERATION, "langfuse.observation.level": "WARNING"})
    assert (warned.status, warned.level) == ("unset", "WARNING")
    assert read({**GENERATION, "langfuse.observation.level": "DEFAULT"}).level is None


def test_input_with_tools() -> None:
    tool = {"type": "function", "function": {"name": "weather"}}
    asked = {"tools": [tool], "messages": [{"role": "user", "content": "Paris?"}]}
    content = read({**GENERATION, "langfuse.observation.input": json.dumps(asked)}).content
    assert content.tool_definitions == (tool,)
    assert [(m.role, m.parts[0].text) for m in content.input_messages] == [("user", "Paris?")]


def test_documents_of_a_retriever() -> None:
    found = json.dumps([{"id": "doc-1", "text": "Refunds", "score": 0.91}])
    span = read(
        {
            "langfuse.observation.type": "retriever",
            "langfuse.observation.input": "refund?",
            "langfuse.observation.output": found,
        }
    )
    assert span.retrieval and span.retrieval.query == "refund?"
    assert [(d.id, d.content, d.score) for d in span.retrieval.documents] == [("doc-1", "Refunds", 0.91)]


def test_context() -> None:
    context = read(
        {
            **GENERATION,
            "langfuse.session.id": "s",
            "langfuse.user.id": "u",
            "langfuse.environment": "staging",
            "langfuse.release": "r7",
            "langfuse.version": "1.4.2",
            "langfuse.trace.name": "rag",
            "langfuse.trace.tags": ["beta"],
            "langfuse.trace.metadata.tenant": '"acme"',
            "langfuse.observation.metadata.step": "answer",
            "langfuse.observation.metadata.nested": '{"a": [1]}',
            "langfuse.observation.prompt.name": "support",
            "langfuse.observation.prompt.version": 3,
            "langfuse.experiment.name": "exp-1",
            "langfuse.experiment.item.id": "item-1",
        }
    ).context
    assert (context.session_id, context.user_id, context.environment) == ("s", "u", "staging")
    assert (context.app_version, context.feature, context.tags) == ("r7", "rag", ("beta",))
    assert (context.prompt_name, context.prompt_version) == ("support", "3")
    assert context.metadata == {
        "tenant": "acme", "step": "answer", "nested": {"a": [1]},
        "experiment.name": "exp-1", "experiment.item.id": "item-1",
    }  # fmt: skip


def test_other_instrumentations_spans_keep_their_dialect() -> None:
    """Langfuse's span processor puts its trace's attributes on them."""
    span = read({"openinference.span.kind": "LLM", "langfuse.trace.name": "rag", "langfuse.version": "2"})
    assert (span.dialect, span.context.feature, span.context.app_version) == ("openinference", "rag", "2")
