"""OpenTelemetry's GenAI convention: every generation of its names and of where messages are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmwatch.collector.records import Source
from llmwatch.store.span import Document, Message, Part, Usage
from tests.dialects.raw import SECOND, START, call_of, event, read, usage_in

HI = (Message(role="user", parts=(Part(type="text", text="hi"),)),)
YES = (Message(role="assistant", parts=(Part(type="text", text="yes"),)),)


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("chat", "llm"),
        ("generate_content", "llm"),
        ("text_completion", "llm"),
        ("completion", "llm"),
        ("llm_call", "llm"),
        ("embeddings", "embedding"),
        ("retrieval", "retriever"),
        ("rerank", "reranker"),
        ("execute_tool", "tool"),
        ("tool_call", "tool"),
        ("create_agent", "agent"),
        ("invoke_agent", "agent"),
        ("agent_step", "agent"),
        ("invoke_workflow", "chain"),
        ("search_memory", "span"),
    ],
)
def test_the_operation_says_the_kind(operation: str, kind: str) -> None:
    span = read({"gen_ai.operation.name": operation})
    assert (span.kind, span.dialect) == (kind, "genai")


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"gen_ai.request.model": "gpt-4o"}, "llm"),
        ({"gen_ai.request.model": "text-embedding-3-small"}, "embedding"),
        ({"gen_ai.tool.name": "search", "gen_ai.request.model": "gpt-4o"}, "tool"),
        ({"gen_ai.operation.name": "chat", "gen_ai.tool.name": "search"}, "llm"),
        ({"gen_ai.retrieval.query.text": "q"}, "retriever"),
        ({"openinference.span.kind": 7, "gen_ai.operation.name": "chat"}, "llm"),
        ({"gen_ai.operation.name": "unheard_of", "gen_ai.request.model": "gpt-4o"}, "llm"),
        ({"http.request.method": "GET"}, "span"),
        ({}, "span"),
    ],
)
def test_without_an_operation_what_is_there_says_the_kind(attributes: dict[str, Any], kind: str) -> None:
    assert read(attributes).kind == kind


@pytest.mark.parametrize(
    ("name", "value", "field", "meaning"),
    [
        ("gen_ai.provider.name", "OpenAI", "provider", "openai"),
        ("gen_ai.system", "Anthropic", "provider", "anthropic"),
        ("gen_ai.system", "openai.chat", "provider", "openai"),
        ("gen_ai.provider.name", "gcp.gemini", "provider", "gcp.gemini"),
        ("gen_ai.provider.name", "azure.ai.openai", "provider", "azure.ai.openai"),
        ("gen_ai.request.model", "openai/GPT-4o", "request_model", "openai/GPT-4o"),
        ("gen_ai.response.model", "gpt-4o-2024-11-20", "response_model", "gpt-4o-2024-11-20"),
        ("gen_ai.response.id", "chatcmpl-1", "response_id", "chatcmpl-1"),
        ("gen_ai.response.finish_reasons", ["stop", "length"], "finish_reasons", ("stop", "length")),
        ("gen_ai.response.finish_reasons", '["stop"]', "finish_reasons", ("stop",)),
        ("gen_ai.response.finish_reason", "stop", "finish_reasons", ("stop",)),
        ("anthropic.message.stop_reason", "end_turn", "finish_reasons", ("end_turn",)),
        ("gen_ai.request.stream", True, "stream", True),
        ("gen_ai.is_streaming", "True", "stream", True),
        ("gen_ai.response.time_to_first_chunk", 0.25, "time_to_first_chunk_ns", 250_000_000),
        ("gen_ai.client.operation.time_to_first_chunk", "0.25", "time_to_first_chunk_ns", 250_000_000),
        ("gen_ai.server.time_to_first_token", 0.25, "time_to_first_chunk_ns", 250_000_000),
        ("gen_ai.streaming.time_to_first_token", 0.25, "time_to_first_chunk_ns", 250_000_000),
        ("gen_ai.response.time_to_first_token", 250_000_000, "time_to_first_chunk_ns", 250_000_000),
        ("gen_ai.refusal", True, "refused", True),
        ("gen_ai.refusal", "false", "refused", False),
        ("gen_ai.refusal", "I cannot do that.", "refused", True),
        ("gen_ai.usage.cost", 0.0246, "sender_cost_nanousd", 24_600_000),
        ("gen_ai.usage.cost", 0, "sender_cost_nanousd", None),  # OpenLIT without its price list
        ("gen_ai.usage.total_cost", 0.5, "sender_cost_nanousd", 500_000_000),
        ("gen_ai.request.temperature", 0.2, "parameters", {"temperature": 0.2}),
        ("gen_ai.request.temperature", "0.2", "parameters", {"temperature": 0.2}),
        ("gen_ai.request.stop_sequences", '["END"]', "parameters", {"stop_sequences": ["END"]}),
        ("gen_ai.request.parallel", "True", "parameters", {"parallel": True}),
        ("gen_ai.request.stop", "the end", "parameters", {"stop": "the end"}),
        ("gen_ai.request.choice.count", 2, "parameters", {"choice.count": 2}),
        ("gen_ai.openai.request.seed", 7, "parameters", {"seed": 7}),
        ("gen_ai.output.type", "json", "parameters", {"output.type": "json"}),
        ("openai.response.service_tier", "flex", "parameters", {"service_tier": "flex"}),
        ("openai.response.service_tier", "default", "parameters", None),
    ],
)
def test_facts_of_a_call(name: str, value: Any, field: str, meaning: Any) -> None:
    assert getattr(call_of({"gen_ai.operation.name": "chat", name: value}), field) == meaning


@pytest.mark.parametrize(
    ("attributes", "field", "meaning"),
    [
        ({"gen_ai.system": "old", "gen_ai.provider.name": "new"}, "provider", "new"),
        ({"gen_ai.provider.name": "", "gen_ai.system": "old"}, "provider", "old"),
        ({"gen_ai.provider.name": "<REDACTED>", "gen_ai.system": "old"}, "provider", "old"),
        ({"gen_ai.usage.prompt_tokens": 1, "gen_ai.usage.input_tokens": 2}, "usage", Usage(input_tokens=2)),
        (
            {"gen_ai.request.stream": False, "gen_ai.server.time_to_first_token": 0.5},
            "time_to_first_chunk_ns",
            None,
        ),
    ],
)
def test_the_newer_name_beats_the_older(attributes: dict[str, Any], field: str, meaning: Any) -> None:
    assert getattr(call_of(attributes), field) == meaning
    assert getattr(call_of(dict(reversed(attributes.items()))), field) == meaning


@pytest.mark.parametrize(
    ("attributes", "usage"),
    [
        (
            {"gen_ai.usage.input_tokens": 72, "gen_ai.usage.output_tokens": "22"},
            Usage(input_tokens=72, output_tokens=22),
        ),
        (
            {
                "gen_ai.usage.prompt_tokens": 72,
                "gen_ai.usage.completion_tokens": 22,
                "llm.usage.total_tokens": 94,
            },
            Usage(input_tokens=72, output_tokens=22, total_tokens=94),
        ),
        (
            {
                "gen_ai.usage.input_tokens": 906,
                "gen_ai.usage.cache_read.input_tokens": 896,
                "gen_ai.usage.reasoning.output_tokens": 64,
                "gen_ai.usage.output_tokens": 82,
            },
            Usage(input_tokens=906, output_tokens=82, cache_read_tokens=896, reasoning_tokens=64),
        ),
        (
            {
                "gen_ai.usage.input_tokens": 1311,
                "gen_ai.usage.cache_read_input_tokens": 1024,
                "gen_ai.usage.cache_creation_input_tokens": 256,
            },
            Usage(input_tokens=1311, cache_read_tokens=1024, cache_write_tokens=256),
        ),
        (
            {
                "gen_ai.usage.input_tokens": 1311,
                "gen_ai.usage.cache_write.input_tokens": 256,
                "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": 56,
                "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 200,
            },
            Usage(input_tokens=1311, cache_write_tokens=256, cache_write_1h_tokens=200),
        ),
        (
            {"gen_ai.usage.input_tokens": 31, "gen_ai.usage.cache_read.input_tokens": 1024},
            Usage(input_tokens=1055, cache_read_tokens=1024),
        ),
        ({"gen_ai.aggregated_usage.input_tokens": 500}, Usage(input_tokens=500)),  # a roll-up, once they come
    ],
)
def test_usage(attributes: dict[str, Any], usage: Usage | None) -> None:
    assert usage_in(attributes) == usage


def _generations() -> dict[str, dict[str, Any]]:
    old_in = json.dumps([{"role": "user", "content": "hi"}])
    schema_in = [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]
    schema_out = [{"role": "assistant", "parts": [{"type": "text", "content": "yes"}]}]
    return {
        "attributes of v1.26": {
            "attributes": {"gen_ai.prompt": old_in, "gen_ai.completion": "yes"},
        },
        "flattened attributes": {
            "attributes": {
                "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "hi",
                "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": "yes",
            },
        },
        "content events of v1.27": {
            "events": (
                event("gen_ai.content.prompt", gen_ai__prompt=old_in),
                event("gen_ai.content.completion", gen_ai__completion="yes"),
            ),
        },
        "message events of v1.28": {
            "events": (
                event("gen_ai.user.message", content="hi"),
                event("gen_ai.choice", index=0, message='{"role": "assistant", "content": "yes"}'),
            ),
        },
        "message events of Azure's SDK": {
            "events": (
                event("gen_ai.user.message", gen_ai__event__content='{"role": "user", "content": "hi"}'),
                event("gen_ai.choice", gen_ai__event__content='{"message": {"content": "yes"}}'),
            ),
        },
        "attributes of v1.37, as JSON": {
            "attributes": {
                "gen_ai.input.messages": json.dumps(schema_in),
                "gen_ai.output.messages": json.dumps(schema_out),
            },
        },
        "attributes of v1.37, structured": {
            "attributes": {"gen_ai.input.messages": schema_in, "gen_ai.output.messages": schema_out},
        },
        "details event on the span": {
            "events": (
                event(
                    "gen_ai.client.inference.operation.details",
                    gen_ai__input__messages=schema_in,
                    gen_ai__output__messages=schema_out,
                ),
            ),
        },
    }  # fmt: skip


@pytest.mark.parametrize("generation", _generations())
def test_messages_of_every_generation(generation: str) -> None:
    fields = _generations()[generation]
    span = read(
        {"gen_ai.operation.name": "chat", **fields.get("attributes", {})}, events=fields.get("events", ())
    )
    assert span.content.input_messages == HI
    assert span.content.output_messages == YES
    assert len(span.content.events) == len(fields.get("events", ()))


def test_whole_messages_beat_flattened_ones_and_those_beat_events() -> None:
    whole = {"gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]'}
    flattened = {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "hi"}
    said = event("gen_ai.user.message", content="something else")
    for attributes in (
        {**whole, "gen_ai.prompt.0.content": "something else"},
        flattened,
        {"gen_ai.prompt": "x", **flattened},
    ):
        span = read({"gen_ai.operation.name": "chat", **attributes}, events=(said,))
        assert span.content.input_messages == HI


def test_flattened_messages_with_gaps_and_tool_calls() -> None:
    # Senders drop attributes past their limit of 128: what is left keeps its order.
    span = read({
        "gen_ai.operation.name": "chat",
        "gen_ai.prompt.10.content": "last",
        "gen_ai.prompt.10.role": "user",
        "gen_ai.prompt.2.role": "assistant",
        "gen_ai.prompt.2.tool_calls.1.id": "c1",
        "gen_ai.prompt.2.tool_calls.1.name": "weather",
        "gen_ai.prompt.2.tool_calls.1.arguments": '{"city": "Pa',
        "gen_ai.prompt.name": "support-answer",
    }, dropped_attributes=12)  # fmt: skip
    call = Part(type="tool_call", id="c1", name="weather", arguments='{"city": "Pa')
    assert span.content.input_messages == (
        Message(role="assistant", parts=(call,)),
        Message(role="user", parts=(Part(type="text", text="last"),)),
    )
    assert span.content.dropped_attributes == 12
    assert span.context.prompt_name == "support-answer"


def test_system_instructions_and_tools() -> None:
    tool = {"type": "function", "name": "weather", "parameters": {"type": "object"}}
    span = read({
        "gen_ai.operation.name": "chat",
        "gen_ai.system_instructions": '[{"type":"text","content":"Be brief."}]',
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]',
        "gen_ai.tool.definitions": json.dumps([tool]),
    })  # fmt: skip
    assert [message.role for message in span.content.input_messages] == ["system", "user"]
    assert span.content.tool_definitions == (tool,)


def test_uploaded_messages_are_where_they_are() -> None:
    span = read({
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages_ref": "s3://bucket/in.json",
        "gen_ai.output.messages_ref": "s3://bucket/out.json",
    })  # fmt: skip
    assert span.content.input_messages == (
        Message(role="user", parts=(Part(type="uri", uri="s3://bucket/in.json"),)),
    )
    assert span.content.output_messages[0].parts[0].uri == "s3://bucket/out.json"


@pytest.mark.parametrize(
    "output",
    [
        [{"role": "assistant", "content": None, "refusal": "I won't."}],
        [{"role": "assistant", "content": [{"type": "refusal", "refusal": "I won't."}]}],
    ],
)
def test_a_refusal_by_the_apis_own_account(output: Any) -> None:
    span = read({"gen_ai.request.model": "gpt-4o", "gen_ai.completion": json.dumps(output)})
    assert span.call and span.call.refused is True
    assert span.content.output_messages[0].parts[0].text == "I won't."


def test_finish_reasons_are_taken_from_messages_when_nothing_else_says_them() -> None:
    output = json.dumps([{"role": "assistant", "parts": [], "finish_reason": "stop"}])
    assert call_of({"gen_ai.output.messages": output, "gen_ai.system": "x"}).finish_reasons == ("stop",)


@pytest.mark.parametrize(
    "name",
    [
        "first_token",
        "First Token Stream Event",
        "gen_ai.content.completion.chunk",
        "llm.content.completion.chunk",
        "ai.stream.firstChunk",
        "mlflow.chunk.item.0",
    ],
)
def test_the_first_chunk_as_an_event(name: str) -> None:
    events = (event(name, 90_000_000), event(name, 60_000_000))
    assert call_of({"gen_ai.request.model": "m"}, events=events).time_to_first_chunk_ns == 60_000_000
    attributes = {"gen_ai.request.model": "m", "gen_ai.response.time_to_first_chunk": 0.05}
    assert call_of(attributes, events=events).time_to_first_chunk_ns == 50_000_000
    assert call_of({"gen_ai.request.model": "m"}, events=(event(name, -5),)).time_to_first_chunk_ns is None


@pytest.mark.parametrize(
    ("code", "attributes", "error"),
    [
        (2, {"error.type": "RateLimitError"}, ("error", "RateLimitError", "429 slow down")),
        (2, {}, ("error", "openai.RateLimitError", "429 slow down")),
        (0, {"error.type": "RateLimitError"}, ("unset", None, None)),  # only code 2 is an error
        (1, {}, ("ok", None, None)),
    ],
)
def test_errors(code: int, attributes: dict[str, Any], error: tuple[Any, ...]) -> None:
    raised = event("exception", exception__type="openai.RateLimitError", exception__message="429 slow down")
    span = read(attributes, status_code=code, status_message="Failed: 429", events=(raised,))
    assert (span.status, span.error_type, span.error_message) == error


def test_an_error_without_an_exception_has_the_statuss_message() -> None:
    span = read({"error.type": "timeout"}, status_code=2, status_message="timed out")
    assert (span.error_type, span.error_message) == ("timeout", "timed out")
    assert read({}, status_code=2).error_message is None


def test_tools() -> None:
    tool = read({
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "weather",
        "gen_ai.tool.call.id": "c1",
        "gen_ai.tool.description": "Current weather",
        "gen_ai.tool.call.arguments": {"city": "Paris"},
        "gen_ai.tool.call.result": "18",
    }).tool  # fmt: skip
    assert tool
    assert (tool.name, tool.call_id, tool.description) == ("weather", "c1", "Current weather")
    assert (tool.arguments, tool.result, tool.success) == ('{"city":"Paris"}', "18", None)
    assert read({"gen_ai.operation.name": "chat", "gen_ai.tool.name": "weather"}).tool is None


def test_retrieval() -> None:
    retrieval = read({
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.query.text": "refund",
        "gen_ai.retrieval.top_k": 3,
        "gen_ai.retrieval.documents": '[{"id": "doc-1", "content": "30 days", "score": 0.9}]',
    }).retrieval  # fmt: skip
    assert retrieval
    assert (retrieval.query, retrieval.top_k, retrieval.document_count) == ("refund", 3, 1)
    assert retrieval.documents == (Document(id="doc-1", content="30 days", score=0.9),)


def test_resource_and_scope() -> None:
    resource = {"service.name": "bot", "service.version": "1.4", "deployment.environment.name": "prod"}
    source = Source(resource=resource, scope_name="openai", scope_version="2")
    span = read({"gen_ai.conversation.id": "s-1", "enduser.id": "u-1"}, source=source)
    context = span.context
    assert (context.service, context.app_version, context.environment) == ("bot", "1.4", "prod")
    assert (context.session_id, context.user_id) == ("s-1", "u-1")
    assert (span.content.scope_name, span.content.scope_version) == ("openai", "2")
    assert span.content.resource == resource


@pytest.mark.parametrize(
    ("resource", "service", "environment"),
    [
        ({"service.name": "unknown_service:python"}, "unknown_service:python", None),
        ({"service.name": "unknown_service", "openinference.project.name": "bot"}, "bot", None),
        ({"service.name": "bot", "openinference.project.name": "p"}, "bot", None),
        ({"deployment.environment": "dev"}, None, "dev"),
        ({}, None, None),
    ],
)
def test_resources(resource: dict[str, Any], service: str | None, environment: str | None) -> None:
    context = read({}, source=Source(resource=resource)).context
    assert (context.service, context.environment) == (service, environment)


def test_a_span_without_an_end_has_started() -> None:
    assert (read({}, end_ns=None).state, read({}).state) == ("started", "ended")


def test_a_span_never_ends_before_it_starts() -> None:
    span = read({}, end_ns=START - SECOND)
    assert span.end_ns == span.start_ns
