"""OpenAI's responses."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, Final

from llmwatch.providers.adapters import openai_chat
from llmwatch.providers.adapters.common import (
    count,
    cut,
    data_url,
    event_object,
    failed,
    renamed,
    table,
    text,
    whole,
)
from llmwatch.providers.deltas import Delta, Finished, ReasoningDelta, TextDelta, ToolCallDelta
from llmwatch.providers.request import ChatRequest
from llmwatch.store.span import Message, Part, Usage

PARAMETERS: Final[Mapping[str, str]] = {
    "temperature": "temperature", "top_p": "top_p", "max_tokens": "max_output_tokens",
    "reasoning_effort": "reasoning", "parallel_tool_calls": "parallel_tool_calls",
    "tool_choice": "tool_choice",
}  # fmt: skip
headers = openai_chat.headers


def path(request: ChatRequest) -> str:
    """The operation."""
    return "/responses"


def body(request: ChatRequest) -> dict[str, Any]:
    """The request; the provider is asked not to keep it."""
    parameters = renamed(request.parameters, PARAMETERS)
    if isinstance(parameters.get("reasoning"), str):
        parameters["reasoning"] = {"effort": parameters["reasoning"]}
    sent: dict[str, Any] = {
        "model": request.model,
        "input": [item for message in request.messages for item in _items(message)],
        **parameters,
        "store": False,
        "stream": True,
    }
    if request.tools:
        sent["tools"] = [
            {
                "type": "function",
                "name": tool.name,
                **({"description": tool.description} if tool.description else {}),
                "parameters": tool.parameters,
                "strict": False,
            }
            for tool in request.tools
        ]
    return sent


async def read(events: AsyncIterator[Any]) -> AsyncGenerator[Delta, None]:
    """Deltas until the response is completed, incomplete or failed."""
    called = False
    async for event in events:
        said = event_object(event)
        kind, index = text(said.get("type")), whole(said.get("output_index"), 0)
        if kind in ("response.output_text.delta", "response.refusal.delta"):
            yield TextDelta(text(said.get("delta")))
        elif kind in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
            yield ReasoningDelta(text(said.get("delta")))
        elif kind == "response.output_item.added":
            item = table(said.get("item"))
            if item.get("type") == "function_call":
                called = True
                name, call_id = text(item.get("name")), text(item.get("call_id"))
                yield ToolCallDelta(index=index, id=call_id or None, name=name or None)
        elif kind == "response.function_call_arguments.delta":
            yield ToolCallDelta(index=index, arguments=text(said.get("delta")))
        elif kind in ("response.completed", "response.incomplete"):
            yield _finished(table(said.get("response")), called=called)
            return
        elif kind == "response.failed":
            raise failed(table(said.get("response")).get("error"))
        elif kind == "error":
            raise failed(said.get("error") or said)
    raise cut()


def _finished(response: dict[str, Any], *, called: bool) -> Finished:
    """This API has no finish reason but a status; it is put in the words of chat completions."""
    why = text(table(response.get("incomplete_details")).get("reason"))
    reason = {"max_output_tokens": "length"}.get(why, why) or ("tool_calls" if called else "stop")
    return Finished(
        usage=_usage(response.get("usage")), finish_reason=reason,
        response_id=text(response.get("id")) or None, model=text(response.get("model")) or None,
    )  # fmt: skip


def _usage(value: object) -> Usage | None:
    if not isinstance(value, dict):
        return None
    return Usage(
        input_tokens=count(value.get("input_tokens")),
        output_tokens=count(value.get("output_tokens")),
        total_tokens=count(value.get("total_tokens")),
        cache_read_tokens=count(table(value.get("input_tokens_details")).get("cached_tokens")),
        reasoning_tokens=count(table(value.get("output_tokens_details")).get("reasoning_tokens")),
    )


def _items(message: Message) -> list[dict[str, Any]]:
    """Tool calls and their results are items beside the messages here."""
    items: list[dict[str, Any]] = []
    content: list[dict[str, Any]] = []
    for part in message.parts:
        if part.type == "tool_call":
            items.append({
                "type": "function_call", "call_id": part.id, "name": part.name,
                "arguments": part.arguments or "{}",
            })  # fmt: skip
        elif part.type == "tool_call_response":
            items.append(
                {"type": "function_call_output", "call_id": part.id or "", "output": part.text or ""}
            )
        else:
            content.append(_part(part, message.role))
    if content:
        items.insert(0, {"role": message.role, "content": content})
    return items


def _part(part: Part, role: str) -> dict[str, Any]:
    if part.type == "text":
        return {"type": "output_text" if role == "assistant" else "input_text", "text": part.text or ""}
    if part.modality == "document":
        return {"type": "input_file", "filename": "document.pdf", "file_data": data_url(part)}
    return {"type": "input_image", "image_url": part.uri or data_url(part)}
