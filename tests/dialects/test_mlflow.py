"""MLflow's attributes, JSON-encoded as over OTLP and native as to a tracking server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmwatch.store.span import Usage
from tests.dialects.raw import read

REQUEST = {"messages": [{"role": "user", "content": "Hi"}], "model": "gpt-4o-mini", "temperature": 0.2}
RESPONSE = {
    "id": "chatcmpl-1",
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [{"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1311, "completion_tokens": 7},
}
CALL: dict[str, Any] = {
    "mlflow.spanType": "CHAT_MODEL",
    "mlflow.traceRequestId": "tr-1",
    "mlflow.spanInputs": REQUEST,
    "mlflow.spanOutputs": RESPONSE,
    "mlflow.message.format": "openai",
    "mlflow.chat.tokenUsage": {
        "input_tokens": 1311, "output_tokens": 7, "total_tokens": 1318, "cache_read_input_tokens": 1024,
        "cache_creation_input_tokens": 256,
    },
    "mlflow.llm.cost": {"input_cost": 0.0001, "output_cost": 0.0002, "total_cost": 0.0003},
    "mlflow.chat.tools": [{"type": "function", "function": {"name": "weather"}}],
    "model": "gpt-4o-mini",
    "temperature": 0.2,
    "stream": False,
    "session.id": "s-1",
    "user.id": "u-1",
    "mlflow.traceTag.team": "blue",
    "mlflow.linkedPrompts": [{"name": "support", "version": "3"}],
}  # fmt: skip
ENCODED = {name: json.dumps(value) for name, value in CALL.items()}


@pytest.mark.parametrize("sent", [ENCODED, CALL], ids=["over OTLP", "to a tracking server"])
def test_a_call(sent: dict[str, Any]) -> None:
    span = read(sent)
    assert (span.kind, span.dialect) == ("llm", "mlflow")
    call = span.call
    assert call
    assert (call.provider, call.request_model, call.response_model) == (
        "openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18",
    )  # fmt: skip
    assert (call.response_id, call.finish_reasons, call.stream) == ("chatcmpl-1", ("stop",), False)
    assert call.parameters == {"temperature": 0.2}
    assert call.sender_cost_nanousd == 300_000
    assert call.usage == Usage(
        input_tokens=1311, output_tokens=7, total_tokens=1318, cache_read_tokens=1024, cache_write_tokens=256
    )
    content = span.content
    assert [m.parts[0].text for m in (*content.input_messages, *content.output_messages)] == ["Hi", "Hello"]
    assert content.tool_definitions == ({"type": "function", "function": {"name": "weather"}},)
    assert content.attributes == sent, "as it was sent"
    context = span.context
    assert (context.session_id, context.user_id) == ("s-1", "u-1")
    assert (context.prompt_name, context.prompt_version) == ("support", "3")
    assert context.metadata == {"team": "blue"}


@pytest.mark.parametrize(
    ("span_type", "kind"),
    [
        ("LLM", "llm"), ("EMBEDDING", "embedding"), ("TOOL", "tool"), ("AGENT", "agent"), ("CHAIN", "chain"),
        ("RERANKER", "reranker"), ("PARSER", "chain"), ("UNKNOWN", "span"), ("MEMORY", "span"),
    ],
)  # fmt: skip
def test_kinds(span_type: str, kind: str) -> None:
    assert read({"mlflow.spanType": json.dumps(span_type), "mlflow.spanInputs": '{"a": 1}'}).kind == kind


def test_documents() -> None:
    found = [{"page_content": "Refunds", "metadata": {"source": "a.md"}, "id": "doc-1"}]
    span = read(
        {
            "mlflow.spanType": '"RETRIEVER"',
            "mlflow.spanInputs": '"refund?"',
            "mlflow.spanOutputs": json.dumps(found),
        }
    )
    assert span.retrieval and span.retrieval.query == "refund?"
    assert [(d.id, d.content) for d in span.retrieval.documents] == [("doc-1", "Refunds")]


def test_a_tool_asks_for_no_model() -> None:
    """Attributes without a prefix are parameters of model calls only."""
    span = read(
        {
            "mlflow.spanType": '"TOOL"',
            "mlflow.spanInputs": '{"model": "T"}',
            "mlflow.spanOutputs": '{"id": "7"}',
            "model": '"T"',
        },
        name="find_car",
    )
    assert (span.kind, span.call) == ("tool", None)
    assert span.tool and (span.tool.name, span.tool.arguments) == ("find_car", '{"model": "T"}')


def test_a_framework_is_no_provider() -> None:
    span = read({"mlflow.spanType": '"CHAT_MODEL"', "mlflow.message.format": '"langchain"', "model": '"m"'})
    assert span.call and span.call.provider is None
