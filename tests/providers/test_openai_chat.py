"""Chat completions: bodies as the API documents them, streams as it sends them."""

from typing import Any

import pytest
from msgspec.structs import replace as changed

from llmwatch.providers.adapters import ADAPTERS
from llmwatch.providers.deltas import Finished, ReasoningDelta, TextDelta, ToolCallDelta
from llmwatch.providers.errors import BadAnswerError, ServerError, StreamCutError
from llmwatch.providers.request import ChatRequest
from llmwatch.store.span import Message, Part, Usage
from tests.providers.conversations import IMAGE, LINKED, PIXEL, TOOL_TURN, deltas, says

CHAT = ADAPTERS["openai-chat"]


def chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "model": "gpt-4o-2024-08-06",
        "choices": [choice],
        **more,
    }


USAGE = {
    "prompt_tokens": 1200, "completion_tokens": 300, "total_tokens": 1500,
    "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 64, "audio_tokens": 0},
}  # fmt: skip
COUNTED = Usage(
    input_tokens=1200, output_tokens=300, total_tokens=1500, cache_read_tokens=1024, reasoning_tokens=64,
    input_audio_tokens=0, output_audio_tokens=0,
)  # fmt: skip


def test_the_body_of_a_turn_with_tools() -> None:
    function = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
    assert CHAT.body(TOOL_TURN) == {
        "model": "m-1",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Weather in Paris?"},
            {
                "role": "assistant",
                "content": "Let me look.",
                "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": '{"celsius": 18}'},
        ],
        "temperature": 0.7,
        "max_tokens": 50,
        "stop": ["END"],
        "seed": 1,
        "stream": True,
        "stream_options": {"include_usage": True},
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "get_weather",
                    "description": "The weather in a city",
                    "parameters": {
                        "type": "object",
                        "properties": {"city": {"type": "string"}},
                        "required": ["city"],
                    },
                },
            }
        ],
    }


def test_malformed_arguments_are_sent_as_they_were() -> None:
    call = Part(type="tool_call", id="c", name="f", arguments='{"city": ')
    request = ChatRequest(model="m", messages=(Message(role="assistant", parts=(call,)),))
    assert CHAT.body(request)["messages"][0]["tool_calls"][0]["function"]["arguments"] == '{"city": '


def test_images_go_as_urls() -> None:
    question = Message(role="user", parts=(Part(type="text", text="What?"), IMAGE, LINKED))
    assert CHAT.body(ChatRequest(model="m", messages=(question,)))["messages"][0]["content"] == [
        {"type": "text", "text": "What?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}},
    ]
    sound = changed(IMAGE, modality="audio", mime_type="audio/mpeg")
    heard = ChatRequest(model="m", messages=(Message(role="user", parts=(sound,)),))
    assert CHAT.body(heard)["messages"][0]["content"] == [
        {"type": "input_audio", "input_audio": {"data": PIXEL, "format": "mp3"}}
    ]


@pytest.mark.parametrize(
    "model", ["o1", "o3-mini", "o4-mini-2025-04-16", "gpt-5", "gpt-5-mini", "openai/gpt-5"]
)
def test_reasoning_models_want_max_completion_tokens(model: str) -> None:
    body = CHAT.body(ChatRequest(model=model, messages=(says("user", "Hi"),), parameters={"max_tokens": 9}))
    assert body["max_completion_tokens"] == 9
    assert "max_tokens" not in body


@pytest.mark.parametrize("model", ["gpt-4o", "llama-3.1-8b", "foo-o1", "gpt-4.1"])
def test_other_models_want_max_tokens(model: str) -> None:
    body = CHAT.body(ChatRequest(model=model, messages=(says("user", "Hi"),), parameters={"max_tokens": 9}))
    assert body["max_tokens"] == 9
    assert "max_completion_tokens" not in body


async def test_text_and_usage() -> None:
    assert await deltas(
        CHAT,
        chunk({"role": "assistant", "content": "", "refusal": None}, usage=None),
        chunk({"content": "The capital"}, usage=None),
        chunk({"content": " is Paris."}, usage=None),
        chunk({}, "stop", usage=None),
        {"id": "chatcmpl-1", "model": "gpt-4o-2024-08-06", "choices": [], "usage": USAGE},
    ) == [
        TextDelta("The capital"),
        TextDelta(" is Paris."),
        Finished(usage=COUNTED, finish_reason="stop", response_id="chatcmpl-1", model="gpt-4o-2024-08-06"),
    ]


async def test_parallel_tool_calls_in_fragments() -> None:
    def call(index: int, **fields: Any) -> dict[str, Any]:
        return chunk({"tool_calls": [{"index": index, **fields}]})

    assert await deltas(
        CHAT,
        call(0, id="call_a", type="function", function={"name": "get_weather", "arguments": ""}),
        call(0, function={"arguments": '{"city"'}),
        call(0, function={"arguments": ': "Paris"}'}),
        call(1, id="call_b", type="function", function={"name": "get_time", "arguments": "{}"}),
        chunk({}, "tool_calls"),
    ) == [
        ToolCallDelta(index=0, id="call_a", name="get_weather"),
        ToolCallDelta(index=0, arguments='{"city"'),
        ToolCallDelta(index=0, arguments=': "Paris"}'),
        ToolCallDelta(index=1, id="call_b", name="get_time", arguments="{}"),
        Finished(finish_reason="tool_calls", response_id="chatcmpl-1", model="gpt-4o-2024-08-06"),
    ]


async def test_refusal_and_reasoning() -> None:
    found = await deltas(
        CHAT,
        chunk({"reasoning_content": "Hm."}),
        chunk({"refusal": "I can't "}),
        chunk({"refusal": "help."}),
        chunk({}, "stop"),
    )
    assert found[:3] == [ReasoningDelta("Hm."), TextDelta("I can't "), TextDelta("help.")]


async def test_a_server_that_does_not_stream() -> None:
    message = {
        "role": "assistant",
        "content": "Hi.",
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    }
    whole = {
        "id": "x",
        "model": "m",
        "choices": [{"message": message, "finish_reason": "stop"}],
        "usage": USAGE,
    }
    assert await deltas(CHAT, whole) == [
        TextDelta("Hi."),
        ToolCallDelta(index=0, id="c", name="f", arguments="{}"),
        Finished(usage=COUNTED, finish_reason="stop", response_id="x", model="m"),
    ]


async def test_failures() -> None:
    with pytest.raises(StreamCutError):
        await deltas(CHAT, chunk({"content": "The cap"}))
    with pytest.raises(ServerError, match="overloaded"):
        await deltas(
            CHAT, chunk({"content": "a"}), {"error": {"message": "overloaded", "type": "server_error"}}
        )
    with pytest.raises(BadAnswerError, match="no JSON object"):
        await deltas(CHAT, ["not", "an", "object"])


async def test_nonsense_is_as_if_it_were_not_there() -> None:
    assert await deltas(
        CHAT,
        {"choices": None},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {"content": 7, "tool_calls": "x"}}], "usage": "many"},
        {
            "choices": [{"delta": {}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": -1, "completion_tokens": True},
        },
    ) == [Finished(usage=Usage(), finish_reason="stop")]
