"""Anthropic's messages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from llmwatch.demo.stub.answers import Answer, Question, Tool, answer, text_of
from llmwatch.demo.stub.failures import anthropic_error, failure
from llmwatch.demo.stub.streams import sse, stream, words

_STOP = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "refusal": "refusal"}


async def messages(request: Request) -> Response:
    """``POST /v1/messages``."""
    body = await request.json()
    if failed := await failure(body["model"], anthropic_error):
        return failed
    whole = _message(body["model"], answer(_question(body)))
    if body.get("stream"):
        pace: float = request.app.state.pace_s
        return stream(body["model"], _events(whole), pace)
    return JSONResponse(whole)


def _question(body: Mapping[str, Any]) -> Question:
    system = text_of(body.get("system"))
    said = [(message["role"], message["content"]) for message in body["messages"]]
    users = [text_of(content) for role, content in said if role == "user"]
    last = said[-1][1]
    return Question(
        model=body["model"],
        system=system,
        user=next((text for text in reversed(users) if text), ""),
        prompt="\n".join((system, *(text_of(content) for _, content in said))),
        tools=tuple(
            Tool(name=tool["name"], schema=tool["input_schema"])
            for tool in body.get("tools") or []
            if "input_schema" in tool
        ),
        tools_ran=isinstance(last, list) and any(part["type"] == "tool_result" for part in last),
    )


def _message(model: str, given: Answer) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": given.text}] if given.text else []
    content += [
        {"type": "tool_use", "id": c.id, "name": c.name, "input": json.loads(c.arguments)}
        for c in given.tool_calls
    ]
    return {
        "id": f"msg_{given.id}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": _STOP[given.finish],
        "stop_sequence": None,
        "usage": {  # Anthropic counts cached tokens beside the input, not in it.
            "input_tokens": given.input_tokens - given.cached_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": given.cached_tokens,
            "output_tokens": given.output_tokens,
            "service_tier": "standard",
        },
    }


def _events(whole: Mapping[str, Any]) -> Iterator[bytes]:
    def event(kind: str, **fields: Any) -> bytes:
        return sse({"type": kind, **fields}, kind)

    usage = whole["usage"]
    begun = {**whole, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield event("message_start", message=begun)
    for index, block in enumerate(whole["content"]):
        if block["type"] == "text":
            yield event("content_block_start", index=index, content_block={"type": "text", "text": ""})
            deltas = [{"type": "text_delta", "text": word} for word in words(block["text"])]
        else:
            yield event("content_block_start", index=index, content_block={**block, "input": {}})
            deltas = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
        for delta in deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    ended = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield event("message_delta", delta=ended, usage={"output_tokens": usage["output_tokens"]})
    yield event("message_stop")
