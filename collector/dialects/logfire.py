"""Logfire and Pydantic AI: scopes ``logfire``, ``logfire.<vendor>``, ``pydantic-ai``.

- A streamed call is two spans: one of the request, which ends before the answer begins, and a log (a span
  without duration) ``streaming response from … took …s``, which has answer, usage and duration. The log is
  the call; the request is a plain step, known by holding no answer.
- Version 1 keeps bodies in ``request_data`` and ``response_data``; Pydantic AI has event lists in ``events``.
- ``gen_ai.usage.raw`` and ``response_data.usage`` are the provider's own, which say what includes what.
- An agent's usage is the sum of its calls', in ``gen_ai.aggregated_usage.*`` since Pydantic AI 1.
- A pending span tells that its parent has begun, while that runs.
- What holds a suspicious word is ``[Scrubbed due to …]`` (values.text).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from llmwatch.collector.dialects.bodies import request_messages, response_messages
from llmwatch.collector.dialects.facts import Dialect, Fact, Facts
from llmwatch.collector.dialects.genai_events import CHOICE, ROLES, event_message
from llmwatch.collector.dialects.messages import input_messages, output_messages
from llmwatch.collector.dialects.readers import definitions, settings
from llmwatch.collector.dialects.times import seconds
from llmwatch.collector.dialects.usage import usage_of_body
from llmwatch.collector.dialects.values import as_json, count, first, mapping, nanousd, parsed, text, texts
from llmwatch.collector.records import RawSpan
from llmwatch.store.span import Message

_STREAMED: Final = "streaming response from"
_NO_PARENT: Final = "0" * 16
_OWN_TAG: Final = "LLM"
_MESSAGES: Final = ("messages", "input", "prompt")

_DETAILS: Final = {
    "details.cache_read_tokens": "cache_read_tokens",
    "details.cache_read_input_tokens": "cache_read_tokens",
    "details.cached_tokens": "cache_read_tokens",
    "details.cache_write_tokens": "cache_write_tokens",
    "details.cache_creation_input_tokens": "cache_write_tokens",
    "details.reasoning_tokens": "reasoning_tokens",
    "details.input_audio_tokens": "input_audio_tokens",
    "details.output_audio_tokens": "output_audio_tokens",
}
_SUMMED: Final = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read.input_tokens": "cache_read_tokens",
    "cache_creation.input_tokens": "cache_write_tokens",
    **_DETAILS,
}
"""What follows ``gen_ai.usage.`` and, for the sum of several calls, ``gen_ai.aggregated_usage.``."""


def _tags(value: Any) -> tuple[str, ...] | None:
    """Tags, without the one that every model call has."""
    return tuple(tag for tag in texts(value) or () if tag != _OWN_TAG) or None


def _messages(value: Any, wanted: Callable[[str], bool]) -> tuple[Message, ...]:
    """The messages of those in a list of events (each has its name under ``event.name``) that are wanted."""
    held = parsed(value)
    found = [
        event_message(item["event.name"], item)
        for item in (held if isinstance(held, list) else [])
        if isinstance(item, dict) and item.get("event.name") in ROLES and wanted(item["event.name"])
    ]
    return tuple([message for message in found if message])


def _before(value: Any) -> tuple[Message, ...] | None:
    """What was said in a list of events, without the answer."""
    return _messages(value, lambda name: name != CHOICE) or None


def _after(value: Any) -> tuple[Message, ...] | None:
    """The answer in a list of events."""
    return _messages(value, lambda name: name == CHOICE) or None


def _conversation(value: Any) -> tuple[Message, ...]:
    return _messages(value, lambda name: True) or input_messages(value) or ()


def _asked(value: Any) -> tuple[Message, ...] | None:
    """A conversation up to its last answer."""
    messages = _conversation(value)
    return (messages[:-1] if messages and messages[-1].role == "assistant" else messages) or None


def _answered(value: Any) -> tuple[Message, ...] | None:
    """The last answer of a conversation that ends with one."""
    messages = _conversation(value)
    return messages[-1:] if messages and messages[-1].role == "assistant" else None


def _meant(raw: RawSpan, facts: Facts) -> RawSpan:
    attributes = raw.attributes
    if "request_data" in attributes:
        _of_request(settings(attributes["request_data"]) or {}, facts)
    if "response_data" in attributes:
        _of_response(mapping(attributes["response_data"]) or {}, facts)
    if facts["call"].get("usage"):
        facts["usage"].clear()
    if "agent_name" in attributes and "operation" not in facts["call"]:
        facts["span"].setdefault("kind", "agent")
    if attributes.get("logfire.span_type") == "pending_span" and raw.parent_id:
        parent = text(attributes.get("logfire.pending_parent_id"))
        return replace(
            raw, span_id=raw.parent_id, parent_id=None if parent == _NO_PARENT else parent, end_ns=None
        )
    if raw.name == attributes.get("logfire.msg_template"):
        facts["span"]["name"] = text(attributes.get("logfire.msg"))
    if raw.name.startswith(_STREAMED):
        facts["call"]["stream"] = True
        taken = seconds(attributes.get("duration")) or 0
        return replace(raw, start_ns=max(raw.start_ns - taken, 0))
    if _opens_a_stream(raw, facts):
        facts["span"]["kind"] = "span"
    return raw


def _of_request(body: Mapping[str, Any], facts: Facts) -> None:
    facts["call"].setdefault("invocation", body)
    if model := text(body.get("model")):
        facts["call"].setdefault("request_model", model)
    if first(body, _MESSAGES) is not None:
        facts["content"].setdefault("old_input_messages", request_messages(body))
    if tools := definitions(body.get("tools")):
        facts["content"].setdefault("tool_definitions", tools)


def _of_response(body: Mapping[str, Any], facts: Facts) -> None:
    if usage := usage_of_body(body.get("usage")):
        facts["call"].setdefault("usage", usage)
    if body.get("message"):
        facts["content"].setdefault("old_output_messages", response_messages(body))
    elif said := text(first(body, ("combined_chunk_content", "text"))):
        facts["content"].setdefault("old_output_messages", output_messages(said))


def _opens_a_stream(raw: RawSpan, facts: Facts) -> bool:
    """Whether a model call has no answer though it did not fail: what came is in the stream's log."""
    if not raw.source.scope_name.startswith("logfire.") or raw.status_code == 2 or raw.end_ns is None:
        return False
    call, content = facts["call"], facts["content"]
    if "request_model" not in call or call.get("operation", "chat") != "chat":
        return False
    answers = (
        call.get("response_id"), call.get("usage"), facts["usage"], content.get("output_messages"),
        content.get("old_output_messages"), raw.attributes.get("response_data"),
    )  # fmt: skip
    return not any(answers)


