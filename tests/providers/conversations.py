"""Requests and helpers that several tests of the providers use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from llmwatch.providers.adapters import Adapter
from llmwatch.providers.deltas import Delta
from llmwatch.providers.request import ChatRequest, FunctionTool
from llmwatch.store.span import Message, Part

PIXEL = "iVBORw0KGgo="


def says(role: str, text: str) -> Message:
    return Message(role=role, parts=(Part(type="text", text=text),))


WEATHER = FunctionTool(
    name="get_weather",
    description="The weather in a city",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
CALL = Part(type="tool_call", id="call_1", name="get_weather", arguments='{"city": "Paris"}')
RESULT = Part(type="tool_call_response", id="call_1", name="get_weather", text='{"celsius": 18}')
IMAGE = Part(type="blob", modality="image", mime_type="image/png", data=PIXEL)
LINKED = Part(type="uri", modality="image", uri="https://example.com/cat.png")

TOOL_TURN = ChatRequest(
    model="m-1",
    messages=(
        says("system", "Be brief."),
        says("user", "Weather in Paris?"),
        Message(role="assistant", parts=(Part(type="text", text="Let me look."), CALL)),
        Message(role="tool", parts=(RESULT,)),
    ),
    tools=(WEATHER,),
    parameters={"temperature": 0.7, "max_tokens": 50, "stop_sequences": ["END"], "seed": 1},
)


async def deltas(adapter: Adapter, *events: Any) -> list[Delta]:
    """What the adapter reads in ``events``."""
    return [delta async for delta in adapter.read(_stream(events))]


async def _stream(events: tuple[Any, ...]) -> AsyncIterator[Any]:
    for event in events:
        yield event
