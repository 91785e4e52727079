"""OpenAI's chat completions."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from llmwatch.demo.stub.answers import Answer, Question, Tool, answer, text_of
from llmwatch.demo.stub.failures import failure, openai_error
from llmwatch.demo.stub.streams import sse, stream, words

_FINISH = {"refusal": "stop"}


async def chat(request: Request) -> Response:
    """``POST /v1/chat/completions``."""
    body = await request.json()
    if failed := await failure(body["model"], openai_error):
        return failed
    given = answer(_question(body))
    base = {
        "id": f"chatcmpl-{given.id}",
        "created": int(time.time()),
        "model": body["model"],
        "service_tier": "default",
        "system_fingerprint": "fp_stub",
    }
    if body.get("stream"):
        include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        pace: float = request.app.state.pace_s
        return stream(body["model"], _chunks(base, given, include_usage), pace)
    choice = {
        "index": 0,
        "message": {"role": "assistant", "annotations": [], **_message(given)},
        "logprobs": None,
        "finish_reason": _FINISH.get(given.finish, given.finish),
    }
    return JSONResponse({**base, "object": "chat.completion", "choices": [choice], "usage": _usage(given)})


def _question(body: Mapping[str, Any]) -> Question:
    messages: Sequence[Mapping[str, Any]] = body["messages"]
    by_role = [(message["role"], text_of(message.get("content"))) for message in messages]
    return Question(
        model=body["model"],
        system="\n".join(text for role, text in by_role if role in ("system", "developer")),
        user=next((text for role, text in reversed(by_role) if role == "user"), ""),
        prompt="\n".join(text for _, text in by_role),
        tools=tuple(
            Tool(name=tool["function"]["name"], schema=tool["function"].get("parameters") or {})
            for tool in body.get("tools") or []
            if tool.get("type") == "function" and body.get("tool_choice") != "none"
        ),
        tools_ran=messages[-1]["role"] == "tool",
    )


def _message(given: Answer) -> dict[str, Any]:
    refused = given.finish == "refusal"
    message: dict[str, Any] = {
        "content": None if refused or given.tool_calls else given.text,
        "refusal": given.text if refused else None,
    }
    if given.tool_calls:
        message["tool_calls"] = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
            for c in given.tool_calls
        ]
    return message


def _usage(given: Answer) -> dict[str, Any]:
    return {
        "prompt_tokens": given.input_tokens,
        "completion_tokens": given.output_tokens,
        "total_tokens": given.input_tokens + given.output_tokens,
        "prompt_tokens_details": {"cached_tokens": given.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": given.reasoning_tokens, "audio_tokens": 0},
    }


def _chunks(base: Mapping[str, Any], given: Answer, include_usage: bool) -> Iterator[bytes]:
    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return sse({**base, "object": "chat.completion.chunk", "choices": [choice]})

    yield chunk({"role": "assistant", "content": None if given.tool_calls else "", "refusal": None})
    for number, call in enumerate(given.tool_calls):
        named = {"name": call.name, "arguments": ""}
        yield chunk({"tool_calls": [{"index": number, "id": call.id, "type": "function", "function": named}]})
        yield chunk({"tool_calls": [{"index": number, "function": {"arguments": call.arguments}}]})
    for word in words(given.text):
        yield chunk({"refusal" if given.finish == "refusal" else "content": word})
    yield chunk({}, _FINISH.get(given.finish, given.finish))
    if include_usage:
        yield sse({**base, "object": "chat.completion.chunk", "choices": [], "usage": _usage(given)})
    yield sse("[DONE]")
