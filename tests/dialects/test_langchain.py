"""LangChain's messages, answers and documents in the forms in which its tracers and its users dump them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmwatch.collector.dialects.bodies import request_messages, response_messages
from llmwatch.collector.dialects.documents import documents
from llmwatch.store.span import Document, Message, Part

CALL = {"name": "weather", "args": {"city": "Paris"}, "id": "c1", "type": "tool_call"}
CALLED = Part(type="tool_call", id="c1", name="weather", arguments='{"city":"Paris"}')


def lc(kind: str, /, **kwargs: Any) -> dict[str, Any]:
    """A message as ``langchain_core.load.dumpd`` writes it."""
    path = ["langchain", "schema", "messages", kind]
    return {"lc": 1, "type": "constructor", "id": path, "kwargs": {"type": "any", **kwargs}}


def says(role: str, *parts: Part, **fields: Any) -> Message:
    return Message(role=role, parts=parts, **fields)


def text(said: str) -> Part:
    return Part(type="text", text=said)


MESSAGES = [
    (lc("SystemMessage", content="Be brief."), says("system", text("Be brief."))),
    (lc("HumanMessage", content="hi"), says("user", text("hi"))),
    (
        lc("HumanMessage", content=[{"type": "text", "text": "look"}, {"type": "text", "text": "here"}]),
        says("user", text("look"), text("here")),
    ),
    (lc("AIMessage", content="", tool_calls=[CALL]), says("assistant", CALLED)),
    (
        lc(
            "AIMessageChunk",
            content="18",
            response_metadata={"finish_reason": "stop"},
            additional_kwargs={"reasoning_content": "warm?"},
        ),
        says("assistant", Part(type="reasoning", text="warm?"), text("18"), finish_reason="stop"),
    ),
    (
        lc(
            "AIMessage",
            content="",
            additional_kwargs={
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city":"Paris"}'},
                    }
                ]
            },
        ),
        says("assistant", CALLED),
    ),
    (
        lc("ToolMessage", content="18 °C", tool_call_id="c1", name="weather"),
        says(
            "tool",
            Part(type="tool_call_response", text="18 °C", id="c1", name="weather"),
            name="weather",
        ),
    ),
    (lc("ChatMessage", content="hm", role="critic"), says("critic", text("hm"))),
    ({"type": "human", "data": {"content": "hi"}}, says("user", text("hi"))),
    ({"type": "ai", "content": "hello", "additional_kwargs": {}}, says("assistant", text("hello"))),
]


@pytest.mark.parametrize(("sent", "expected"), MESSAGES)
def test_a_message(sent: dict[str, Any], expected: Message) -> None:
    assert request_messages({"messages": [[sent]]}) == (expected,)
    assert request_messages(json.dumps({"messages": [sent]})) == (expected,)
    assert request_messages(json.dumps([sent])) == (expected,)


def test_prompts_of_a_completion_model() -> None:
    assert request_messages({"prompts": ["one", "two"]}) == (
        says("user", text("one")),
        says("user", text("two")),
    )


def test_an_answer() -> None:
    spoken = {
        "text": "18 °C",
        "generation_info": {"finish_reason": "stop"},
        "type": "ChatGeneration",
        "message": lc("AIMessage", content="18 °C", tool_calls=[CALL]),
    }
    completed = {"text": "plain", "generationInfo": {"finishReason": "length"}}
    sent = {"generations": [[spoken], [completed]], "llm_output": None, "type": "LLMResult"}
    expected = (
        says("assistant", text("18 °C"), CALLED, finish_reason="stop"),
        says("assistant", text("plain"), finish_reason="length"),
    )
    assert response_messages(sent) == expected
    assert response_messages(json.dumps(sent)) == expected


def test_documents_have_id_and_score_in_their_metadata() -> None:
    metadata = {"id": "doc-1", "score": 0.91, "source": "a.md"}
    sent = [{"page_content": "Refunds…", "type": "Document", "metadata": metadata}]
    assert documents(sent) == (Document(id="doc-1", content="Refunds…", score=0.91, metadata=metadata),)


@pytest.mark.parametrize(
    "sent",
    [
        {"lc": 1}, {"lc": 1, "id": "HumanMessage"}, {"lc": 1, "id": [], "kwargs": 3},
        {"lc": 1, "id": ["HumanMessage"], "kwargs": None}, {"type": "human", "data": []},
        {"generations": None}, {"generations": [[None, 3], "x", {"message": 3}]},
    ],
)  # fmt: skip
def test_what_is_broken_is_no_message(sent: dict[str, Any]) -> None:
    assert not response_messages(sent) or response_messages(sent) == (says("assistant"),)
    assert request_messages({"messages": [sent]}) is None
