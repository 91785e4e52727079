"""Responses: bodies as the API documents them, streams as it sends them."""

from typing import Any

import pytest

from llmwatch.providers.adapters import ADAPTERS
from llmwatch.providers.deltas import Finished, ReasoningDelta, TextDelta, ToolCallDelta
from llmwatch.providers.errors import ServerError, StreamCutError
from llmwatch.providers.request import ChatRequest
from llmwatch.store.span import Message, Part, Usage
from tests.providers.conversations import IMAGE, LINKED, PIXEL, TOOL_TURN, WEATHER, deltas, says

RESPONSES = ADAPTERS["openai-responses"]
USAGE = {
    "input_tokens": 36, "input_tokens_details": {"cached_tokens": 12}, "output_tokens": 87,
    "output_tokens_details": {"reasoning_tokens": 64}, "total_tokens": 123,
}  # fmt: skip
COUNTED = Usage(
    input_tokens=36, output_tokens=87, total_tokens=123, cache_read_tokens=12, reasoning_tokens=64
)


def response(status: str, **more: Any) -> dict[str, Any]:
    return {"id": "resp_1", "object": "response", "status": status, "model": "gpt-4o-2024-08-06", **more}


def test_the_body_of_a_turn_with_tools() -> None:
    assert RESPONSES.body(TOOL_TURN) == {
        "model": "m-1",
        "input": [
            {"role": "system", "content": [{"type": "input_text", "text": "Be brief."}]},
            {"role": "user", "content": [{"type": "input_text", "text": "Weather in Paris?"}]},
            {"role": "assistant", "content": [{"type": "output_text", "text": "Let me look."}]},
            {
                "type": "function_call",
                "call_id": "call_1",
                "name": "get_weather",
                "arguments": '{"city": "Paris"}',
            },
            {"type": "function_call_output", "call_id": "call_1", "output": '{"celsius": 18}'},
        ],
        "temperature": 0.7,
        "max_output_tokens": 50,
        "store": False,
        "stream": True,
        "tools": [
            {
                "type": "function",
                "name": "get_weather",
                "description": "The weather in a city",
                "parameters": WEATHER.parameters,
                "strict": False,
            }
        ],
    }


def test_images_and_effort() -> None:
    question = Message(role="user", parts=(Part(type="text", text="What?"), IMAGE, LINKED))
    body = RESPONSES.body(
        ChatRequest(model="o3", messages=(question,), parameters={"reasoning_effort": "low"})
    )
    assert body["input"][0]["content"] == [
        {"type": "input_text", "text": "What?"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"},
        {"type": "input_image", "image_url": "https://example.com/cat.png"},
    ]
    assert body["reasoning"] == {"effort": "low"}
    assert RESPONSES.body(ChatRequest(model="m", messages=(says("user", "Hi"),)))["input"] == [
        {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
    ]


async def test_text_reasoning_and_usage() -> None:
    assert await deltas(
        RESPONSES,
        {"type": "response.created", "response": response("in_progress", usage=None)},
        {"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": "Thinking."},
        {"type": "response.output_item.added", "output_index": 1, "item": {"type": "message", "content": []}},
        {"type": "response.output_text.delta", "output_index": 1, "delta": "Paris"},
        {"type": "response.output_text.delta", "output_index": 1, "delta": "."},
        {"type": "response.output_text.done", "output_index": 1, "text": "Paris."},
        {"type": "response.completed", "response": response("completed", usage=USAGE)},
    ) == [
        ReasoningDelta("Thinking."),
        TextDelta("Paris"),
        TextDelta("."),
        Finished(usage=COUNTED, finish_reason="stop", response_id="resp_1", model="gpt-4o-2024-08-06"),
    ]


async def test_a_function_call() -> None:
    item = {
        "id": "fc_1",
        "type": "function_call",
        "call_id": "call_9",
        "name": "get_weather",
        "arguments": "",
    }
    found = await deltas(
        RESPONSES,
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": '{"city":'},
        {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": '"Paris"}'},
        {"type": "response.function_call_arguments.done", "output_index": 0, "arguments": '{"city":"Paris"}'},
        {"type": "response.completed", "response": response("completed")},
    )
    assert found[:3] == [
        ToolCallDelta(index=0, id="call_9", name="get_weather"),
        ToolCallDelta(index=0, arguments='{"city":'),
        ToolCallDelta(index=0, arguments='"Paris"}'),
    ]
    assert isinstance(found[3], Finished)
    assert found[3].finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("why", "reason"), [("max_output_tokens", "length"), ("content_filter", "content_filter")]
)
async def test_an_incomplete_response(why: str, reason: str) -> None:
    end = response("incomplete", incomplete_details={"reason": why})
    found = await deltas(RESPONSES, {"type": "response.incomplete", "response": end})
    assert found == [Finished(finish_reason=reason, response_id="resp_1", model="gpt-4o-2024-08-06")]


async def test_a_refusal_is_text() -> None:
    end = {"type": "response.completed", "response": response("completed")}
    found = await deltas(RESPONSES, {"type": "response.refusal.delta", "delta": "No."}, end)
    assert found[0] == TextDelta("No.")


async def test_failures() -> None:
    with pytest.raises(StreamCutError):
        await deltas(RESPONSES, {"type": "response.output_text.delta", "delta": "The"})
    with pytest.raises(ServerError, match="The model failed"):
        error = {"code": "server_error", "message": "The model failed"}
        await deltas(RESPONSES, {"type": "response.failed", "response": response("failed", error=error)})
    with pytest.raises(ServerError, match="Slow down"):
        await deltas(RESPONSES, {"type": "error", "code": "rate_limit_exceeded", "message": "Slow down"})
