"""What the names in Langfuse's event bodies mean: what the later SDKs' attributes mean that say the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.facts import Dialect, Fact, Rules
from llmwatch.collector.dialects.langfuse import LANGFUSE, usage_details
from llmwatch.collector.dialects.plainrecord import snake_names
from llmwatch.collector.dialects.values import first, mapping, nanousd, text
from llmwatch.store.span import Usage

_AS_ATTRIBUTE: Final = {
    "level": "langfuse.observation.level",
    "statusMessage": "langfuse.observation.status_message",
    "status_message": "langfuse.observation.status_message",
    "modelParameters": "langfuse.observation.model.parameters",
    "usageDetails": "langfuse.observation.usage_details",
    "costDetails": "langfuse.observation.cost_details",
    "input": "langfuse.observation.input",
    "output": "langfuse.observation.output",
    "metadata": "langfuse.observation.metadata",
    "promptName": "langfuse.observation.prompt.name",
    "promptVersion": "langfuse.observation.prompt.version",
    "sessionId": "langfuse.session.id",
    "session_id": "langfuse.session.id",
    "userId": "langfuse.user.id",
    "user_id": "langfuse.user.id",
    "tags": "langfuse.trace.tags",
    "environment": "langfuse.environment",
    "release": "langfuse.release",
    "version": "langfuse.version",
    "traceName": "langfuse.trace.name",
}
"""The names in snake case are the wrappers' and decorators', which the API does not document."""


def _usage(value: Any) -> Usage | None:
    """The older ``usage``: ``input`` and ``output`` of some unit, or JavaScript's ``promptTokens``."""
    body = mapping(value)
    if body is None or body.get("unit") not in (None, "TOKENS"):
        return None
    return usage_details(body) or usage_details(snake_names(body))


def _cost(value: Any) -> int | None:
    """The cost in ``usage``; 0 comes with every failed call, whose price no one knows."""
    body: Mapping[str, Any] = mapping(value) or {}
    parts = [nanousd(body.get(name)) for name in ("inputCost", "outputCost")]
    total = nanousd(first(body, ("totalCost",)))
    return (sum(part or 0 for part in parts) if total is None else total) or None


_BODY: Final = Dialect(
    name=LANGFUSE.name,
    facts={
        **{name: LANGFUSE.facts[attribute] for name, attribute in _AS_ATTRIBUTE.items()},
        "usage": Fact("call", "usage", _usage, 1),
        "servedModel": Fact("call", "response_model", text),
        "model": Fact("call", "request_model", text),
    },
    also={
        **{name: LANGFUSE.also[at] for name, at in _AS_ATTRIBUTE.items() if at in LANGFUSE.also},
        "usage": Fact("call", "sender_cost_nanousd", _cost, 1),
    },
)

RULES: Final = Rules([_BODY])
