"""MLflow's tracing over OTLP: ``mlflow.*``.

Every attribute is JSON, texts too, unless the spans go to a tracking server, which gets them as they are. The
inputs and outputs of a call are the provider's own request and response; what was asked for beside messages
is repeated in attributes without a prefix.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.facts import Dialect, Fact
from llmwatch.collector.dialects.kinds import kind_of_word
from llmwatch.collector.dialects.readers import definitions, dollars, entry, offered_tools, provider, setting
from llmwatch.collector.dialects.usage import usage_of
from llmwatch.collector.dialects.values import as_json, count, flag, mapping, parsed, storable, text
from llmwatch.store.span import Usage

_TYPE: Final = "mlflow.spanType"
_ELSEWHERE: Final = frozenset(
    {"messages", "input", "tools", "stream_options", "prompt", "contents", "system"}
)
"""Of the attributes without a prefix, what other attributes have."""
_PROVIDERS: Final = frozenset({"openai", "anthropic", "gemini", "bedrock", "mistral", "groq", "cohere"})
"""Message formats that are a provider's; others are frameworks'."""


def _named(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """``attributes`` out of their JSON; those of a model call without a prefix are ``mlflow.request.*``."""
    held = {name: _unquoted(value) for name, value in attributes.items()}
    if kind_of_word(held.get(_TYPE)) not in ("llm", "embedding"):
        return held
    asked = {name: value for name, value in held.items() if "." not in name and name not in _ELSEWHERE}
    answer = mapping(held.get("mlflow.spanOutputs")) or {}
    told = {f"mlflow.response.{name}": answer[name] for name in ("id", "model") if name in answer}
    return {**held, **{f"mlflow.request.{name}": value for name, value in asked.items()}, **told}


def _unquoted(value: Any) -> Any:
    """The text in a JSON string; numbers, lists and objects in texts are read as such by all readers."""
    return parsed(value) if isinstance(value, str) and value[:1] == '"' else value


def _usage(value: Any) -> Usage | None:
    """``mlflow.chat.tokenUsage``, in which the input includes cached tokens, whatever the provider."""
    body = mapping(value) or {}
    facts = {field: count(body.get(name)) for name, field in _USAGE.items()}
    return usage_of({field: found for field, found in facts.items() if found is not None})


_USAGE: Final = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "total_tokens": "total_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
}


def _provider_of(value: Any) -> str | None:
    name = provider(value)
    return name if name in _PROVIDERS else None


MLFLOW: Final = Dialect(
    name="mlflow",
    marks=(_TYPE, "mlflow.traceRequestId"),
    rename=_named,
    facts={
        _TYPE: Fact("span", "kind", kind_of_word),
        "mlflow.llm.provider": Fact("call", "provider", provider),
        "mlflow.message.format": Fact("call", "provider", _provider_of, 1),
        "mlflow.request.model": Fact("call", "request_model", text),
        "mlflow.llm.model": Fact("call", "request_model", text),
        "mlflow.request.stream": Fact("call", "stream", flag),
        "mlflow.response.id": Fact("call", "response_id", text),
        "mlflow.response.model": Fact("call", "response_model", text),
        "mlflow.chat.tokenUsage": Fact("call", "usage", _usage),
        "mlflow.llm.cost": Fact("call", "sender_cost_nanousd", dollars),
        "mlflow.spanInputs": Fact("content", "input_value", as_json),
        "mlflow.spanOutputs": Fact("content", "output_value", as_json),
        "mlflow.chat.tools": Fact("content", "tool_definitions", definitions),
        "mlflow.trace.session": Fact("context", "session_id", text),
        "mlflow.trace.user": Fact("context", "user_id", text),
        "mlflow.linkedPrompts": Fact("context", "prompt_name", entry("name")),
    },
    also={
        "mlflow.spanInputs": Fact("content", "tool_definitions", offered_tools, 1),
        "mlflow.linkedPrompts": Fact("context", "prompt_version", entry("version")),
    },
    prefixes={
        "mlflow.request.": Fact("parameters", "", setting),
        "mlflow.traceTag.": Fact("metadata", "", storable),
    },
)
