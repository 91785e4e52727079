"""Langfuse's SDKs from version 3 on, over OTLP: ``langfuse.observation.*`` and ``langfuse.trace.*``.

Its span processor puts session, user, tags and metadata of the trace on every span, other
instrumentations' too.
"""

from __future__ import annotations

from typing import Any, Final

from llmwatch.collector.dialects.facts import Dialect, Fact
from llmwatch.collector.dialects.kinds import kind_of_word
from llmwatch.collector.dialects.readers import dollars, offered_tools, remembered, setting, settings
from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.dialects.usage import usage_of, usage_of_body
from llmwatch.collector.dialects.values import as_json, count, mapping, parsed, storable, text, texts
from llmwatch.store.span import JsonObject, Status, Usage

_CACHE: Final = {
    "input_cached_tokens": "cache_read_tokens",
    "input_cache_read": "cache_read_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "input_cache_creation": "cache_write_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
    "input_cache_creation_5m": "cache_write_5m_tokens",
    "input_cache_creation_1h": "cache_write_1h_tokens",
}
_DETAILS: Final = {
    "output_reasoning": "reasoning_tokens",
    "output_reasoning_tokens": "reasoning_tokens",
    "input_audio": "input_audio_tokens",
    "input_audio_tokens": "input_audio_tokens",
    "output_audio": "output_audio_tokens",
    "output_audio_tokens": "output_audio_tokens",
}


def usage_details(value: Any) -> Usage | None:
    """Langfuse's usage: its own usage types, or the provider's usage object as it was.

    Its own types exclude each other: ``input`` is what no other ``input_…`` or cache count has, and
    ``output`` likewise, as its integrations subtract them and its price list adds them up.
    """
    body = parsed(value)
    if not isinstance(body, dict) or body.keys().isdisjoint(("input", "output")):
        return usage_of_body(value)
    facts: dict[str, Any] = {"total_tokens": count(body.get("total"))}
    for name, sent in body.items():
        found = count(sent)
        if found is None:
            continue
        if field := _CACHE.get(name) or _DETAILS.get(name):
            facts[field] = found
        side = name.partition("_")[0]
        if side in ("input", "output") and name not in _CACHE:
            facts[f"{side}_tokens"] = facts.get(f"{side}_tokens", 0) + found
    return usage_of(facts, input_excludes_cache=True)


@remembered
def _parameters(value: Any) -> JsonObject | None:
    """The parameters of a call; one that is not limited is sent as ``"Infinity"`` or ``"inf"``."""
    found = settings(value) or {}
    return {name: setting(item) for name, item in found.items() if item not in ("Infinity", "inf")} or None


def _level(value: Any) -> str | None:
    level = text(value)
    return None if level == "DEFAULT" else level


def _failed(value: Any) -> Status | None:
    return "error" if value == "ERROR" else None


def _held(value: Any) -> Any:
    """A value of metadata, which version 5 encodes as JSON."""
    return storable(parsed(value))


LANGFUSE: Final = Dialect(
    name="langfuse",
    marks=("langfuse.observation.type",),
    facts={
        "langfuse.observation.type": Fact("span", "kind", kind_of_word),
        "langfuse.observation.level": Fact("span", "level", _level),
        "langfuse.observation.status_message": Fact("span", "error_message", text),
        "langfuse.observation.model.name": Fact("call", "response_model", text),
        "langfuse.observation.model.parameters": Fact("call", "invocation", _parameters),
        "langfuse.observation.usage_details": Fact("call", "usage", usage_details),
        "langfuse.observation.cost_details": Fact(
            "call", "sender_cost_nanousd", lambda value: dollars(value) or None
        ),
        "langfuse.observation.completion_start_time": Fact("call", "first_chunk_at_ns", time_ns),
        "langfuse.observation.metadata.finish_reason": Fact(
            "call", "finish_reasons", lambda value: texts(parsed(value))
        ),
        "langfuse.observation.input": Fact("content", "input_value", as_json),
        "langfuse.observation.output": Fact("content", "output_value", as_json),
        "langfuse.trace.input": Fact("content", "input_value", as_json, 1),
        "langfuse.trace.output": Fact("content", "output_value", as_json, 1),
        "langfuse.observation.prompt.name": Fact("context", "prompt_name", text),
        "langfuse.observation.prompt.version": Fact("context", "prompt_version", text),
        "langfuse.prompt.name": Fact("context", "prompt_name", text),
        "langfuse.prompt.version": Fact("context", "prompt_version", text),
        "langfuse.session.id": Fact("context", "session_id", text),
        "langfuse.user.id": Fact("context", "user_id", text),
        "langfuse.environment": Fact("context", "environment", text),
        "langfuse.release": Fact("context", "app_version", text),
        "langfuse.version": Fact("context", "app_version", text),
        "langfuse.trace.name": Fact("context", "feature", text),
        "langfuse.trace.tags": Fact("context", "tags", texts),
        "langfuse.tags": Fact("context", "tags", texts),
        "langfuse.trace.metadata": Fact("context", "metadata", mapping),
        "langfuse.observation.metadata": Fact("context", "metadata", mapping),
    },
    also={
        "langfuse.observation.level": Fact("span", "status", _failed),
        "langfuse.observation.input": Fact("content", "tool_definitions", offered_tools),
    },
    prefixes={
        "langfuse.observation.metadata.": Fact("metadata", "", _held),
        "langfuse.trace.metadata.": Fact("metadata", "", _held, 1),
        "langfuse.metadata.": Fact("metadata", "", _held, 1),
        "langfuse.experiment.": Fact("metadata", "experiment.", _held),
    },
)
"""The model is the one that answered; a failed call has the one that was asked (build.py). Costs of 0 come
with every failed call, whose price no one knows."""