LOGFIRE: Final = Dialect(
    name="logfire",
    marks=("logfire.span_type", "logfire.msg_template", "pydantic_ai.all_messages", "all_messages_events"),
    scopes=("logfire", "pydantic-ai"),
    amend=_meant,
    facts={
        "operation.cost": Fact("call", "sender_cost_nanousd", nanousd),
        "gen_ai.usage.raw": Fact("call", "usage", usage_of_body),
        **{f"gen_ai.usage.{name}": Fact("usage", to, count) for name, to in _DETAILS.items()},
        **{f"gen_ai.aggregated_usage.{name}": Fact("usage", to, count, 1) for name, to in _SUMMED.items()},
        "logfire.tags": Fact("context", "tags", _tags),
        "events": Fact("content", "input_messages", _before, 1),
        "all_messages_events": Fact("content", "input_messages", _asked, 1),
        "pydantic_ai.all_messages": Fact("content", "input_messages", _asked, 1),
        "final_result": Fact("content", "output_value", as_json),
        "tool_arguments": Fact("tool", "arguments", as_json, 1),
        "tool_response": Fact("tool", "result", as_json, 1),
        "agent_name": Fact("metadata", "agent.name", text, 1),
    },
    also={
        "events": Fact("content", "output_messages", _after, 1),
        "all_messages_events": Fact("content", "output_messages", _answered, 1),
        "pydantic_ai.all_messages": Fact("content", "output_messages", _answered, 1),
    },
)
