"""Anthropic's messages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from typing import Any, Final

from llmwatch.providers.adapters.common import (
    arguments_object,
    count,
    cut,
    event_object,
    failed,
    plus,
    renamed,
    table,
    text,
    whole,
)
from llmwatch.providers.conversation import text_of
from llmwatch.providers.deltas import Delta, Finished, ReasoningDelta, TextDelta, ToolCallDelta
from llmwatch.providers.request import ChatRequest
from llmwatch.store.span import Message, Part, Usage

PARAMETERS: Final[Mapping[str, str]] = {
    "temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "max_tokens": "max_tokens",
    "stop_sequences": "stop_sequences",
}  # fmt: skip
_MAX_TOKENS: Final = 4096
"""``max_tokens`` is required here; this is sent when the recording has none."""


def path(request: ChatRequest) -> str:
    """The operation."""
    return "/v1/messages"


def headers(key: str | None) -> dict[str, str]:
    """The key and the version of the API that this module speaks."""
    return {"anthropic-version": "2023-06-01", **({"x-api-key": key} if key else {})}


def body(request: ChatRequest) -> dict[str, Any]:
    """The request: system texts are a field of their own, and messages of one role in a row become one."""
    system = text_of(p for m in request.messages if m.role == "system" for p in m.parts)
    sent: dict[str, Any] = {
        "model": request.model,
        "max_tokens": _MAX_TOKENS,
        **renamed(request.parameters, PARAMETERS),
        "messages": _turns(m for m in request.messages if m.role != "system"),
        "stream": True,
    }
    if system:
        sent["system"] = system
    if request.tools:
        sent["tools"] = [
            {
                "name": tool.name,
                **({"description": tool.description} if tool.description else {}),
                "input_schema": tool.parameters or {"type": "object"},
            }
            for tool in request.tools
        ]
    return sent


async def read(events: AsyncIterator[Any]) -> AsyncGenerator[Delta, None]:
    """Deltas until ``message_stop``. Counts in later events are totals and replace earlier ones."""
    counted: dict[str, Any] = {}
    reason = response_id = model = None
    async for event in events:
        said = event_object(event)
        kind, index = said.get("type"), whole(said.get("index"), 0)
        if kind == "message_start":
            message = table(said.get("message"))
            response_id, model = text(message.get("id")) or None, text(message.get("model")) or None
            counted |= table(message.get("usage"))
        elif kind == "content_block_start":
            block = table(said.get("content_block"))
            if block.get("type") == "tool_use":
                yield ToolCallDelta(index=index, id=text(block.get("id")), name=text(block.get("name")))
        elif kind == "content_block_delta":
            if delta := _delta(table(said.get("delta")), index):
                yield delta
        elif kind == "message_delta":
            reason = text(table(said.get("delta")).get("stop_reason")) or reason
            counted |= {k: v for k, v in table(said.get("usage")).items() if v is not None}
        elif kind == "message_stop":
            yield Finished(usage=_usage(counted), finish_reason=reason, response_id=response_id, model=model)
            return
        elif kind == "error":
            raise failed(said.get("error"))
    raise cut()


def _delta(delta: dict[str, Any], index: int) -> Delta | None:
    match delta.get("type"):
        case "text_delta":
            return TextDelta(text(delta.get("text")))
        case "thinking_delta":
            return ReasoningDelta(text(delta.get("thinking")))
        case "input_json_delta":
            return ToolCallDelta(index=index, arguments=text(delta.get("partial_json")))
        case _:
            return None


def _usage(value: dict[str, Any]) -> Usage:
    """Usage with the cached tokens, which Anthropic counts apart, in the input."""
    cached, written = (
        count(value.get("cache_read_input_tokens")),
        count(value.get("cache_creation_input_tokens")),
    )
    asked = plus(count(value.get("input_tokens")), cached, written)
    answered = count(value.get("output_tokens"))
    return Usage(
        input_tokens=asked,
        output_tokens=answered,
        total_tokens=plus(asked, answered),
        cache_read_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=count(table(value.get("cache_creation")).get("ephemeral_1h_input_tokens")),
    )


def _turns(messages: Iterable[Message]) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    for message in messages:
        role = "assistant" if message.role == "assistant" else "user"
        blocks = [_block(part) for part in message.parts]
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})
    return turns


def _block(part: Part) -> dict[str, Any]:
    match part.type:
        case "tool_call":
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments_object(part)}
        case "tool_call_response":
            return {"type": "tool_result", "tool_use_id": part.id or "", "content": part.text or ""}
        case "blob" | "uri":
            kind = "document" if part.modality == "document" else "image"
            return {"type": kind, "source": _source(part)}
        case _:
            return {"type": "text", "text": part.text or ""}


def _source(part: Part) -> dict[str, Any]:
    if part.type == "uri":
        return {"type": "url", "url": part.uri}
    return {"type": "base64", "media_type": part.mime_type or "image/png", "data": part.data}
