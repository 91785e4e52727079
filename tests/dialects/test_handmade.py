"""Names that people make up, and what any span may say of who asked."""

from __future__ import annotations

from typing import Any

import pytest

from llmwatch.store.span import Document, Message, Part, Usage
from tests.dialects.raw import call_of, read


@pytest.mark.parametrize(
    ("name", "value", "field", "meaning"),
    [
        ("llm.model", "gpt-4o", "request_model", "gpt-4o"),
        ("llm.response.model", "gpt-4o-2024", "response_model", "gpt-4o-2024"),
        ("llm.provider", "OpenAI", "provider", "openai"),
        ("llm.temperature", 0.2, "parameters", {"temperature": 0.2}),
        ("llm.max_tokens", "200", "parameters", {"max_tokens": 200}),
        ("llm.finish_reason", "stop", "finish_reasons", ("stop",)),
        ("llm.streaming", True, "stream", True),
        ("llm.ttft_ms", 59.5, "time_to_first_chunk_ns", 59_500_000),
        ("llm.ttft", 0.25, "time_to_first_chunk_ns", 250_000_000),
        ("llm.cost_usd", 2.4e-05, "sender_cost_nanousd", 24_000),
        ("cache.hit", True, "cache_hit", True),
        ("llm.input_tokens", 72, "usage", Usage(input_tokens=72)),
        ("llm.prompt_tokens", 72, "usage", Usage(input_tokens=72)),
        ("llm.output_tokens", 22, "usage", Usage(output_tokens=22)),
        ("llm.completion_tokens", 22, "usage", Usage(output_tokens=22)),
        ("llm.total_tokens", 94, "usage", Usage(total_tokens=94)),
        ("llm.tokens_used", 94, "usage", Usage(total_tokens=94)),
        ("app.model_version", "gpt-4o-2024-11-20", "response_model", "gpt-4o-2024-11-20"),
    ],
)
def test_facts_of_a_call(name: str, value: Any, field: str, meaning: Any) -> None:
    assert getattr(call_of({"llm.model": "gpt-4o", name: value}), field) == meaning


@pytest.mark.parametrize(
    ("attributes", "name", "kind"),
    [
        ({"llm.model": "gpt-4o"}, "llm.completion", "llm"),
        ({"llm.model": "text-embedding-3-small", "llm.input_tokens": 9}, "step", "embedding"),
        ({"llm.model": "gpt-4o"}, "embedding", "embedding"),
        ({"tool.name": "weather", "tool.arguments": "{}"}, "tool.weather", "tool"),
        ({"retrieval.query": "refund"}, "retrieve", "retriever"),
        ({"llm.model": "gpt-4o", "retrieval.doc_count": 2}, "answer", "llm"),
    ],
)
def test_kinds(attributes: dict[str, Any], name: str, kind: str) -> None:
    span = read(attributes, name=name)
    assert (span.kind, span.dialect) == (kind, "handmade")


@pytest.mark.parametrize(
    ("prompt", "completion"),
    [
        ("llm.prompt", "llm.completion"),
        ("llm.messages", "llm.response"),
        ("llm.prompt_preview", "llm.response_preview"),
    ],
)
def test_messages(prompt: str, completion: str) -> None:
    content = read(
        {"llm.model": "m", prompt: '[{"role": "user", "content": "hi"}]', completion: "yes"}
    ).content
    assert content.input_messages == (Message(role="user", parts=(Part(type="text", text="hi"),)),)
    assert content.output_messages == (Message(role="assistant", parts=(Part(type="text", text="yes"),)),)


def test_a_whole_text_beats_its_preview() -> None:
    content = read({"llm.model": "m", "llm.prompt_preview": "hi th", "llm.prompt": "hi there"}).content
    assert content.input_messages[0].parts[0].text == "hi there"


def test_an_empty_answer_was_not_captured() -> None:
    assert read({"llm.model": "m", "llm.completion": ""}).content.output_messages == ()


def test_a_tool() -> None:
    tool = read({
        "tool.name": "weather",
        "tool.arguments": '{"city": "Pa',
        "tool.result": {"t": 18},
        "tool.success": False,
    }).tool  # fmt: skip
    assert tool
    assert (tool.name, tool.arguments, tool.result, tool.success) == (
        "weather",
        '{"city": "Pa',
        '{"t":18}',
        False,
    )


def test_retrieval() -> None:
    found = read({
        "retrieval.query": "refund",
        "retrieval.top_k": 5,
        "retrieval.count": 2,
        "retrieval.doc_ids": ["doc-1", "doc-2"],
        "retrieval.scores": [0.91],
    }).retrieval  # fmt: skip
    assert found
    assert (found.query, found.top_k, found.document_count) == ("refund", 5, 2)
    assert found.documents == (Document(id="doc-1", score=0.91), Document(id="doc-2"))


def test_an_error() -> None:
    span = read({"llm.model": "m", "llm.error_type": "Timeout", "llm.error": "60 s"}, status_code=2)
    assert (span.error_type, span.error_message) == ("Timeout", "60 s")


@pytest.mark.parametrize(
    ("name", "value", "field", "meaning"),
    [
        ("session.id", "s", "session_id", "s"),
        ("session_id", "s", "session_id", "s"),
        ("conversation_id", "s", "session_id", "s"),
        ("thread_id", "s", "session_id", "s"),
        ("session.id", "[Scrubbed due to 'session']", "session_id", None),
        ("user.id", "u", "user_id", "u"),
        ("enduser.id", 42, "user_id", "42"),
        ("user_id", "u", "user_id", "u"),
        ("gen_ai.request.user", "u", "user_id", "u"),
        ("feature", "search", "feature", "search"),
        ("request_id", "r", "request_id", "r"),
        ("llm.prompt_version", "v3", "prompt_version", "v3"),
        ("app.prompt_template_version", "v3", "prompt_version", "v3"),
        ("prompt_template_version", "v3", "prompt_version", "v3"),
        ("template_id", "support", "prompt_name", "support"),
        ("app.version", "1.4", "app_version", "1.4"),
        ("deployment.environment", "dev", "environment", "dev"),
        ("service.name", "bot", "service", "bot"),
        ("tags", ["beta", "web"], "tags", ("beta", "web")),
        ("tags", "beta,web", "tags", ("beta", "web")),
        ("metadata", {"tenant": "acme"}, "metadata", {"tenant": "acme"}),
        ("metadata.tenant", "acme", "metadata", {"tenant": "acme"}),
        ("retry_count", 2, "retry_count", 2),
        ("http.request.resend_count", 1, "retry_count", 1),
    ],
)
def test_context_of_any_span(name: str, value: Any, field: str, meaning: Any) -> None:
    assert getattr(read({name: value}).context, field) == meaning


def test_what_is_said_of_a_span_beats_its_resource() -> None:
    from llmwatch.collector.records import Source

    resource = {"service.name": "gateway", "deployment.environment": "prod"}
    context = read({"service.name": "bot"}, source=Source(resource=resource)).context
    assert (context.service, context.environment) == ("bot", "prod")


def test_any_span_keeps_everything() -> None:
    attributes = {"http.request.method": "POST", "http.response.status_code": 200, "odd": [1, {"a": None}]}
    span = read(attributes, name="POST")
    assert (span.kind, span.dialect, span.call, span.tool, span.retrieval) == (
        "span",
        "generic",
        None,
        None,
        None,
    )
    assert span.content.attributes == attributes
