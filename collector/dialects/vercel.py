"""Vercel's AI SDK (v3.3 to v6): scope ``ai``, attributes ``ai.*``.

A function that the app calls (``ai.generateText``) is a span around one span for each provider call
(``ai.generateText.doGenerate``), which has OpenTelemetry's names too. The usage of the outer one is the sum
of its calls, so it is a chain and never a call of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.bodies import request_messages
from llmwatch.collector.dialects.documents import documents
from llmwatch.collector.dialects.facts import Dialect, Fact
from llmwatch.collector.dialects.messages import input_messages
from llmwatch.collector.dialects.readers import definitions, entry, lines, provider, setting
from llmwatch.collector.dialects.times import milliseconds
from llmwatch.collector.dialects.values import as_json, count, first, mapping, parsed, storable, text, texts
from llmwatch.store.span import Kind

_STEPS: Final[dict[str, Kind]] = {
    "doGenerate": "llm", "doStream": "llm",
    "doEmbed": "embedding", "embed": "embedding", "embedMany": "embedding",
    "doRerank": "reranker", "toolCall": "tool",
}  # fmt: skip


def _step(value: Any) -> str:
    """The last word of an ``ai.operationId``: ``doGenerate``, ``toolCall``, ``generateText``."""
    return (text(value) or "").rpartition(".")[2]


def _kind(value: Any) -> Kind | None:
    step = _step(value)
    return _STEPS.get(step, "chain") if step else None


def _streamed(value: Any) -> bool | None:
    return "stream" in _step(value).lower() or None


def _reasons(value: Any) -> tuple[str, ...] | None:
    """Finish reasons; the SDK writes ``tool-calls`` where everybody else has ``tool_calls``."""
    found = texts(value)
    return tuple([reason.replace("-", "_") for reason in found]) if found else None


def _cache(value: Any) -> dict[str, Any] | None:
    """The cache counts in the provider's own metadata: SDKs before v6 have the reads at best elsewhere.

    Anthropic and Bedrock count cached tokens apart from the input, which those SDKs pass on as it is; from
    v6 on the input includes them, as ``inputTokenDetails`` says.
    """
    if isinstance(value, str) and not any(word in value for word in _TELLING):  # 5 µs to read in vain
        return None
    told = mapping(value) or {}
    apart = {**_within(told, "anthropic"), **_within(told, "bedrock")}
    usage = {**apart, **_within(apart, "usage")}
    split = _within(usage, "cache_creation")
    read = first(usage, ("cache_read_input_tokens", "cacheReadInputTokens"))
    facts = {
        "cache_read_tokens": count(
            _within(told, "openai").get("cachedPromptTokens") if read is None else read
        ),
        "cache_write_tokens": count(
            first(usage, ("cache_creation_input_tokens", "cacheCreationInputTokens", "cacheWriteInputTokens"))
        ),
        "cache_write_5m_tokens": count(split.get("ephemeral_5m_input_tokens")),
        "cache_write_1h_tokens": count(split.get("ephemeral_1h_input_tokens")),
        "input_excludes_cache": True if apart else None,
    }
    return {field: found for field, found in facts.items() if found is not None} or None


_TELLING: Final = ("anthropic", "bedrock", "cachedPromptTokens")
"""Metadata without any of these words says nothing of the cache."""


def _within(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = item.get(name)
    return found if isinstance(found, dict) else {}


_CALL: Final = {
    "ai.operationId": Fact("span", "kind", _kind),
    "ai.model.provider": Fact("call", "provider", provider),
    "ai.model.id": Fact("call", "request_model", text),
    "ai.response.model": Fact("call", "response_model", text),
    "ai.response.id": Fact("call", "response_id", text),
    "ai.response.finishReason": Fact("call", "finish_reasons", _reasons),
    "ai.finishReason": Fact("call", "finish_reasons", _reasons),
    "ai.response.msToFirstChunk": Fact("call", "time_to_first_chunk_ns", milliseconds),
    "ai.stream.msToFirstChunk": Fact("call", "time_to_first_chunk_ns", milliseconds),
}

_USAGE: Final = {
    "ai.usage.inputTokens": "input_tokens",
    "ai.usage.promptTokens": "input_tokens",
    "ai.usage.tokens": "input_tokens",
    "ai.usage.outputTokens": "output_tokens",
    "ai.usage.completionTokens": "output_tokens",
    "ai.usage.totalTokens": "total_tokens",
    "ai.usage.inputTokenDetails.cacheReadTokens": "cache_read_tokens",
    "ai.usage.cachedInputTokens": "cache_read_tokens",
    "ai.usage.inputTokenDetails.cacheWriteTokens": "cache_write_tokens",
    "ai.usage.outputTokenDetails.reasoningTokens": "reasoning_tokens",
    "ai.usage.reasoningTokens": "reasoning_tokens",
}

_PARAMETERS: Final = {
    "temperature": "temperature",
    "maxOutputTokens": "max_tokens",
    "maxTokens": "max_tokens",
    "topP": "top_p",
    "topK": "top_k",
    "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty",
    "stopSequences": "stop_sequences",
    "seed": "seed",
}
"""Settings that reach the model; the others (``maxRetries``) are the SDK's own."""

