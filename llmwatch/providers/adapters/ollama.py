"""Ollama's own API."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, Final

from llmwatch.errors import NotReplayableError
from llmwatch.providers.adapters.common import (
    arguments_object,
    count,
    cut,
    event_object,
    failed,
    function_tools,
    objects,
    plus,
    renamed,
    table,
    text,
)
from llmwatch.providers.conversation import text_of
from llmwatch.providers.deltas import Delta, Finished, ReasoningDelta, TextDelta, ToolCallDelta
from llmwatch.providers.request import ChatRequest
from llmwatch.store.span import Message, Part, Usage

PARAMETERS: Final[Mapping[str, str]] = {
    "temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "max_tokens": "num_predict",
    "seed": "seed", "stop_sequences": "stop", "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}  # fmt: skip


def path(request: ChatRequest) -> str:
    """The operation."""
    return "/api/chat"


def headers(key: str | None) -> dict[str, str]:
    """Ollama itself has no keys; a proxy before it may want one."""
    return {"Authorization": f"Bearer {key}"} if key else {}


def body(request: ChatRequest) -> dict[str, Any]:
    """The request: parameters are ``options``, images are base64 beside the text."""
    sent: dict[str, Any] = {
        "model": request.model,
        "messages": [item for message in request.messages for item in _messages(message)],
        "stream": True,
    }
    if options := renamed(request.parameters, PARAMETERS):
        sent["options"] = options
    if request.tools:
        sent["tools"] = function_tools(request.tools)
    return sent


async def read(events: AsyncIterator[Any]) -> AsyncGenerator[Delta, None]:
    """Deltas until the line that says ``done``, which has the counts; /api/generate has no messages."""
    calls = 0
    async for event in events:
        said = event_object(event)
        if said.get("error"):
            raise failed(said["error"])
        message = table(said.get("message"))
        if thought := text(message.get("thinking")):
            yield ReasoningDelta(thought)
        if content := text(message.get("content")) or text(said.get("response")):
            yield TextDelta(content)
        for call in objects(message.get("tool_calls")):
            function = table(call.get("function"))
            arguments = json.dumps(function.get("arguments") or {}, ensure_ascii=False)
            yield ToolCallDelta(
                index=calls, id=text(call.get("id")) or None, name=text(function.get("name")),
                arguments=arguments,
            )  # fmt: skip
            calls += 1
        if said.get("done") is True:
            yield _finished(said)
            return
    raise cut()


def _finished(said: dict[str, Any]) -> Finished:
    asked, answered = count(said.get("prompt_eval_count")), count(said.get("eval_count"))
    usage = Usage(input_tokens=asked, output_tokens=answered, total_tokens=plus(asked, answered))
    return Finished(
        usage=usage,
        finish_reason=text(said.get("done_reason")) or None,
        model=text(said.get("model")) or None,
    )


def _messages(message: Message) -> list[dict[str, Any]]:
    results = [p for p in message.parts if p.type == "tool_call_response"]
    calls = [p for p in message.parts if p.type == "tool_call"]
    images = [_image(p) for p in message.parts if p.type in ("blob", "uri")]
    content = text_of(message.parts)
    sent: list[dict[str, Any]] = [
        {"role": "tool", "content": p.text or "", **({"tool_name": p.name} if p.name else {})}
        for p in results
    ]
    if content or calls or images:
        item: dict[str, Any] = {"role": message.role, "content": content}
        if images:
            item["images"] = images
        if calls:
            item["tool_calls"] = [
                {"function": {"name": p.name, "arguments": arguments_object(p)}} for p in calls
            ]
        sent.append(item)
    return sent


def _image(part: Part) -> str:
    if part.data is None or part.modality not in (None, "image"):
        raise NotReplayableError(
            f"Ollama takes images as data only; the recording has {part.uri or part.modality}",
            hint="Choose another provider, or take the part out of the messages.",
        )
    return part.data
