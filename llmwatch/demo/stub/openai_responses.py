"""OpenAI's responses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from llmwatch.demo.stub.answers import Answer, Question, Tool, answer, text_of
from llmwatch.demo.stub.failures import failure, openai_error
from llmwatch.demo.stub.streams import sse, stream, words


async def responses(request: Request) -> Response:
    """``POST /v1/responses``."""
    body = await request.json()
    if failed := await failure(body["model"], openai_error):
        return failed
    given = answer(_question(body))
    whole = _whole(body, given)
    if body.get("stream"):
        pace: float = request.app.state.pace_s
        return stream(body["model"], _events(whole), pace)
    return JSONResponse(whole)


def _question(body: Mapping[str, Any]) -> Question:
    sent = body["input"]
    items = [{"role": "user", "content": sent}] if isinstance(sent, str) else sent
    texts = [text_of(item.get("content") or item.get("output")) for item in items]
    said = [(item.get("role"), text) for item, text in zip(items, texts, strict=True)]
    system = body.get("instructions") or "\n".join(t for role, t in said if role in ("system", "developer"))
    return Question(
        model=body["model"],
        system=system,
        user=next((text for role, text in reversed(said) if role == "user"), ""),
        prompt="\n".join((body.get("instructions") or "", *texts)),
        tools=tuple(
            Tool(name=tool["name"], schema=tool.get("parameters") or {})
            for tool in body.get("tools") or []
            if tool.get("type") == "function" and body.get("tool_choice") != "none"
        ),
        tools_ran=items[-1].get("type") == "function_call_output",
    )


def _whole(body: Mapping[str, Any], given: Answer) -> dict[str, Any]:
    said: dict[str, Any] = {"type": "output_text", "annotations": [], "logprobs": [], "text": given.text}
    declined = {"type": "refusal", "refusal": given.text}
    message = {
        "id": f"msg_{given.id}", "type": "message", "status": "completed", "role": "assistant",
        "content": [declined if given.finish == "refusal" else said],
    }  # fmt: skip
    calls = [
        {"id": f"fc_{call.id}", "type": "function_call", "status": "completed", "call_id": call.id,
         "name": call.name, "arguments": call.arguments}
        for call in given.tool_calls
    ]  # fmt: skip
    cut = given.finish == "length"
    return {
        "id": f"resp_{given.id}", "object": "response",
        "created_at": int(time.time()), "model": body["model"],
        "status": "incomplete" if cut else "completed", "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "instructions": body.get("instructions"), "metadata": body.get("metadata") or {},
        "output": calls or [message], "parallel_tool_calls": True, "top_p": 1.0,
        "temperature": body.get("temperature", 1.0),
        "tool_choice": body.get("tool_choice", "auto"), "tools": body.get("tools") or [],
        "usage": {
            "input_tokens": given.input_tokens,
            "input_tokens_details": {"cached_tokens": given.cached_tokens},
            "output_tokens": given.output_tokens,
            "output_tokens_details": {"reasoning_tokens": given.reasoning_tokens},
            "total_tokens": given.input_tokens + given.output_tokens,
        },
    }  # fmt: skip


def _events(whole: Mapping[str, Any]) -> Iterator[bytes]:
    number = -1

    def event(kind: str, **fields: Any) -> bytes:
        nonlocal number
        number += 1
        return sse({"type": kind, "sequence_number": number, **fields}, kind)

    yield event("response.created", response={**whole, "status": "in_progress", "output": [], "usage": None})
    for index, item in enumerate(whole["output"]):
        yield event("response.output_item.added", output_index=index, item={**item, "status": "in_progress"})
        yield from _item_events(event, index, item)
        yield event("response.output_item.done", output_index=index, item=item)
    yield event(f"response.{whole['status']}", response=whole)


def _item_events(event: Callable[..., bytes], index: int, item: Mapping[str, Any]) -> Iterator[bytes]:
    at = {"item_id": item["id"], "output_index": index}
    if item["type"] == "function_call":
        arguments = item["arguments"]
        yield event("response.function_call_arguments.delta", **at, delta=arguments)
        yield event("response.function_call_arguments.done", **at, name=item["name"], arguments=arguments)
        return
    (part,) = item["content"]
    kind = part["type"]
    text: str = part["refusal" if kind == "refusal" else "text"]
    more: dict[str, Any] = {} if kind == "refusal" else {"logprobs": []}
    empty = {**part, "refusal" if kind == "refusal" else "text": ""}
    yield event("response.content_part.added", **at, content_index=0, part=empty)
    for word in words(text):
        yield event(f"response.{kind}.delta", **at, content_index=0, delta=word, **more)
    done = {"refusal": text} if kind == "refusal" else {"text": text, **more}
    yield event(f"response.{kind}.done", **at, content_index=0, **done)
    yield event("response.content_part.done", **at, content_index=0, part=part)
