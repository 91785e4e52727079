"""What the names in Braintrust's rows mean. Objects are flattened: ``metrics.start``, ``metadata.model``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.facts import Dialect, Fact, Rules
from llmwatch.collector.dialects.generic import context_facts
from llmwatch.collector.dialects.plainjson import PARAMETERS
from llmwatch.collector.dialects.readers import definitions, provider, setting
from llmwatch.collector.dialects.times import seconds
from llmwatch.collector.dialects.values import as_json, count, flag, mapping, nanousd, storable, text, texts
from llmwatch.store.span import Kind

_KINDS: Final[dict[str, Kind]] = {
    "llm": "llm", "tool": "tool", "score": "evaluator", "classifier": "evaluator", "function": "chain",
    "task": "chain", "eval": "chain", "facet": "chain", "preprocessor": "chain", "automation": "chain",
}  # fmt: skip
"""Of span_attributes.type (braintrust.span_types.SpanTypeAttribute)."""

_USAGE: Final = {
    "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "tokens": "total_tokens",
    "prompt_cached_tokens": "cache_read_tokens",
    "prompt_cache_creation_tokens": "cache_write_tokens",
    "prompt_cache_creation_5m_tokens": "cache_write_5m_tokens",
    "prompt_cache_creation_1h_tokens": "cache_write_1h_tokens",
    "completion_reasoning_tokens": "reasoning_tokens",
    "prompt_audio_tokens": "input_audio_tokens",
    "completion_audio_tokens": "output_audio_tokens",
}
"""Of metrics. The SDK's wrappers add Anthropic's cached tokens to prompt_tokens."""


def _kind(value: Any) -> Kind | None:
    return _KINDS.get(value) if isinstance(value, str) else None


_FACTS: Final[Mapping[str, Fact]] = {
    "span_attributes.type": Fact("span", "kind", _kind),
    "metadata.model": Fact("call", "request_model", text),
    "metadata.provider": Fact("call", "provider", provider),
    "metadata.stream": Fact("call", "stream", flag),
    "metadata.tools": Fact("content", "tool_definitions", definitions),
    "metrics.time_to_first_token": Fact("call", "time_to_first_chunk_ns", seconds),
    "metrics.estimated_cost": Fact("call", "sender_cost_nanousd", nanousd),
    "metrics.retries": Fact("context", "retry_count", count),
    **{f"metrics.{name}": Fact("usage", field, count) for name, field in _USAGE.items()},
    **{f"metadata.{name}": Fact("parameters", name, setting) for name in PARAMETERS},
    "input": Fact("content", "input_value", as_json),
    "output": Fact("content", "output_value", as_json),
    "tags": Fact("context", "tags", texts),
    "id": Fact("context", "request_id", text),
    "metadata.prompt.key": Fact("context", "prompt_name", text),
    "metadata.prompt.version": Fact("context", "prompt_version", text),
    "metadata.prompt.variables": Fact("context", "prompt_variables", mapping),
    **context_facts("metadata."),
}
# Scores and comments name a row by its id, which is not the span's: so it is the span's request id.

RULES: Final = Rules(
    [
        Dialect(
            name="braintrust",
            facts=_FACTS,
            prefixes={"metadata.": Fact("metadata", "", storable)},
        )
    ]
)
