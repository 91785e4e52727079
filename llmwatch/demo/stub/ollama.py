"""Ollama's chat."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from llmwatch.demo.stub.answers import Answer, Question, Tool, answer
from llmwatch.demo.stub.failures import failure, ollama_error
from llmwatch.demo.stub.streams import stream, words

_CREATED = "2026-01-15T10:00:00.000000Z"


async def chat(request: Request) -> Response:
    """``POST /api/chat``, streamed unless the request says otherwise."""
    body = await request.json()
    if failed := await failure(body["model"], ollama_error):
        return failed
    given = answer(_question(body))
    if body.get("stream", True):
        pace: float = request.app.state.pace_s
        return stream(body["model"], _lines(body["model"], given), pace, "application/x-ndjson")
    return JSONResponse(_reply(body["model"], given, given.text, last=True))


def _question(body: Mapping[str, Any]) -> Question:
    said = [(message["role"], str(message.get("content", ""))) for message in body["messages"]]
    return Question(
        model=body["model"],
        system="\n".join(text for role, text in said if role == "system"),
        user=next((text for role, text in reversed(said) if role == "user"), ""),
        prompt="\n".join(text for _, text in said),
        tools=tuple(
            Tool(name=tool["function"]["name"], schema=tool["function"].get("parameters") or {})
            for tool in body.get("tools") or []
        ),
        tools_ran=said[-1][0] == "tool",
    )


def _reply(model: str, given: Answer, text: str, *, last: bool) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if last and given.tool_calls:
        message["tool_calls"] = [
            {"function": {"name": call.name, "arguments": json.loads(call.arguments)}}
            for call in given.tool_calls
        ]
    reply = {"model": model, "created_at": _CREATED, "message": message, "done": last}
    if not last:
        return reply
    return reply | {
        "done_reason": "length" if given.finish == "length" else "stop",
        "total_duration": 512_345_678,
        "load_duration": 12_345_678,
        "prompt_eval_count": given.input_tokens,
        "prompt_eval_duration": 123_456_789,
        "eval_count": given.output_tokens,
        "eval_duration": 345_678_901,
    }


def _lines(model: str, given: Answer) -> Iterator[bytes]:
    for word in words(given.text):
        yield json.dumps(_reply(model, given, word, last=False)).encode() + b"\n"
    yield json.dumps(_reply(model, given, "", last=True)).encode() + b"\n"
