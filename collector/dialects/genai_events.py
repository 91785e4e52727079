"""GenAI messages in events: the same names and bodies come as events of a span and as log records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.messages import message
from llmwatch.collector.dialects.values import parsed
from llmwatch.store.span import Message

CHOICE: Final = "gen_ai.choice"
DETAILS: Final = "gen_ai.client.inference.operation.details"
PROMPT: Final = "gen_ai.content.prompt"
COMPLETION: Final = "gen_ai.content.completion"
EVALUATION: Final = "gen_ai.evaluation.result"
EXCEPTION: Final = "gen_ai.client.operation.exception"

ROLES: Final = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
    CHOICE: "assistant",
}
"""Events that carry one message each, and who says it."""


def event_message(name: str, body: Mapping[str, Any]) -> Message | None:
    """The message in the body of an event called ``name``, None when nothing of it was captured."""
    if "gen_ai.event.content" in body:  # Azure's inference SDK
        return event_message(name, {"content": None, **_mapping(body["gen_ai.event.content"])})
    said = {key: value for key, value in body.items() if value is not None}
    if "message" in said:
        inner = parsed(said["message"])
        said["message"] = inner if isinstance(inner, dict) else {"content": inner}
    if name == "gen_ai.tool.message":
        said.setdefault("tool_call_id", said.pop("id", None))
    found = message({"role": ROLES[name], **said}, ROLES[name])
    return found if found and (found.parts or found.finish_reason) else None


def _mapping(value: Any) -> Mapping[str, Any]:
    found = parsed(value)
    return found if isinstance(found, dict) else {"content": found}
