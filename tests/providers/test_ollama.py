"""Ollama: bodies as it documents them, lines as it sends them."""

from typing import Any

import pytest

from llmwatch.errors import NotReplayableError
from llmwatch.providers.adapters import ADAPTERS
from llmwatch.providers.deltas import Finished, ReasoningDelta, TextDelta, ToolCallDelta
from llmwatch.providers.errors import ServerError, StreamCutError
from llmwatch.providers.request import ChatRequest
from llmwatch.store.span import Message, Part, Usage
from tests.providers.conversations import IMAGE, LINKED, PIXEL, TOOL_TURN, deltas

OLLAMA = ADAPTERS["ollama"]


def line(content: str = "", **more: Any) -> dict[str, Any]:
    return {"model": "llama3.2", "message": {"role": "assistant", "content": content, **more}, "done": False}


DONE = {
    "model": "llama3.2", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop",
    "total_duration": 512345678, "prompt_eval_count": 26, "eval_count": 9,
}  # fmt: skip
END = Finished(
    usage=Usage(input_tokens=26, output_tokens=9, total_tokens=35), finish_reason="stop", model="llama3.2"
)


def test_the_body_of_a_turn_with_tools() -> None:
    body = OLLAMA.body(TOOL_TURN)
    assert body["options"] == {"temperature": 0.7, "num_predict": 50, "stop": ["END"], "seed": 1}
    assert body["messages"][2:] == [
        {
            "role": "assistant",
            "content": "Let me look.",
            "tool_calls": [{"function": {"name": "get_weather", "arguments": {"city": "Paris"}}}],
        },
        {"role": "tool", "content": '{"celsius": 18}', "tool_name": "get_weather"},
    ]
    assert body["tools"][0]["function"]["name"] == "get_weather"
    assert body["stream"] is True


def test_images_are_data_beside_the_text() -> None:
    question = Message(role="user", parts=(Part(type="text", text="What?"), IMAGE))
    assert OLLAMA.body(ChatRequest(model="m", messages=(question,)))["messages"] == [
        {"role": "user", "content": "What?", "images": [PIXEL]}
    ]
    with pytest.raises(NotReplayableError, match="data only"):
        OLLAMA.body(ChatRequest(model="m", messages=(Message(role="user", parts=(LINKED,)),)))


async def test_text_thoughts_and_counts() -> None:
    assert await deltas(OLLAMA, line(thinking="Hm."), line("The capital"), line(" is Paris."), DONE) == [
        ReasoningDelta("Hm."),
        TextDelta("The capital"),
        TextDelta(" is Paris."),
        END,
    ]


async def test_tool_calls_come_whole() -> None:
    calls = [{"function": {"name": "a", "arguments": {"city": "Zürich"}}}, {"function": {"name": "b"}}]
    assert await deltas(OLLAMA, line(tool_calls=calls[:1]), line(tool_calls=calls[1:]), DONE) == [
        ToolCallDelta(index=0, name="a", arguments='{"city": "Zürich"}'),
        ToolCallDelta(index=1, name="b", arguments="{}"),
        END,
    ]


async def test_failures() -> None:
    with pytest.raises(ServerError, match="out of memory"):
        await deltas(OLLAMA, line("The"), {"error": "out of memory"})
    with pytest.raises(StreamCutError):
        await deltas(OLLAMA, line("The"))
