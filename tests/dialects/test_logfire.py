"""Logfire's and Pydantic AI's spans, of this version and of earlier ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmwatch.collector.dialects import scores_of
from llmwatch.collector.records import Source
from llmwatch.store.merge import merge
from llmwatch.store.span import Usage
from tests.dialects.raw import SECOND, SPAN, START, TRACE, raw_span, read

OPENAI = Source(scope_name="logfire.openai", scope_version="5.2.0")
AGENTS = Source(scope_name="pydantic-ai")
CALL = {
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "logfire.msg_template": "Chat Completion with {request_data[model]!r}",
    "logfire.msg": "Chat Completion with 'gpt-4o-mini'",
    "logfire.tags": ["LLM", "beta"],
    "logfire.span_type": "span",
}
ANSWER = '[{"role":"assistant","parts":[{"type":"text","content":"Paris."}]}]'


def test_a_call() -> None:
    attributes = {
        **CALL,
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.finish_reasons": '["stop"]',
        "gen_ai.output.messages": ANSWER,
        "operation.cost": 2.4e-05,
        "session_id": "[Scrubbed due to 'session']",
    }
    span = read(attributes, source=OPENAI, name=CALL["logfire.msg_template"])
    assert (span.kind, span.dialect, span.name) == ("llm", "logfire", "Chat Completion with 'gpt-4o-mini'")
    assert span.call
    assert (span.call.finish_reasons, span.call.sender_cost_nanousd) == (("stop",), 24_000)
    assert (span.context.session_id, span.context.tags) == (None, ("beta",))


def test_a_streamed_call_is_its_log_and_not_its_request() -> None:
    request = read(CALL, source=OPENAI)
    template = "streaming response from {request_data[model]!r} took {duration:.2f}s"
    answered = {
        **CALL,
        "logfire.span_type": "log",
        "logfire.msg_template": template,
        "duration": 0.5,
        "gen_ai.output.messages": ANSWER,
        "gen_ai.usage.input_tokens": 13,
        "gen_ai.usage.output_tokens": 7,
    }
    log = read(answered, source=OPENAI, name=template, end_ns=START)
    assert (request.kind, log.kind) == ("span", "llm")
    assert (log.start_ns, log.end_ns) == (START - SECOND // 2, START)
    assert log.call
    assert (log.call.stream, log.call.usage) == (True, Usage(input_tokens=13, output_tokens=7))


@pytest.mark.parametrize("fields", [{"status_code": 2}, {"end_ns": None}])
def test_a_call_that_failed_or_runs_is_a_call(fields: dict[str, Any]) -> None:
    assert read(CALL, source=OPENAI, **fields).kind == "llm"


def test_usage_is_read_as_the_provider_wrote_it() -> None:
    """Logfire's Anthropic once told the input without the cache, later with it; the raw one says which."""
    raw = {
        "input_tokens": 2000,
        "output_tokens": 11,
        "cache_read_input_tokens": 1024,
        "cache_creation_input_tokens": 256,
        "cache_creation": {"ephemeral_5m_input_tokens": 56, "ephemeral_1h_input_tokens": 200},
    }
    whole = Usage(
        input_tokens=3280,
        output_tokens=11,
        total_tokens=3291,
        cache_read_tokens=1024,
        cache_write_tokens=256,
        cache_write_1h_tokens=200,
    )
    for told in (2000, 3280):
        attributes = {**CALL, "gen_ai.usage.input_tokens": told, "gen_ai.usage.raw": json.dumps(raw)}
        call = read(attributes, source=OPENAI).call
        assert call
        assert call.usage == whole
    body = {"message": {"role": "assistant", "content": "hi"}, "usage": raw}
    call = read({**CALL, "response_data": json.dumps(body)}, source=OPENAI).call
    assert call
    assert call.usage == whole


def test_bodies_of_version_one() -> None:
    request = {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "What is the capital of France?"}],
        "temperature": 0.2,
        "tools": [{"type": "function", "function": {"name": "get_weather"}}],
    }
    calls = [{"id": "c1", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}]
    response = {"message": {"role": "assistant", "content": None, "tool_calls": calls}}
    attributes = {"request_data": json.dumps(request), "response_data": json.dumps(response)}
    span = read({**attributes, "logfire.msg_template": "Chat"}, source=OPENAI)
    assert (span.kind, span.dialect) == ("llm", "logfire")
    assert span.call
    assert (span.call.request_model, span.call.parameters) == ("gpt-4o-mini", {"temperature": 0.2})
    assert span.content.input_messages[0].parts[0].text == "What is the capital of France?"
    assert span.content.output_messages[0].parts[0].name == "get_weather"
    assert span.content.tool_definitions == (request["tools"][0],)  # type: ignore[index]


