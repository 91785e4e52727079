"""Messages: bodies as the API documents them, streams as it sends them."""

from typing import Any

import pytest

from llmwatch.errors import NotReplayableError
from llmwatch.providers.adapters import ADAPTERS
from llmwatch.providers.deltas import Finished, ReasoningDelta, TextDelta, ToolCallDelta
from llmwatch.providers.errors import ServerError, StreamCutError
from llmwatch.providers.request import ChatRequest
from llmwatch.store.span import Message, Part, Usage
from tests.providers.conversations import IMAGE, LINKED, PIXEL, TOOL_TURN, WEATHER, deltas, says

MESSAGES = ADAPTERS["anthropic"]


def start(**usage: Any) -> dict[str, Any]:
    message = {
        "id": "msg_1",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": [],
        "usage": usage,
    }
    return {"type": "message_start", "message": message}


def ended(reason: str, **usage: Any) -> list[dict[str, Any]]:
    return [
        {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    ]


def test_the_body_of_a_turn_with_tools() -> None:
    """System texts are apart, and the tool's result is a user's turn."""
    assert MESSAGES.body(TOOL_TURN) == {
        "model": "m-1",
        "max_tokens": 50,
        "temperature": 0.7,
        "stop_sequences": ["END"],
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Weather in Paris?"}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "Let me look."},
                    {"type": "tool_use", "id": "call_1", "name": "get_weather", "input": {"city": "Paris"}},
                ],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": '{"celsius": 18}'}],
            },
        ],
        "tools": [
            {
                "name": "get_weather",
                "description": "The weather in a city",
                "input_schema": WEATHER.parameters,
            }
        ],
        "stream": True,
    }


def test_max_tokens_is_always_there() -> None:
    assert MESSAGES.body(ChatRequest(model="m", messages=(says("user", "Hi"),)))["max_tokens"] == 4096


def test_messages_of_one_role_become_one() -> None:
    """Results of parallel calls must come in one message, and two user messages in a row are refused."""
    body = MESSAGES.body(ChatRequest(model="m", messages=(says("user", "One"), says("user", "Two"))))
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}]}
    ]


def test_images() -> None:
    content = MESSAGES.body(ChatRequest(model="m", messages=(Message(role="user", parts=(IMAGE, LINKED)),)))
    assert content["messages"][0]["content"] == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/cat.png"}},
    ]


def test_malformed_arguments_cannot_be_carried() -> None:
    call = Part(type="tool_call", id="c", name="f", arguments='{"city": ')
    with pytest.raises(NotReplayableError, match="arguments of f are not JSON"):
        MESSAGES.body(ChatRequest(model="m", messages=(Message(role="assistant", parts=(call,)),)))


async def test_thinking_text_and_tool_use() -> None:
    assert await deltas(
        MESSAGES,
        start(input_tokens=472, output_tokens=2),
        {"type": "ping"},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "Eq"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "I'll look."}},
        {"type": "content_block_stop", "index": 1},
        {
            "type": "content_block_start",
            "index": 2,
            "content_block": {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}},
        },
        {
            "type": "content_block_delta",
            "index": 2,
            "delta": {"type": "input_json_delta", "partial_json": ""},
        },
        {
            "type": "content_block_delta",
            "index": 2,
            "delta": {"type": "input_json_delta", "partial_json": '{"city": "Paris"}'},
        },
        {"type": "content_block_stop", "index": 2},
        *ended("tool_use", output_tokens=89),
    ) == [
        ReasoningDelta("Hm."),
        TextDelta("I'll look."),
        ToolCallDelta(index=2, id="toolu_1", name="get_weather"),
        ToolCallDelta(index=2),
        ToolCallDelta(index=2, arguments='{"city": "Paris"}'),
        Finished(
            usage=Usage(input_tokens=472, output_tokens=89, total_tokens=561),
            finish_reason="tool_use",
            response_id="msg_1",
            model="claude-sonnet-4-5-20250929",
        ),
    ]


async def test_cached_tokens_belong_to_the_input() -> None:
    """Anthropic's input_tokens leave the cached ones out: 10 + 1,024 read + 256 written = 1,290."""
    found = await deltas(
        MESSAGES,
        start(
            input_tokens=10, cache_creation_input_tokens=256, cache_read_input_tokens=1024, output_tokens=1,
            cache_creation={"ephemeral_5m_input_tokens": 156, "ephemeral_1h_input_tokens": 100},
        ),
        *ended("end_turn", output_tokens=7),
    )  # fmt: skip
    assert isinstance(found[-1], Finished)
    assert found[-1].usage == Usage(
        input_tokens=1290, output_tokens=7, total_tokens=1297, cache_read_tokens=1024, cache_write_tokens=256,
        cache_write_1h_tokens=100,
    )  # fmt: skip


async def test_totals_in_the_last_event_replace_the_first() -> None:
    found = await deltas(
        MESSAGES, start(input_tokens=10, output_tokens=1), *ended("refusal", input_tokens=12, output_tokens=4)
    )
    assert found == [
        Finished(
            usage=Usage(input_tokens=12, output_tokens=4, total_tokens=16), finish_reason="refusal",
            response_id="msg_1", model="claude-sonnet-4-5-20250929",
        )
    ]  # fmt: skip


async def test_failures() -> None:
    with pytest.raises(ServerError, match="Overloaded"):
        await deltas(
            MESSAGES,
            start(),
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        )
    with pytest.raises(StreamCutError):
        await deltas(MESSAGES, start(), ended("end_turn")[0])
