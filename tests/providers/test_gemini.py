"""Gemini: bodies as the API documents them, streams as it sends them."""

from typing import Any

import pytest

from llmwatch.providers.adapters import ADAPTERS
from llmwatch.providers.deltas import Finished, ReasoningDelta, TextDelta, ToolCallDelta
from llmwatch.providers.errors import ServerError, StreamCutError
from llmwatch.providers.request import ChatRequest
from llmwatch.store.span import Message, Usage
from tests.providers.conversations import IMAGE, LINKED, PIXEL, TOOL_TURN, WEATHER, deltas, says

GEMINI = ADAPTERS["gemini"]


def answer(*parts: dict[str, Any], reason: str | None = None, **usage: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    said = {"candidates": [candidate], "usageMetadata": usage}
    return {**said, "modelVersion": "gemini-2.5-flash", "responseId": "r1"}


def test_the_body_of_a_turn_with_tools() -> None:
    call = {"functionCall": {"name": "get_weather", "args": {"city": "Paris"}}}
    assert GEMINI.body(TOOL_TURN) == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Weather in Paris?"}]},
            {"role": "model", "parts": [{"text": "Let me look."}, call]},
            {
                "role": "user",
                "parts": [{"functionResponse": {"name": "get_weather", "response": {"celsius": 18}}}],
            },
        ],
        "generationConfig": {"temperature": 0.7, "maxOutputTokens": 50, "stopSequences": ["END"], "seed": 1},
        "tools": [
            {
                "functionDeclarations": [
                    {
                        "name": "get_weather",
                        "description": "The weather in a city",
                        "parametersJsonSchema": WEATHER.parameters,
                    }
                ]
            }
        ],
    }


def test_images() -> None:
    parts = GEMINI.body(ChatRequest(model="m", messages=(Message(role="user", parts=(IMAGE, LINKED)),)))
    assert parts["contents"][0]["parts"] == [
        {"inlineData": {"mimeType": "image/png", "data": PIXEL}},
        {"fileData": {"fileUri": "https://example.com/cat.png"}},
    ]


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("gemini-2.5-flash", "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"),
        ("models/gemini-2.5-flash", "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"),
        ("../../evil?x=", "/v1beta/models/..%2F..%2Fevil%3Fx%3D:streamGenerateContent?alt=sse"),
        ("@evil.example", "/v1beta/models/%40evil.example:streamGenerateContent?alt=sse"),
    ],
)
def test_a_model_name_stays_in_its_place(model: str, path: str) -> None:
    assert GEMINI.path(ChatRequest(model=model, messages=(says("user", "Hi"),))) == path


async def test_thoughts_text_and_usage() -> None:
    """Thoughts are counted beside the candidates: 10 + 32 = 42 output tokens."""
    counts = {
        "promptTokenCount": 200, "candidatesTokenCount": 10, "thoughtsTokenCount": 32,
        "cachedContentTokenCount": 128, "totalTokenCount": 242,
    }  # fmt: skip
    assert await deltas(
        GEMINI,
        answer({"text": "Hm.", "thought": True}, promptTokenCount=200),
        answer({"text": "The capital"}, promptTokenCount=200),
        answer({"text": " is Paris."}, reason="STOP", **counts),
    ) == [
        ReasoningDelta("Hm."),
        TextDelta("The capital"),
        TextDelta(" is Paris."),
        Finished(
            usage=Usage(
                input_tokens=200,
                output_tokens=42,
                total_tokens=242,
                cache_read_tokens=128,
                reasoning_tokens=32,
            ),
            finish_reason="STOP",
            response_id="r1",
            model="gemini-2.5-flash",
        ),
    ]


async def test_function_calls() -> None:
    calls: list[dict[str, Any]] = [
        {"functionCall": {"name": "a", "args": {"x": 1}}},
        {"functionCall": {"name": "b", "id": "i"}},
    ]
    found = await deltas(GEMINI, answer(*calls, reason="STOP"))
    assert found[:2] == [
        ToolCallDelta(index=0, name="a", arguments='{"x": 1}'),
        ToolCallDelta(index=1, id="i", name="b", arguments="{}"),
    ]


async def test_a_blocked_prompt() -> None:
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}}
    assert await deltas(GEMINI, blocked) == [Finished(usage=Usage(input_tokens=4), finish_reason="SAFETY")]


async def test_failures() -> None:
    with pytest.raises(ServerError, match="internal"):
        await deltas(GEMINI, {"error": {"code": 500, "message": "internal", "status": "INTERNAL"}})
    with pytest.raises(StreamCutError):
        await deltas(GEMINI, answer({"text": "The"}))
