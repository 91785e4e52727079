"""Google's Gemini API."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

from llmwatch.providers.adapters.common import (
    arguments_object,
    count,
    cut,
    event_object,
    failed,
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
    "temperature": "temperature", "top_p": "topP", "top_k": "topK", "max_tokens": "maxOutputTokens",
    "seed": "seed", "stop_sequences": "stopSequences", "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
}  # fmt: skip


def path(request: ChatRequest) -> str:
    """The operation; the model's name comes from a recording and cannot leave its place in the path."""
    model = quote(request.model.removeprefix("models/"), safe="")
    return f"/v1beta/models/{model}:streamGenerateContent?alt=sse"


def headers(key: str | None) -> dict[str, str]:
    """The key in a header, never in the URL, which is shown and stored."""
    return {"x-goog-api-key": key} if key else {}


def body(request: ChatRequest) -> dict[str, Any]:
    """The request: roles are user and model, parameters ``generationConfig``."""
    system = text_of(p for m in request.messages if m.role == "system" for p in m.parts)
    sent: dict[str, Any] = {"contents": _contents(m for m in request.messages if m.role != "system")}
    if system:
        sent["systemInstruction"] = {"parts": [{"text": system}]}
    if settings := renamed(request.parameters, PARAMETERS):
        sent["generationConfig"] = settings
    if request.tools:
        sent["tools"] = [{"functionDeclarations": [
            {
                "name": tool.name,
                **({"description": tool.description} if tool.description else {}),
                **({"parametersJsonSchema": tool.parameters} if tool.parameters else {}),
            }
            for tool in request.tools
        ]}]  # fmt: skip
    return sent


async def read(events: AsyncIterator[Any]) -> AsyncGenerator[Delta, None]:
    """Deltas of the first candidate. A call comes whole; a blocked prompt ends without a candidate."""
    calls = 0
    usage: Usage | None = None
    reason = response_id = model = None
    async for event in events:
        said = event_object(event)
        if said.get("error"):
            raise failed(said["error"])
        usage = _usage(said.get("usageMetadata")) or usage
        response_id = text(said.get("responseId")) or response_id
        model = text(said.get("modelVersion")) or model
        reason = text(table(said.get("promptFeedback")).get("blockReason")) or reason
        for candidate in objects(said.get("candidates"))[:1]:
            for part in objects(table(candidate.get("content")).get("parts")):
                if content := text(part.get("text")):
                    yield ReasoningDelta(content) if part.get("thought") else TextDelta(content)
                if call := table(part.get("functionCall")):
                    arguments = json.dumps(call.get("args") or {}, ensure_ascii=False)
                    yield ToolCallDelta(
                        index=calls, id=text(call.get("id")) or None, name=text(call.get("name")),
                        arguments=arguments,
                    )  # fmt: skip
                    calls += 1
            reason = text(candidate.get("finishReason")) or reason
    if reason is None:
        raise cut()
    yield Finished(usage=usage, finish_reason=reason, response_id=response_id, model=model)


def _usage(value: object) -> Usage | None:
    """Usage; thoughts are counted beside the candidates here, and belong to the output."""
    if not isinstance(value, dict):
        return None
    thoughts = count(value.get("thoughtsTokenCount"))
    return Usage(
        input_tokens=count(value.get("promptTokenCount")),
        output_tokens=plus(count(value.get("candidatesTokenCount")), thoughts),
        total_tokens=count(value.get("totalTokenCount")),
        cache_read_tokens=count(value.get("cachedContentTokenCount")),
        reasoning_tokens=thoughts,
    )


def _contents(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Messages of one role in a row become one: results of parallel calls must come together."""
    contents: list[dict[str, Any]] = []
    for message in messages:
        role = "model" if message.role == "assistant" else "user"
        parts = [_part(part) for part in message.parts]
        if contents and contents[-1]["role"] == role:
            contents[-1]["parts"] += parts
        else:
            contents.append({"role": role, "parts": parts})
    return contents


def _part(part: Part) -> dict[str, Any]:
    match part.type:
        case "tool_call":
            return {"functionCall": {"name": part.name, "args": arguments_object(part)}}
        case "tool_call_response":
            return {"functionResponse": {"name": part.name or "", "response": _result(part.text or "")}}
        case "blob":
            return {"inlineData": {"mimeType": part.mime_type or "image/png", "data": part.data}}
        case "uri":
            return {
                "fileData": {"fileUri": part.uri, **({"mimeType": part.mime_type} if part.mime_type else {})}
            }
        case _:
            return {"text": part.text or ""}


def _result(said: str) -> dict[str, Any]:
    """A function's result as the object that Gemini wants."""
    try:
        value = json.loads(said)
    except (ValueError, RecursionError):
        value = said
    return value if isinstance(value, dict) else {"result": value}