_CONTENT: Final = {
    "ai.prompt.messages": Fact("content", "input_messages", input_messages),
    "ai.prompt": Fact("content", "old_input_messages", request_messages),
    "ai.value": Fact("content", "input_value", lines),
    "ai.values": Fact("content", "input_value", lines),
    "ai.response.text": Fact("content", "answer", text),
    "ai.result.text": Fact("content", "answer", text),
    "ai.response.object": Fact("content", "answer", as_json),
    "ai.result.object": Fact("content", "answer", as_json),
    "ai.response.reasoning": Fact("content", "answer_reasoning", text),
    "ai.response.toolCalls": Fact("content", "answer_calls", parsed),
    "ai.result.toolCalls": Fact("content", "answer_calls", parsed),
    "ai.prompt.tools": Fact("content", "tool_definitions", definitions),
    "ai.toolCall.name": Fact("tool", "name", text),
    "ai.toolCall.id": Fact("tool", "call_id", text),
    "ai.toolCall.args": Fact("tool", "arguments", as_json),
    "ai.toolCall.result": Fact("tool", "result", as_json),
    "ai.documents": Fact("retrieval", "documents", documents),
}

_METADATA: Final = {
    "session_id": ("sessionId", "session_id", "threadId", "thread_id", "conversationId", "chatId"),
    "user_id": ("userId", "user_id"),
    "request_id": ("requestId", "request_id"),
    "prompt_name": ("promptName", "prompt_name"),
    "prompt_version": ("promptVersion", "prompt_version"),
    "environment": ("environment",),
    "app_version": ("release", "appVersion", "app_version"),
}
"""What apps call these things in the metadata, which has no fixed names."""
_OWN: Final = "ai.telemetry.metadata."

VERCEL: Final = Dialect(
    name="vercel",
    marks=("ai.operationId", "ai.model.id"),
    facts={
        **_CALL,
        **{name: Fact("usage", field, count) for name, field in _USAGE.items()},
        "ai.response.providerMetadata": Fact("usage", "details", _cache),
        "ai.usage.inputTokenDetails.noCacheTokens": Fact(
            "usage", "input_excludes_cache", lambda value: False if count(value) is not None else None
        ),
        **{f"ai.settings.{name}": Fact("parameters", field, setting) for name, field in _PARAMETERS.items()},
        "ai.prompt.toolChoice": Fact("parameters", "tool_choice", setting),
        **_CONTENT,
        "ai.telemetry.functionId": Fact("context", "feature", text),
        **{
            f"{_OWN}{name}": Fact("context", field, text)
            for field, names in _METADATA.items()
            for name in names
        },
        f"{_OWN}tags": Fact("context", "tags", texts),
        f"{_OWN}langfusePrompt": Fact("context", "prompt_name", entry("name")),
    },
    also={
        "ai.operationId": Fact("call", "stream", _streamed),
        f"{_OWN}langfusePrompt": Fact("context", "prompt_version", entry("version")),
    },
    prefixes={
        _OWN: Fact("metadata", "", storable),
        "ai.settings.runtimeContext.": Fact("metadata", "", storable),
        "ai.settings.context.": Fact("metadata", "", storable),
    },
)
