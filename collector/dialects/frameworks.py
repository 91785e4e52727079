"""Frameworks with a few attributes beside OpenTelemetry's: Genkit, Google ADK, Laminar, AgentOps, LiveKit."""

from __future__ import annotations

from typing import Any, Final

from llmwatch.collector.dialects.bodies import request_messages, response_messages
from llmwatch.collector.dialects.facts import Dialect, Fact, Facts
from llmwatch.collector.dialects.kinds import kind_of_word
from llmwatch.collector.dialects.messages import input_messages
from llmwatch.collector.dialects.readers import offered_tools
from llmwatch.collector.dialects.usage import usage_of
from llmwatch.collector.dialects.values import as_json, count, flag, mapping, parsed, storable, text, texts
from llmwatch.collector.records import RawSpan
from llmwatch.store.span import Message, Usage

_GENKIT_USAGE: Final = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "totalTokens": "total_tokens",
    "cachedContentTokens": "cache_read_tokens",
    "thoughtsTokens": "reasoning_tokens",
}


def _genkit_usage(value: Any) -> Usage | None:
    """The usage in what a model action returned."""
    body = mapping(value) or {}
    told = body.get("usage")
    if not isinstance(told, dict):
        return None
    facts = {field: count(told.get(name)) for name, field in _GENKIT_USAGE.items()}
    return usage_of({field: found for field, found in facts.items() if found is not None})


def _genkit(raw: RawSpan, facts: Facts) -> RawSpan:
    """An action's name is a model's, and what it returns is an answer, only if it is a model."""
    name = facts["call"].pop("request_model", None)
    if facts["span"].get("kind") == "llm":
        facts["call"]["request_model"] = name
    else:
        facts["call"].pop("usage", None)
        facts["content"].pop("tool_definitions", None)
    return raw


GENKIT: Final = Dialect(
    name="genkit",
    marks=("genkit:name", "genkit:type"),
    amend=_genkit,
    facts={
        "genkit:metadata:subtype": Fact("span", "kind", kind_of_word),
        "genkit:type": Fact("span", "kind", kind_of_word, 1),
        "genkit:name": Fact("call", "request_model", text),
        "genkit:input": Fact("content", "input_value", as_json),
        "genkit:output": Fact("content", "output_value", as_json),
        "genkit:sessionId": Fact("context", "session_id", text),
    },
    also={
        "genkit:input": Fact("content", "tool_definitions", offered_tools),
        "genkit:output": Fact("call", "usage", _genkit_usage),
    },
)


def _adk_answer(value: Any) -> tuple[Message, ...] | None:
    """The model's answer in ADK's ``llm_response``, which is one of Gemini's candidates."""
    body = mapping(value)
    return response_messages({"candidates": [body]}) if body else None


ADK: Final = Dialect(
    name="adk",
    marks=("gcp.vertex.agent.invocation_id", "gcp.vertex.agent.event_id", "gcp.vertex.agent.llm_request"),
    facts={
        "gcp.vertex.agent.session_id": Fact("context", "session_id", text),
        "gcp.vertex.agent.invocation_id": Fact("context", "request_id", text),
        "gcp.vertex.agent.llm_request": Fact("content", "old_input_messages", request_messages),
        "gcp.vertex.agent.llm_response": Fact("content", "old_output_messages", _adk_answer),
        "gcp.vertex.agent.tool_call_args": Fact("tool", "arguments", as_json),
        "gcp.vertex.agent.tool_response": Fact("tool", "result", as_json),
    },
)

_LMNR: Final = "lmnr.association.properties."
LAMINAR: Final = Dialect(
    name="laminar",
    marks=("lmnr.span.type", "lmnr.span.input"),
    facts={
        "lmnr.span.type": Fact("span", "kind", kind_of_word),
        "lmnr.span.input": Fact("content", "input_value", as_json),
        "lmnr.span.output": Fact("content", "output_value", as_json),
        f"{_LMNR}session_id": Fact("context", "session_id", text),
        f"{_LMNR}user_id": Fact("context", "user_id", text),
        f"{_LMNR}tags": Fact("context", "tags", texts),
    },
    prefixes={f"{_LMNR}metadata.": Fact("metadata", "", storable)},
)

AGENTOPS: Final = Dialect(
    name="agentops",
    marks=("agentops.span.kind",),
    facts={
        "agentops.span.kind": Fact("span", "kind", kind_of_word),
        "agentops.entity.input": Fact("content", "input_value", as_json),
        "agentops.entity.output": Fact("content", "output_value", as_json),
        "agentops.tags": Fact("context", "tags", texts),
    },
)


def _livekit_said(value: Any) -> tuple[Message, ...] | None:
    """LiveKit's chat context: an object with a list of items."""
    held = parsed(value)
    return input_messages(held.get("items") if isinstance(held, dict) else held)


def _succeeded(is_error: Any) -> bool | None:
    failed = flag(is_error)
    return None if failed is None else not failed


LIVEKIT: Final = Dialect(
    name="livekit",
    scopes=("livekit-agents",),
    marks=("lk.chat_ctx", "lk.response.text", "lk.function_tool.name"),
    facts={
        "lk.chat_ctx": Fact("content", "old_input_messages", _livekit_said),
        "lk.response.text": Fact("content", "answer", text),
        "lk.response.function_calls": Fact("content", "answer_calls", parsed),
        "lk.function_tool.name": Fact("tool", "name", text),
        "lk.function_tool.id": Fact("tool", "call_id", text),
        "lk.function_tool.arguments": Fact("tool", "arguments", as_json),
        "lk.function_tool.output": Fact("tool", "result", as_json),
        "lk.function_tool.is_error": Fact("tool", "success", _succeeded),
        "lk.user_input": Fact("content", "input_value", as_json),
    },
)
