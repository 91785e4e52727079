"""Gemini's generateContent and streamGenerateContent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from llmwatch.demo.stub.answers import Answer, Question, Tool, answer
from llmwatch.demo.stub.failures import failure, gemini_error
from llmwatch.demo.stub.streams import sse, stream, words

_FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP", "refusal": "SAFETY"}


async def generate(request: Request) -> Response:
    """``POST /v1beta/models/MODEL:generateContent`` and ``:streamGenerateContent``."""
    model, _, operation = request.path_params["call"].rpartition(":")
    if failed := await failure(model, gemini_error):
        return failed
    given = answer(_question(model, await request.json()))
    if operation == "streamGenerateContent":
        pace: float = request.app.state.pace_s
        return stream(model, _events(model, given), pace)
    return JSONResponse(_reply(model, given, _parts(given), last=True))


def _question(model: str, body: Mapping[str, Any]) -> Question:
    contents = body["contents"]
    system = _text(body.get("systemInstruction") or body.get("system_instruction") or {})
    users = [_text(content) for content in contents if content.get("role", "user") == "user"]
    return Question(
        model=model,
        system=system,
        user=next((text for text in reversed(users) if text), ""),
        prompt="\n".join((system, *(_text(content) for content in contents))),
        tools=tuple(
            Tool(
                name=function["name"],
                schema=function.get("parameters") or function.get("parametersJsonSchema") or {},
            )
            for tool in body.get("tools") or []
            for function in tool.get("functionDeclarations") or []
        ),
        tools_ran=any("functionResponse" in part for part in contents[-1]["parts"]),
    )


def _text(content: Mapping[str, Any]) -> str:
    return "\n".join(part["text"] for part in content.get("parts", []) if "text" in part)


def _parts(given: Answer) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = [
        {"functionCall": {"name": c.name, "args": json.loads(c.arguments)}} for c in given.tool_calls
    ]
    return calls or [{"text": given.text}]


def _reply(model: str, given: Answer, parts: list[dict[str, Any]], *, last: bool) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    reply: dict[str, Any] = {"candidates": [candidate], "modelVersion": model, "responseId": given.id}
    if last:
        candidate["finishReason"] = _FINISH[given.finish]
        reply["usageMetadata"] = {  # Gemini counts thoughts beside the candidates.
            "promptTokenCount": given.input_tokens,
            "cachedContentTokenCount": given.cached_tokens,
            "candidatesTokenCount": given.output_tokens - given.reasoning_tokens,
            "thoughtsTokenCount": given.reasoning_tokens,
            "totalTokenCount": given.input_tokens + given.output_tokens,
        }
    return reply


def _events(model: str, given: Answer) -> Iterator[bytes]:
    pieces = [[{"text": word}] for word in words(given.text)] or [_parts(given)]
    for number, parts in enumerate(pieces):
        yield sse(_reply(model, given, parts, last=number == len(pieces) - 1))