def test_the_chunks_of_a_stream_of_version_one() -> None:
    template = "streaming response from {request_data[model]!r} took {duration:.2f}s"
    body = {"combined_chunk_content": "Paris.", "chunk_count": 2}
    attributes = {"request_data": '{"model":"m","stream":true}', "response_data": json.dumps(body)}
    span = read({**attributes, "duration": "0.1"}, source=OPENAI, name=template)
    assert (span.kind, span.content.output_messages[0].parts[0].text) == ("llm", "Paris.")


def test_a_pending_span_tells_that_its_parent_runs() -> None:
    pending = read(
        {"logfire.span_type": "pending_span", "logfire.pending_parent_id": "0" * 16},
        source=Source(scope_name="logfire"),
        span_id="a" * 16,
        parent_id=SPAN,
        end_ns=START,
    )
    assert (pending.span_id, pending.parent_id, pending.state, pending.end_ns) == (
        SPAN,
        None,
        "started",
        None,
    )
    whole = read({"logfire.span_type": "span"}, source=Source(scope_name="logfire"))
    for records in ([pending, whole], [whole, pending]):
        assert (merge(records).state, merge(records).end_ns) == ("ended", START + SECOND)


def test_feedback_is_about_the_parent() -> None:
    attributes = {
        "logfire.span_type": "annotation",
        "logfire.feedback.name": "user_feedback",
        "user_feedback": 1,
        "logfire.feedback.comment": "helpful",
    }
    (score,) = scores_of(raw_span(attributes, parent_id="b" * 16, span_id="c" * 16))
    assert (score.trace_id, score.span_id) == (TRACE, "b" * 16)
    assert (score.name, score.value, score.comment, score.source) == ("user_feedback", 1.0, "helpful", "user")


AGENT = {"agent_name": "weather_agent", "model_name": "gpt-4o-mini", "final_result": "It is 18 °C."}
EVENTS: list[dict[str, Any]] = [
    {"event.name": "gen_ai.system.message", "role": "system", "content": "Be kind."},
    {"event.name": "gen_ai.user.message", "role": "user", "content": "Weather?", "gen_ai.message.index": 0},
    {"event.name": "gen_ai.assistant.message", "role": "assistant", "content": "It is 18 °C."},
]


@pytest.mark.parametrize(
    "messages",
    [
        {"all_messages_events": json.dumps(EVENTS)},
        {
            "pydantic_ai.all_messages": json.dumps(
                [
                    {"role": event["role"], "parts": [{"type": "text", "content": event["content"]}]}
                    for event in EVENTS
                ]
            )
        },
    ],
)
def test_an_agent_and_its_conversation(messages: dict[str, str]) -> None:
    usage = {"gen_ai.aggregated_usage.input_tokens": 50, "gen_ai.aggregated_usage.output_tokens": 46}
    span = read({**AGENT, **messages, **usage}, source=AGENTS, name="agent run")
    assert (span.kind, span.dialect) == ("agent", "logfire")
    assert [message.role for message in span.content.input_messages] == ["system", "user"]
    assert span.content.output_messages[0].parts[0].text == "It is 18 °C."
    assert span.call
    assert span.call.usage == Usage(input_tokens=50, output_tokens=46)
    assert span.context.metadata["agent.name"] == "weather_agent"


def test_an_agents_result_that_no_message_says() -> None:
    span = read({**AGENT, "final_result": '{"city": "Paris"}'}, source=AGENTS)
    assert span.content.output_text == '{"city": "Paris"}'


def test_events_of_a_call() -> None:
    choice = {"event.name": "gen_ai.choice", "message": {"role": "assistant", "content": "It is 18 °C."}}
    attributes = {**CALL, "events": json.dumps([*EVENTS[:2], choice])}
    content = read(attributes, source=AGENTS).content
    assert [message.role for message in content.input_messages] == ["system", "user"]
    assert content.output_messages[0].parts[0].text == "It is 18 °C."


def test_a_tool_that_ran() -> None:
    attributes = {
        "gen_ai.tool.name": "get_weather",
        "gen_ai.tool.call.id": "call_1",
        "tool_arguments": '{"city":"Paris"}',
        "tool_response": "18 °C",
    }
    span = read(attributes, source=AGENTS, name="running tool")
    assert (span.kind, span.name) == ("tool", "running tool")
    assert span.tool
    assert (span.tool.arguments, span.tool.result, span.tool.call_id) == (
        '{"city":"Paris"}',
        "18 °C",
        "call_1",
    )
