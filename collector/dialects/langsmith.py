"""LangSmith's attributes on OpenTelemetry spans: ``langsmith.*`` beside those of the GenAI convention.

Its SDK exports runs so (``LANGSMITH_OTEL_ENABLED``), and its documentation asks the same of other tracers. A
LangSmith session is a project; an app's session is metadata by convention.
"""

from __future__ import annotations

from typing import Any, Final

from llmwatch.collector.dialects.facts import Dialect, Fact
from llmwatch.collector.dialects.kinds import kind_of_word
from llmwatch.collector.dialects.readers import dollars, provider
from llmwatch.collector.dialects.usage import usage_of_body
from llmwatch.collector.dialects.values import count, flag, mapping, parsed, storable, text, texts


def _details(names: dict[str, str]) -> Any:
    """A reader of counts in an object, by their names in it."""

    def read(value: Any) -> dict[str, Any] | None:
        body = mapping(value) or {}
        facts = {field: count(body.get(name)) for name, field in names.items()}
        return {field: found for field, found in facts.items() if found is not None} or None

    return read


_INPUT: Final = {
    "cache_read": "cache_read_tokens",
    "cache_creation": "cache_write_tokens",
    "audio": "input_audio_tokens",
}
_OUTPUT: Final = {"reasoning": "reasoning_tokens", "audio": "output_audio_tokens"}

_OWN: Final = "langsmith.metadata."
_METADATA: Final = {
    "session_id": Fact("context", "session_id", text),
    "thread_id": Fact("context", "session_id", text),
    "conversation_id": Fact("context", "session_id", text),
    "user_id": Fact("context", "user_id", text),
    "environment": Fact("context", "environment", text),
    "lc_prompt_name": Fact("context", "prompt_name", text),
    "lc_hub_repo": Fact("context", "prompt_name", text, 1),
    "lc_hub_commit_hash": Fact("context", "prompt_version", text, 1),
    "prompt_version": Fact("context", "prompt_version", text),
    "prompt_template_version": Fact("context", "prompt_version", text),
    "revision_id": Fact("context", "app_version", text, 1),
    "ls_provider": Fact("call", "provider", provider),
    "ls_model_name": Fact("call", "request_model", text, 1),
    "usage_metadata": Fact("call", "usage", usage_of_body, 1),
}

LANGSMITH: Final = Dialect(
    name="langsmith",
    marks=("langsmith.span.kind", "langsmith.trace.name", "langsmith.trace.session_name"),
    facts={
        "langsmith.span.kind": Fact("span", "kind", kind_of_word),
        "langsmith.trace.name": Fact("span", "name", text),
        "langsmith.usage_metadata": Fact("call", "usage", usage_of_body),
        "gen_ai.usage.input_token_details": Fact("usage", "input_details", _details(_INPUT)),
        "gen_ai.usage.output_token_details": Fact("usage", "output_details", _details(_OUTPUT)),
        "langsmith.request.streaming": Fact("call", "stream", flag),
        "langsmith.span.tags": Fact("context", "tags", texts),
        "langsmith.trace.session_id": Fact("context", "session_id", text, 1),
        "langsmith.trace.session_name": Fact("context", "project", text),
        **{f"{_OWN}{name}": fact for name, fact in _METADATA.items()},
    },
    also={"langsmith.usage_metadata": Fact("call", "sender_cost_nanousd", dollars)},
    prefixes={
        f"{_OWN}LANGSMITH_": Fact("metadata", "", lambda value: None),  # the SDK's own settings
        _OWN: Fact("metadata", "", lambda value: storable(parsed(value))),
    },
)
