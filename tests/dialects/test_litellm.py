"""LiteLLM's OpenTelemetry callback."""

from __future__ import annotations

from typing import Any

from llmwatch.collector.records import Source
from llmwatch.store.span import Call, Span, Usage
from tests.dialects.raw import read

CALL = {
    "metadata.user_api_key_alias": "",
    "metadata.user_api_key_end_user_id": "user-7",
    "metadata.applied_guardrails": "[]",
    "metadata.team": "support",
    "gen_ai.request.model": "gpt-4o-mini",
    "llm.request.type": "acompletion",
    "gen_ai.system": "openai",
    "llm.is_streaming": "True",
    "gen_ai.response.id": "chatcmpl-1",
    "litellm.call_id": "d1bc528a",
    "gen_ai.operation.name": "acompletion",
    "gen_ai.response.finish_reasons": '["tool_calls"]',
}


def told(name: str = "litellm_request", status: int = 1, **attributes: Any) -> Span:
    """The span of a call, with these attributes beside."""
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    return read({**CALL, **named}, name=name, status_code=status, source=Source(scope_name="litellm"))


def call_of(**attributes: Any) -> Call:
    call = told(**attributes).call
    assert call
    return call


def test_a_call() -> None:
    span = told()
    assert (span.kind, span.dialect) == ("llm", "litellm")
    assert span.call
    assert (span.call.stream, span.call.finish_reasons) == (True, ("tool_calls",))
    assert span.call.response_id == "chatcmpl-1"
    assert (span.context.user_id, span.context.request_id) == ("user-7", "d1bc528a")
    assert span.context.metadata == {"team": "support"}


def test_its_usage_and_cost() -> None:
    """The cache is told in the usage object only; Anthropic's input includes it there."""
    told_once = (
        "{'completion_tokens': 11, 'prompt_tokens': 2288, 'total_tokens': 2299, 'prompt_tokens_details': "
        "{'cached_tokens': 1024, 'cache_creation_token_details': {'ephemeral_5m_input_tokens': 56, "
        "'ephemeral_1h_input_tokens': 200}}, 'cache_creation_input_tokens': 256, "
        "'cache_read_input_tokens': 1024}"
    )
    call = call_of(metadata__usage_object=told_once, gen_ai__cost__total_cost=0.0044562)
    assert call.sender_cost_nanousd == 4_456_200
    assert call.usage == Usage(
        input_tokens=2288,
        output_tokens=11,
        total_tokens=2299,
        cache_read_tokens=1024,
        cache_write_tokens=256,
        cache_write_1h_tokens=200,
    )
    assert call_of(hidden_params='{"response_cost": 2e-08}').sender_cost_nanousd == 20


def test_a_stream_that_told_no_usage_has_neither_usage_nor_cost() -> None:
    nothing = {"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0, "gen_ai.cost.total_cost": 0.0}
    object_too = {"metadata.usage_object": "{'prompt_tokens': 0, 'completion_tokens': 0, 'total_tokens': 0}"}
    for attributes in (nothing, nothing | object_too):
        call = call_of(**attributes)
        assert (call.usage, call.sender_cost_nanousd) == (None, None)


def test_an_embedding_has_no_output() -> None:
    usage = "{'completion_tokens': 0, 'prompt_tokens': 9, 'total_tokens': 9}"
    span = told(gen_ai__operation__name="aembedding", metadata__usage_object=usage, llm__request__type="")
    assert span.kind == "embedding"
    assert span.call
    assert span.call.usage == Usage(input_tokens=9, total_tokens=9)


def test_tool_calls_come_apart_from_the_message() -> None:
    attributes: dict[str, Any] = {
        "gen_ai.output.messages": '[{"role": "assistant", "parts": [], "finish_reason": "tool_calls"}]',
        "gen_ai.completion.0.function_call.name": "get_weather",
        "gen_ai.completion.0.function_call.arguments": '{"city": "Paris"}',
        "gen_ai.completion.1.function_call.name": "get_time",
        "gen_ai.completion.1.function_call.arguments": "{}",
        "llm.request.functions.0.name": "get_weather",
        "llm.request.functions.0.parameters": '{"type": "object"}',
    }
    span = told(**attributes)
    (message,) = span.content.output_messages
    assert [(part.name, part.arguments) for part in message.parts] == [
        ("get_weather", '{"city": "Paris"}'),
        ("get_time", "{}"),
    ]
    assert span.content.tool_definitions == ({"name": "get_weather", "parameters": {"type": "object"}},)


def test_the_raw_copy_is_shown_and_never_counted() -> None:
    raw = told("raw_gen_ai_request", gen_ai__usage__input_tokens=13, llm__openai__model="gpt-4o-mini")
    assert (raw.kind, raw.call, raw.dialect) == ("span", None, "litellm")
    assert raw.content.attributes["llm.openai.model"] == "gpt-4o-mini"


def test_a_failure_has_no_response() -> None:
    span = told(status=2, gen_ai__response__id="d1bc528a", error__type="InternalServerError")
    assert (span.status, span.error_type) == ("error", "InternalServerError")
    assert span.call
    assert span.call.response_id is None
