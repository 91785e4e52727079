"""Messages in any shape: OpenTelemetry's, OpenAI's, Anthropic's, Gemini's, LangChain's, plain text.

Rebuilt flattened messages (flattened.py) have OpenInference's shape, which is read here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.langchain import openai_message
from llmwatch.collector.dialects.parts import REFUSAL, parts, tool_calls, tool_response
from llmwatch.collector.dialects.schema import schema_messages
from llmwatch.collector.dialects.values import clean, first, parsed, text
from llmwatch.store.span import Message, Part

_ITEM_ROLES: Final = {
    "function_call": "assistant", "custom_tool_call": "assistant", "mcp_call": "assistant",
    "reasoning": "assistant", "function_call_output": "tool", "custom_tool_call_output": "tool",
    "tool_use": "assistant", "tool_result": "tool",
}  # fmt: skip
"""Who says an item of OpenAI's responses API, which is no message."""

_SYSTEM: Final = ("system", "developer")
_BESIDE_CONTENT: Final = frozenset({
    "tool_call_id", "toolCallId", "reasoning_content", "reasoning", "refusal", "tool_calls", "function_call",
})  # fmt: skip
_SPOKEN: Final = frozenset({"role", "content"})
_SPEAKERS: Final = frozenset({"system", "developer", "user", "assistant"})


def input_messages(value: Any) -> tuple[Message, ...] | None:
    """What was said to the model: a list of messages, one message, or text, which the user said."""
    return _messages(value, "user")


def output_messages(value: Any) -> tuple[Message, ...] | None:
    """What the model said: a list of messages, one message, or text."""
    return _messages(value, "assistant")


def input_reference(value: Any) -> tuple[Message, ...] | None:
    """Messages that were uploaded elsewhere: where they are, never fetched."""
    return _reference(value, "user")


def output_reference(value: Any) -> tuple[Message, ...] | None:
    """As `input_reference`, for what the model said."""
    return _reference(value, "assistant")


def system_message(value: Any) -> Message | None:
    """System instructions: text, or a list of parts."""
    found = parts(parsed(value))
    return Message(role="system", parts=found) if found else None


def with_system(system: Message | None, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """``messages`` after ``system``, unless they have instructions of their own (OpenLIT sends both)."""
    if system is None or any(message.role in _SYSTEM for message in messages):
        return messages
    return (system, *messages)


def message(item: Any, role: str) -> Message | None:
    """One message of any shape; ``role`` is who says it when it does not say."""
    if not isinstance(item, dict):
        found = parts(item)
        return Message(role=role, parts=found) if found else None
    if "role" not in item and "message" not in item:
        item = openai_message(item) or item
    if item.keys() == _SPOKEN and (said := _plainly_said(item)) is not None:
        return said
    listed = item.get("parts")
    if isinstance(listed, list) and "role" in item:  # OpenTelemetry's shape: all is in the parts
        found = parts(listed)
    elif isinstance(inner := item.get("message"), dict):  # OpenInference's rebuilt keys, OpenAI's choices
        reason = clean(inner.get("finish_reason")) or clean(item.get("finish_reason"))
        return message({**inner, "finish_reason": reason} if reason else inner, role)
    else:
        found = _content(item)
        if not found and "role" not in item:
            return None
    return Message(
        role=_role(item, role),
        parts=found,
        name=clean(item["name"]) if "name" in item and "role" in item else None,
        finish_reason=clean(item["finish_reason"]) if "finish_reason" in item else None,
    )


def _plainly_said(item: Mapping[str, Any]) -> Message | None:
    """A message that is a role and a text, as most are: 1 µs instead of 3. None when there is more to it."""
    role, said = item["role"], item["content"]
    if role.__class__ is not str or role not in _SPEAKERS or said.__class__ is not str or said[:1] == "[":
        return None
    found = clean(said)
    return Message(role=role, parts=(Part(type="text", text=found),) if found else ())


def _reference(value: Any, role: str) -> tuple[Message, ...] | None:
    uri = text(value)
    return (Message(role=role, parts=(Part(type="uri", uri=uri),)),) if uri else None


def _messages(value: Any, role: str) -> tuple[Message, ...] | None:
    if isinstance(value, str) and (decoded := schema_messages(value)):
        return decoded
    held = parsed(value)
    items = held if isinstance(held, list) else [held]
    if items and all(isinstance(item, list) for item in items):  # LangChain: a list for each prompt
        items = [message for batch in items for message in batch]
    if isinstance(value, str):
        for item in items:
            if not _is_message(item):
                items = [value]  # an answer may be JSON and still be text
                break
    return tuple([found for item in items if (found := message(item, role))]) or None


def _is_message(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    named = "role" in item or "parts" in item or "message" in item or str(item.get("type")) in _ITEM_ROLES
    return named or openai_message(item) is not None


def _role(item: Mapping[str, Any], role: str) -> str:
    named = item.get("role")
    if isinstance(named, str) and named:
        return named.lower()
    return _ITEM_ROLES.get(str(item.get("type")), role)


def _content(item: Mapping[str, Any]) -> tuple[Part, ...]:
    if str(item.get("type")) in _ITEM_ROLES:
        return parts(item)
    content = _parsed_parts(first(item, ("content", "contents", "parts", "text")))
    answers = item.get("role") in ("tool", "function")
    if not answers and item.keys().isdisjoint(_BESIDE_CONTENT):
        return parts(content)
    answered = first(item, ("tool_call_id", "toolCallId"))
    if answered or answers:
        return _tool_answer(answered, content, item)
    thinking = first(item, ("reasoning_content", "reasoning"))
    said = [Part(type="reasoning", text=clean(thinking))] if isinstance(thinking, str) else []
    said += parts(content)
    if refused := clean(item.get("refusal")):
        said.append(Part(type="text", text=refused, name=REFUSAL))
    calls = [*tool_calls(item.get("tool_calls")), *tool_calls(item.get("function_call"))]
    known = {part.id for part in said if part.type == "tool_call"}
    said += [call for call in calls if call.id is None or call.id not in known]
    return tuple(said)


def _tool_answer(answered: Any, content: Any, item: Mapping[str, Any]) -> tuple[Part, ...]:
    found = parts(content) if isinstance(content, list) else ()
    if any(part.type == "tool_call_response" for part in found):
        return found
    if content is None:
        return ()
    return (tool_response(answered, content, item.get("name")),)


def _parsed_parts(content: Any) -> Any:
    """A list of parts that was dumped to a string; an answer in JSON is a string as well and stays one.

    Only a list whose items all have a type is a list of parts.
    """
    if not isinstance(content, str) or content[:2] not in ("[{", "[ "):
        return content
    found = parsed(content)
    typed = isinstance(found, list) and all(isinstance(part, dict) and "type" in part for part in found)
    return found if typed and found else content
