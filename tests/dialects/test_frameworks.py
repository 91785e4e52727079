"""Genkit, Google ADK, Laminar, AgentOps and LiveKit by their attributes."""

from __future__ import annotations

import json

from llmwatch.store.span import Message, Span, Usage
from tests.dialects.raw import read


def said(messages: tuple[Message, ...]) -> list[tuple[str, str | None]]:
    return [(message.role, message.parts[0].text) for message in messages]


GENKIT = {
    "genkit:type": "action",
    "genkit:metadata:subtype": "model",
    "genkit:name": "googleai/gemini-2.5-flash",
    "genkit:sessionId": "s",
    "genkit:input": json.dumps({"messages": [{"role": "user", "content": [{"text": "Hi"}]}], "tools": []}),
    "genkit:output": json.dumps(
        {
            "message": {"role": "model", "content": [{"text": "Hello"}]},
            "finishReason": "stop",
            "usage": {"inputTokens": 10, "outputTokens": 3, "totalTokens": 13, "cachedContentTokens": 4},
        }
    ),
}


def test_genkit() -> None:
    span = read(GENKIT)
    assert (span.kind, span.dialect, span.context.session_id) == ("llm", "genkit", "s")
    assert span.call and (span.call.request_model, span.call.finish_reasons) == (
        "googleai/gemini-2.5-flash", ("stop",),
    )  # fmt: skip
    assert span.call.usage == Usage(input_tokens=10, output_tokens=3, total_tokens=13, cache_read_tokens=4)
    assert said(span.content.input_messages) == [("user", "Hi")]
    assert said(span.content.output_messages) == [("model", "Hello")]


def test_a_genkit_flow_is_no_model() -> None:
    flow = read({**GENKIT, "genkit:metadata:subtype": "flow", "genkit:name": "menu"})
    assert (flow.kind, flow.call) == ("chain", None)
    tool = read({"genkit:metadata:subtype": "tool", "genkit:name": "w", "genkit:input": '{"a":1}'}, name="w")
    assert tool.tool and (tool.kind, tool.tool.name, tool.tool.arguments) == ("tool", "w", '{"a":1}')


def test_adk() -> None:
    asked = {"model": "gemini-2.5-flash", "contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    answered = {"content": {"role": "model", "parts": [{"text": "Hello"}]}, "finish_reason": "STOP"}
    span: Span = read(
        {
            "gen_ai.system": "gcp.vertex.agent",
            "gen_ai.request.model": "gemini-2.5-flash",
            "gcp.vertex.agent.invocation_id": "e-1",
            "gcp.vertex.agent.session_id": "s",
            "gcp.vertex.agent.llm_request": json.dumps(asked),
            "gcp.vertex.agent.llm_response": json.dumps(answered),
        },
        name="call_llm",
    )
    assert (span.kind, span.dialect, span.context.session_id) == ("llm", "adk", "s")
    assert said(span.content.input_messages) == [("user", "Hi")]
    assert said(span.content.output_messages) == [("model", "Hello")]
    assert span.call and span.call.finish_reasons == ("STOP",)


def test_laminar() -> None:
    span = read(
        {
            "lmnr.span.type": "LLM",
            "lmnr.span.input": json.dumps([{"role": "user", "content": "Hi"}]),
            "lmnr.association.properties.session_id": "s",
            "lmnr.association.properties.user_id": "u",
            "lmnr.association.properties.metadata.plan": "pro",
        }
    )
    assert (span.kind, span.dialect) == ("llm", "laminar")
    assert said(span.content.input_messages) == [("user", "Hi")]
    context = span.context
    assert (context.session_id, context.user_id, context.metadata) == ("s", "u", {"plan": "pro"})


def test_agentops() -> None:
    span = read({"agentops.span.kind": "agent", "agentops.entity.input": "Hi", "agentops.tags": ["a"]})
    assert (span.kind, span.dialect, span.content.input_text, span.context.tags) == (
        "agent", "agentops", "Hi", ("a",),
    )  # fmt: skip


def test_livekit() -> None:
    context = {"items": [{"type": "message", "role": "user", "content": ["Hi"]}]}
    span = read(
        {
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.operation.name": "chat",
            "lk.chat_ctx": json.dumps(context),
            "lk.response.text": "Hello",
        }
    )
    assert (span.kind, span.dialect) == ("llm", "livekit")
    assert said(span.content.input_messages) == [("user", "Hi")]
    assert said(span.content.output_messages) == [("assistant", "Hello")]
    tool = read({"lk.function_tool.name": "w", "lk.function_tool.is_error": False}).tool
    assert tool and (tool.name, tool.success) == ("w", True)
