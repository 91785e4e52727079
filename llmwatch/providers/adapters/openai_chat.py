"""OpenAI's chat completions, which most other servers speak too."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, Final

from llmwatch.providers.adapters.common import (
    count,
    cut,
    data_url,
    event_object,
    failed,
    function_tools,
    objects,
    renamed,
    table,
    text,
    whole,
)
from llmwatch.providers.deltas import Delta, Finished, ReasoningDelta, TextDelta, ToolCallDelta
from llmwatch.providers.request import ChatRequest
from llmwatch.store.span import Message, Part, Usage

PARAMETERS: Final[Mapping[str, str]] = {
    "temperature": "temperature", "top_p": "top_p", "max_tokens": "max_tokens", "seed": "seed",
    "stop_sequences": "stop", "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty", "reasoning_effort": "reasoning_effort",
    "response_format": "response_format", "tool_choice": "tool_choice",
    "parallel_tool_calls": "parallel_tool_calls",
}  # fmt: skip
_REASONING_MODEL: Final = re.compile(r"(^|/)(o\d|gpt-5)")


def path(request: ChatRequest) -> str:
    """The operation."""
    return "/chat/completions"


def headers(key: str | None) -> dict[str, str]:
    """The key as a bearer token."""
    return {"Authorization": f"Bearer {key}"} if key else {}


def body(request: ChatRequest) -> dict[str, Any]:
    """The request. Reasoning models refuse ``max_tokens`` and want ``max_completion_tokens``."""
    parameters = renamed(request.parameters, PARAMETERS)
    if _REASONING_MODEL.search(request.model) and "max_tokens" in parameters:
        parameters["max_completion_tokens"] = parameters.pop("max_tokens")
    sent: dict[str, Any] = {
        "model": request.model,
        "messages": [item for message in request.messages for item in _messages(message)],
        **parameters,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.tools:
        sent["tools"] = function_tools(request.tools)
    return sent


async def read(events: AsyncIterator[Any]) -> AsyncGenerator[Delta, None]:
    """Deltas of the first choice.

    A server that does not stream sends ``message`` in place of ``delta``; older completions have ``text``.
    """
    usage: Usage | None = None
    reason = response_id = model = None
    async for event in events:
        chunk = event_object(event)
        if chunk.get("error"):
            raise failed(chunk["error"])
        response_id, model = text(chunk.get("id")) or response_id, text(chunk.get("model")) or model
        usage = usage_of(chunk.get("usage")) or usage
        for choice in objects(chunk.get("choices"))[:1]:
            said = choice.get("delta") or choice.get("message") or {"content": choice.get("text")}
            for delta in _deltas(table(said)):
                yield delta
            reason = text(choice.get("finish_reason")) or reason
    if reason is None:
        raise cut()
    yield Finished(usage=usage, finish_reason=reason, response_id=response_id, model=model)


def _deltas(delta: dict[str, Any]) -> list[Delta]:
    found: list[Delta] = []
    if thought := text(delta.get("reasoning_content") or delta.get("reasoning")):
        found.append(ReasoningDelta(thought))
    if said := text(delta.get("content")) or text(delta.get("refusal")):
        found.append(TextDelta(said))
    for position, call in enumerate(objects(delta.get("tool_calls"))):
        function = table(call.get("function"))
        found.append(
            ToolCallDelta(
                index=whole(call.get("index"), position), id=text(call.get("id")) or None,
                name=text(function.get("name")) or None,
                arguments=text(function.get("arguments")),
            )
        )  # fmt: skip
    return found


def usage_of(value: object) -> Usage | None:
    """Usage as chat completions count it: the prompt includes cached tokens, the completion reasoning."""
    if not isinstance(value, dict):
        return None
    asked, answered = table(value.get("prompt_tokens_details")), table(value.get("completion_tokens_details"))
    return Usage(
        input_tokens=count(value.get("prompt_tokens")),
        output_tokens=count(value.get("completion_tokens")),
        total_tokens=count(value.get("total_tokens")),
        cache_read_tokens=count(asked.get("cached_tokens")),
        reasoning_tokens=count(answered.get("reasoning_tokens")),
        input_audio_tokens=count(asked.get("audio_tokens")),
        output_audio_tokens=count(answered.get("audio_tokens")),
    )


def _messages(message: Message) -> list[dict[str, Any]]:
    """The message as chat completions have it: every tool result is a message of its own."""
    results = [p for p in message.parts if p.type == "tool_call_response"]
    said = [p for p in message.parts if p.type in ("text", "blob", "uri")]
    calls = [p for p in message.parts if p.type == "tool_call"]
    sent: list[dict[str, Any]] = [
        {"role": "tool", "tool_call_id": p.id or "", "content": p.text or ""} for p in results
    ]
    if said or calls:
        item: dict[str, Any] = {"role": message.role, "content": _content(said)}
        if message.name:
            item["name"] = message.name
        if calls:
            item["tool_calls"] = [
                {
                    "id": p.id,
                    "type": "function",
                    "function": {"name": p.name, "arguments": p.arguments or "{}"},
                }
                for p in calls
            ]
        sent.append(item)
    return sent


def _content(parts: list[Part]) -> str | list[dict[str, Any]] | None:
    if not parts:
        return None
    return (parts[0].text or "") if [p.type for p in parts] == ["text"] else [_part(p) for p in parts]


def _part(part: Part) -> dict[str, Any]:
    if part.type == "text":
        return {"type": "text", "text": part.text or ""}
    if part.modality == "audio":
        form = (part.mime_type or "audio/wav").removeprefix("audio/").replace("mpeg", "mp3")
        return {"type": "input_audio", "input_audio": {"data": part.data, "format": form}}
    if part.modality == "document":
        return {"type": "file", "file": {"filename": "document.pdf", "file_data": data_url(part)}}
    return {"type": "image_url", "image_url": {"url": part.uri or data_url(part)}}
