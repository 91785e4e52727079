"""OpenLLMetry's names, old (0.40) and new (0.62), as its instrumentations send them."""

from __future__ import annotations

from typing import Any

import pytest

from llmwatch.collector.records import Source
from llmwatch.store.span import Document, Part, Usage
from tests.dialects.raw import call_of, event, read

OLD = {
    "llm.request.type": "chat",
    "traceloop.workflow.name": "flow",
    "traceloop.entity.path": "ask",
    "traceloop.association.properties.customer_id": "user-7",
    "traceloop.association.properties.chat_id": "sess-42",
    "traceloop.association.properties.tags": "beta,web",
    "traceloop.association.properties.tenant": "acme",
    "traceloop.prompt.key": "answer",
    "traceloop.prompt.version": 3,
    "traceloop.prompt.template": "Answer {question}",
    "traceloop.prompt.template_variables.question": "why?",
    "gen_ai.system": "OpenAI",
    "gen_ai.request.model": "gpt-4o-mini",
    "llm.headers": "None",
    "llm.is_streaming": False,
    "gen_ai.prompt.0.role": "user",
    "gen_ai.prompt.0.content": "What is the weather in Paris?",
    "gen_ai.prompt.1.role": "assistant",
    "gen_ai.prompt.1.tool_calls.0.id": "call_1",
    "gen_ai.prompt.1.tool_calls.0.name": "get_weather",
    "gen_ai.prompt.1.tool_calls.0.arguments": '{"city": "Paris"}',
    "gen_ai.prompt.2.role": "tool",
    "gen_ai.prompt.2.content": "18 °C",
    "gen_ai.prompt.2.tool_call_id": "call_1",
    "llm.request.functions.0.name": "get_weather",
    "llm.request.functions.0.parameters": '{"type": "object"}',
    "gen_ai.completion.0.finish_reason": "stop",
    "gen_ai.completion.0.role": "assistant",
    "gen_ai.completion.0.content": "It is 18 °C.",
    "llm.usage.total_tokens": 27,
    "gen_ai.usage.prompt_tokens": 20,
    "gen_ai.usage.completion_tokens": 7,
    "gen_ai.usage.cache_read_input_tokens": 0,
}
SCOPE = Source(scope_name="opentelemetry.instrumentation.openai.v1", scope_version="0.40.14")


def test_a_call_of_old() -> None:
    span = read(OLD, source=SCOPE, name="openai.chat")
    assert (span.dialect, span.kind) == ("openllmetry", "llm")
    call, content = span.call, span.content
    assert call
    assert (call.provider, call.request_model, call.stream) == ("openai", "gpt-4o-mini", False)
    assert call.finish_reasons == ("stop",)
    assert call.usage == Usage(input_tokens=20, output_tokens=7, total_tokens=27, cache_read_tokens=0)
    assert [message.role for message in content.input_messages] == ["user", "assistant", "tool"]
    (asked,) = content.input_messages[1].parts
    assert asked == Part(type="tool_call", id="call_1", name="get_weather", arguments='{"city": "Paris"}')
    (answer,) = content.input_messages[2].parts
    assert (answer.type, answer.id, answer.text) == ("tool_call_response", "call_1", "18 °C")
    assert content.output_messages[0].parts == (Part(type="text", text="It is 18 °C."),)
    assert content.tool_definitions == ({"name": "get_weather", "parameters": {"type": "object"}},)


def test_who_asked_and_with_which_prompt() -> None:
    context = read(OLD, source=SCOPE).context
    assert (context.session_id, context.user_id, context.feature) == ("sess-42", "user-7", "flow")
    assert context.tags == ("beta", "web")
    assert context.metadata == {"tenant": "acme"}
    assert (context.prompt_name, context.prompt_version) == ("answer", "3")
    assert context.prompt_template == "Answer {question}"
    assert context.prompt_variables == {"question": "why?"}


@pytest.mark.parametrize("name", ["session_id", "session", "thread_id", "conversation_id", "chat_id"])
def test_names_for_a_session(name: str) -> None:
    assert read({f"traceloop.association.properties.{name}": "s"}).context.session_id == "s"


@pytest.mark.parametrize("name", ["user_id", "user", "customer_id"])
def test_names_for_a_user(name: str) -> None:
    assert read({f"traceloop.association.properties.{name}": "u"}).context.user_id == "u"


