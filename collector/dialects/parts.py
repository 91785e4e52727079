"""Parts of messages in any API's shape, as parts of the GenAI message schema.

OpenTelemetry, OpenAI (chat and responses), Anthropic, Gemini, Bedrock, Vercel's AI SDK and OpenInference
name the same few things differently; the sets below are their words for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from llmwatch.collector.dialects.media import media
from llmwatch.collector.dialects.values import as_json, clean, first, parsed
from llmwatch.store.span import Part

REFUSAL: Final = "refusal"
"""Name of a text part that is a refusal by the API's own account."""

_TEXT: Final = frozenset({"text", "input_text", "output_text", "refusal", "summary_text"})
_REASONING: Final = frozenset({"reasoning", "thinking", "reasoning_text", "redacted_thinking"})
_CALL: Final = frozenset({
    "tool_call", "tool_use", "function_call", "function", "tool-call", "server_tool_call", "server_tool_use",
    "mcp_call", "mcp_tool_use", "custom_tool_call",
})  # fmt: skip
_RESPONSE: Final = frozenset({
    "tool_call_response", "tool_result", "function_call_output", "tool-result", "server_tool_call_response",
    "mcp_tool_result", "custom_tool_call_output", "web_search_tool_result",
})  # fmt: skip
_MEDIA: Final = frozenset({
    "image", "image_url", "input_image", "audio", "audio_url", "input_audio", "video", "video_url",
    "document", "file", "input_file", "blob", "uri", "media",
})  # fmt: skip
_UNTYPED_CALLS: Final = ("functionCall", "function_call", "toolUse")
_UNTYPED_RESPONSES: Final = ("functionResponse", "function_response", "toolResult")
_UNTYPED_MEDIA: Final = (
    "inlineData", "inline_data", "fileData", "file_data", "image", "video", "document", "audio",
)  # fmt: skip
"""Gemini's and Bedrock's parts have no type but one key of these."""

_SAID: Final = ("content", "text", "refusal", "thinking", "reasoning", "summary")
_ARGUMENTS: Final = ("arguments", "args", "input")
_NAMES: Final = ("name", "toolName", "tool_name")
_CALL_IDS: Final = ("call_id", "id", "toolCallId", "toolUseId", "tool_call_id")
_ANSWERED_IDS: Final = ("tool_use_id", "tool_call_id", "call_id", "toolCallId", "toolUseId", "id")
_ANSWERS: Final = ("response", "result", "content", "output", "server_tool_call_response")


def parts(content: Any) -> tuple[Part, ...]:
    """The parts of a message's content: text, a list of parts of any shape, or one part."""
    if isinstance(content, dict) and isinstance(content.get("parts"), list):  # Gemini's content
        content = content["parts"]
    items = content if isinstance(content, list) else [content]
    return tuple([part for item in items if (part := _part(item))])


def tool_calls(calls: Any) -> Iterator[Part]:
    """The calls in a message's ``tool_calls``: OpenAI's shape (nested ``function``), or flat."""
    calls = parsed(calls)
    for call in calls if isinstance(calls, list) else [calls]:
        if isinstance(call, dict):
            inner = call.get("tool_call")
            yield _call(inner if isinstance(inner, dict) else call)


def tool_response(call_id: Any, content: Any, name: Any = None) -> Part:
    """What a tool answered, as text where it is only text, else as JSON."""
    if isinstance(content, dict) and content.keys() == {"type", "value"}:  # Vercel's AI SDK
        content = content["value"]
    found = parts(content) if isinstance(content, list) else ()
    if found and all(part.type == "text" for part in found):
        said: str | None = "\n".join(part.text or "" for part in found)
    else:
        said = as_json(content)
    return Part(type="tool_call_response", text=said, id=clean(call_id), name=clean(name))


def _part(item: Any) -> Part | None:
    if not isinstance(item, dict):
        said = clean(item) if isinstance(item, str) else None
        return Part(type="text", text=said) if said else None
    kind = str(item.get("type"))
    if kind in _CALL:
        return _call(item)
    if kind in _RESPONSE:
        return _response(item)
    if kind in _REASONING:
        said = _said(item)
        return Part(type="reasoning", text=said) if said else None
    if kind in _MEDIA:
        return media(item, kind)
    return _spoken(item) if kind in _TEXT else _untyped(item)


def _untyped(item: Mapping[str, Any]) -> Part | None:
    if isinstance(call := first(item, ("tool_call", *_UNTYPED_CALLS)), dict):
        return _call(call)
    if isinstance(nested := item.get("message_content"), dict):  # OpenInference
        return _part(nested)
    if isinstance(answer := first(item, _UNTYPED_RESPONSES), dict):
        return _response(answer)
    for key in _UNTYPED_MEDIA:
        if isinstance(held := item.get(key), dict):
            return media(held, key)
    if "type" not in item and isinstance(item.get("text"), str):
        return _spoken(item)
    return Part(type="generic", text=as_json(item), name=clean(item.get("type"))) if item else None


def _spoken(item: Mapping[str, Any]) -> Part | None:
    said = _said(item)
    if said is None:
        return None
    if item.get("thought") is True:  # Gemini's mark of reasoning
        return Part(type="reasoning", text=said)
    return Part(type="text", text=said, name=REFUSAL if item.get("type") == REFUSAL else None)


def _said(item: Mapping[str, Any]) -> str | None:
    found = first(item, _SAID)
    if isinstance(found, list):
        return "\n".join([part.text for part in parts(found) if part.text]) or None
    return clean(found)


def _call(item: Mapping[str, Any]) -> Part:
    inner = first(item, ("function", "server_tool_call"))
    inner = inner if isinstance(inner, dict) else item
    return Part(
        type="tool_call",
        id=clean(first(item, _CALL_IDS)),
        name=clean(first(inner, _NAMES)) or clean(first(item, _NAMES)),
        arguments=as_json(first(inner, _ARGUMENTS)),
    )


def _response(item: Mapping[str, Any]) -> Part:
    return tool_response(first(item, _ANSWERED_IDS), first(item, _ANSWERS), first(item, _NAMES))