@pytest.mark.parametrize(
    ("word", "kind"), [("workflow", "chain"), ("task", "chain"), ("agent", "agent"), ("tool", "tool")]
)
def test_kinds_of_steps(word: str, kind: str) -> None:
    attributes = {
        "traceloop.span.kind": word,
        "traceloop.entity.name": "lookup",
        "traceloop.entity.input": '{"args": ["x"], "kwargs": {}}',
        "traceloop.entity.output": "null",
    }
    span = read(attributes, name=f"lookup.{word}")
    assert (span.kind, span.dialect) == (kind, "openllmetry")
    assert (span.content.input_text, span.content.output_text) == ('{"args": ["x"], "kwargs": {}}', None)
    if span.tool:
        assert (span.tool.name, span.tool.arguments) == ("lookup", '{"args": ["x"], "kwargs": {}}')


@pytest.mark.parametrize(
    ("attributes", "usage"),
    [
        # openllmetry's Anthropic: cached tokens are in the input
        (
            {
                "gen_ai.usage.prompt_tokens": 1311,
                "gen_ai.usage.completion_tokens": 45,
                "gen_ai.usage.cache_read_input_tokens": 1024,
                "gen_ai.usage.cache_creation_input_tokens": 256,
            },
            Usage(input_tokens=1311, output_tokens=45, cache_read_tokens=1024, cache_write_tokens=256),
        ),
        # its messages.stream() of 0.40 counted nothing
        (
            {
                "gen_ai.usage.prompt_tokens": 0,
                "gen_ai.usage.completion_tokens": 0,
                "llm.usage.total_tokens": 0,
                "gen_ai.usage.cache_read_input_tokens": 0,
                "gen_ai.usage.cache_creation_input_tokens": 0,
            },
            None,
        ),
    ],
)
def test_usage_of_anthropic(attributes: dict[str, Any], usage: Usage | None) -> None:
    known = {"gen_ai.system": "Anthropic", "gen_ai.request.model": "claude", "llm.request.type": "completion"}
    assert call_of({**known, **attributes}).usage == usage


def test_the_first_chunk_of_a_stream() -> None:
    chunks = tuple(event("llm.content.completion.chunk", after) for after in (70, 90))
    attributes = {"gen_ai.request.model": "m", "gen_ai.is_streaming": True}
    assert call_of(attributes, events=chunks).time_to_first_chunk_ns == 70


def test_completions_of_its_first_days() -> None:
    attributes = {
        "llm.request.type": "completion",
        "llm.prompts.0.role": "user",
        "llm.prompts.0.content": "Tell me a joke",
        "llm.completions.0.content": "No.",
    }
    span = read(attributes, source=SCOPE)
    assert span.content.input_messages[0].parts[0].text == "Tell me a joke"
    assert span.content.output_messages[0].parts[0].text == "No."
    assert span.content.output_messages[0].role == "assistant"


def test_a_search_in_a_vector_database() -> None:
    found = tuple(
        event(
            "db.query.result",
            place,
            db__query__result__id=f"doc-{place}",
            db__query__result__score=0.9,
            db__query__result__document="text",
        )
        for place in range(2)
    )
    source = Source(scope_name="opentelemetry.instrumentation.chromadb")
    span = read({"db.system": "chroma", "db.vector.query.top_k": 2}, events=found, source=source)
    assert (span.kind, span.dialect) == ("retriever", "openllmetry")
    assert span.retrieval
    assert (span.retrieval.top_k, span.retrieval.document_count) == (2, 2)
    assert span.retrieval.documents[1] == Document(id="doc-1", content="text", score=0.9)


@pytest.mark.parametrize(
    ("scope", "dialect"),
    [
        ("opentelemetry.instrumentation.openai.v1", "openllmetry"),
        ("opentelemetry.instrumentation.anthropic", "openllmetry"),
        ("@traceloop/instrumentation-openai", "openllmetry"),
        ("opentelemetry.instrumentation.openai_v2", "genai"),
        ("opentelemetry.instrumentation.genai.openai", "genai"),
        ("com.anthropic.sdk.python", "anthropic-sdk"),
    ],
)
def test_whose_span_it_is(scope: str, dialect: str) -> None:
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    assert read(attributes, source=Source(scope_name=scope)).dialect == dialect
