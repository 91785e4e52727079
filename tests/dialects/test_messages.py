"""Messages in every shape that senders use, as the one shape that is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llmwatch.collector.dialects.bodies import request_messages, response_messages
from llmwatch.collector.dialects.messages import (
    input_messages,
    output_messages,
    system_message,
    with_system,
)
from llmwatch.store.span import Message, Part

PNG = "iVBORw0KGgo="  # eight bytes


def text(said: str, name: str | None = None) -> Part:
    return Part(type="text", text=said, name=name)


def says(role: str, *parts: Part, **fields: Any) -> Message:
    return Message(role=role, parts=parts, **fields)


def call(arguments: str | None, call_id: str | None = "c1", name: str = "weather") -> Part:
    return Part(type="tool_call", id=call_id, name=name, arguments=arguments)


def answer(said: str | None, call_id: str | None = "c1", name: str | None = None) -> Part:
    return Part(type="tool_call_response", id=call_id, text=said, name=name)


IMAGE = Part(type="blob", modality="image", mime_type="image/png", size_bytes=8, data=PNG)
PICTURE = Part(type="uri", modality="image", uri="https://example.com/a.png")

SHAPES: dict[str, tuple[Any, tuple[Message, ...]]] = {
    # OpenTelemetry's schema
    "otel": (
        [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}],
        (says("user", text("hi")),),
    ),
    "otel, all parts": (
        [
            {"role": "assistant", "finish_reason": "tool_call", "name": "Ada", "parts": [
                {"type": "reasoning", "content": "hm"},
                {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Paris"}},
            ]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": {"t": 18}}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "result": "18"}]},
            {"role": "user", "parts": [
                {"type": "blob", "modality": "image", "mime_type": "image/png", "content": PNG},
                {"type": "uri", "modality": "image", "uri": "https://example.com/a.png"},
                {"type": "file", "modality": "document", "file_id": "file-1"},
            ]},
            {"role": "user", "parts": [{"type": "mood", "colour": "blue"}]},
        ],
        (
            says("assistant", Part(type="reasoning", text="hm"), call('{"city":"Paris"}'),
                 finish_reason="tool_call", name="Ada"),
            says("tool", answer('{"t":18}')),
            says("tool", answer("18")),
            says("user", IMAGE, PICTURE, Part(type="file", modality="document", uri="file-1")),
            says("user", Part(type="generic", name="mood", text='{"type":"mood","colour":"blue"}')),
        ),
    ),
    "otel, server tools": (
        [{"role": "assistant", "parts": [
            {"type": "server_tool_call", "id": "c1", "name": "search",
             "server_tool_call": {"type": "web", "input": {"q": "x"}}},
            {"type": "server_tool_call_response", "id": "c1", "server_tool_call_response": {"hits": 2}},
        ]}],
        (says("assistant", call('{"q":"x"}', name="search"), answer('{"hits":2}')),),
    ),
    "otel, tools only": (
        [
            {"role": "assistant", "parts": [
                {"type": "text", "content": ""},
                {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Paris"}},
                {"type": "tool_call", "id": "c2", "name": "weather", "arguments": '{"city": "Pa'},
                {"type": "tool_call", "id": "c3", "name": "weather", "arguments": None},
            ]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": {"t": 18}}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c2", "result": "18"}]},
        ],
        (
            says("assistant", call('{"city":"Paris"}'), call('{"city": "Pa', "c2"), call(None, "c3")),
            says("tool", answer('{"t":18}')),
            says("tool", answer("18", "c2")),
        ),
    ),
    "otel, written loosely": (
        [{"role": "", "parts": [{"type": "text", "text": "hi"}, {"type": "tool_call", "name": "weather"}]}],
        (says("user", text("hi"), call(None, None)),),
    ),
    "a tool that answered nothing": (
        [{"role": "tool", "tool_call_id": "c1", "content": None}],
        (says("tool"),),
    ),
    "content not captured": ([{"role": "user", "parts": []}], (says("user"),)),
    "redacted": ([{"role": "user", "parts": [{"type": "text", "content": "<REDACTED>"}]}], (says("user"),)),
    # OpenAI, chat
    "openai": ([{"role": "user", "content": "hi"}], (says("user", text("hi")),)),
    "openai, parts": (
        [{"role": "user", "content": [
            {"type": "text", "text": "what?"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            {"type": "input_audio", "input_audio": {"data": PNG, "format": "wav"}},
        ]}],
        (says("user", text("what?"), IMAGE, PICTURE,
              Part(type="blob", modality="audio", mime_type="audio/wav", size_bytes=8, data=PNG)),),
    ),
    "openai, tool call and answer": (
        [
            {"role": "assistant", "content": None, "tool_calls": [{
                "id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Pa'},
            }]},
            {"role": "tool", "tool_call_id": "c1", "content": "18"},
        ],
        (says("assistant", call('{"city": "Pa')), says("tool", answer("18"))),  # malformed, as sent
    ),
    "openai, old function call": (
        [{"role": "assistant", "content": None, "function_call": {"name": "weather", "arguments": "{}"}},
         {"role": "function", "name": "weather", "content": "18"}],
        (says("assistant", call("{}", None)),
         says("function", answer("18", None, "weather"), name="weather")),
    ),
    "openai, refusal": (
        [{"role": "assistant", "content": None, "refusal": "No."}],
        (says("assistant", text("No.", "refusal")),),
    ),
    "openai-like, reasoning": (
        [{"role": "assistant", "reasoning_content": "hm", "content": "yes"}],
        (says("assistant", Part(type="reasoning", text="hm"), text("yes")),),
    ),
    # OpenAI, responses
    "responses": (
        [
            {"role": "user", "content": [
                {"type": "input_text", "text": "hi"},
                {"type": "input_image", "image_url": "https://example.com/a.png"},
            ]},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "18"},
            {"type": "message", "role": "assistant", "content": [
                {"type": "output_text", "text": "It is 18."}, {"type": "refusal", "refusal": "No."},
            ]},
        ],
        (
            says("user", text("hi"), PICTURE),
            says("assistant", Part(type="reasoning", text="hm")),
            says("assistant", call("{}")),
            says("tool", answer("18")),
            says("assistant", text("It is 18."), text("No.", "refusal")),
        ),
    ),
    # Anthropic
    "anthropic": (
        [
            {"role": "user", "content": [
                {"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
                {"type": "document", "source": {"type": "file", "file_id": "file-1"}},
            ]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": "…"},
                {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Paris"}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "18"}]},
            ]},
        ],
        (
            says("user", text("hi"), IMAGE, PICTURE, Part(type="file", modality="document", uri="file-1")),
            says("assistant", Part(type="reasoning", text="hm"), call('{"city":"Paris"}')),
            says("user", answer("18")),
        ),
    ),
    # Gemini
    "gemini": (
        [
            {"role": "user", "parts": [
                {"text": "hi"}, {"inlineData": {"mimeType": "image/png", "data": PNG}},
                {"fileData": {"fileUri": "https://example.com/a.png", "mimeType": "image/png"}},
            ]},
            {"role": "model", "parts": [
                {"text": "hm", "thought": True},
                {"functionCall": {"name": "weather", "args": {"city": "Paris"}}},
            ]},
            {"role": "user", "parts": [{"functionResponse": {"name": "weather", "response": {"t": 18}}}]},
        ],
        (
            says("user", text("hi"), IMAGE, Part(type="uri", modality="image", mime_type="image/png",
                                                 uri="https://example.com/a.png")),
            says("model", Part(type="reasoning", text="hm"), call('{"city":"Paris"}', None)),
            says("user", answer('{"t":18}', None, "weather")),
        ),
    ),
    # Vercel's AI SDK
    "vercel": (
        [
            {"role": "assistant", "content": [
                {"type": "tool-call", "toolCallId": "c1", "toolName": "weather", "input": {"city": "Paris"}},
            ]},
            {"role": "tool", "content": [
                {"type": "tool-result", "toolCallId": "c1", "toolName": "weather", "output": {"t": 18}},
            ]},
        ],
        (says("assistant", call('{"city":"Paris"}')), says("tool", answer('{"t":18}', "c1", "weather"))),
    ),
    # OpenInference, rebuilt from flattened names
    "openinference": (
        [{"message": {"role": "assistant", "contents": [
            {"message_content": {"type": "text", "text": "look"}},
            {"message_content": {"type": "image", "image": {"image": {"url": "https://example.com/a.png"}}}},
            {"message_content": {"type": "tool_use"},
             "tool_call": {"id": "c1", "function": {"name": "weather", "arguments": "{}"}}},
        ], "tool_calls": [{"tool_call": {"id": "c1", "function": {"name": "weather", "arguments": "{}"}}}]}}],
        (says("assistant", text("look"), PICTURE, call("{}")),),  # the call stands there twice
    ),
    "dumped by python": (
        "[{'role': 'user', 'content': 'hi'}]",
        (says("user", text("hi")),),
    ),
    "parts dumped to a string": (
        [{"role": "user", "content": '[{"type": "text", "text": "hi"}]'}],
        (says("user", text("hi")),),
    ),
    "one message": ({"role": "User", "content": "hi"}, (says("user", text("hi")),)),
    "text": ("hi", (says("user", text("hi")),)),
    "json that is text": ('{"answer": 42}', (says("user", text('{"answer": 42}')),)),
    "a list that is text": ('["a", "b"]', (says("user", text('["a", "b"]')),)),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_messages(shape: str) -> None:
    sent, expected = SHAPES[shape]
    assert input_messages(sent) == expected


@pytest.mark.parametrize("shape", [shape for shape, (sent, _) in SHAPES.items() if not isinstance(sent, str)])
def test_messages_in_json_text(shape: str) -> None:
    sent, expected = SHAPES[shape]
    assert input_messages(json.dumps(sent)) == expected
    assert input_messages(json.dumps(json.dumps(sent))) == expected


parts_sent = st.one_of(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["text", "reasoning"])},
        optional={"content": st.one_of(st.none(), st.text(max_size=9))},
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["tool_call", "tool_call_response"])},
        optional={
            "id": st.one_of(st.none(), st.text(max_size=3), st.integers()),
            "name": st.one_of(st.none(), st.text(max_size=3)),
            "arguments": st.one_of(st.none(), st.text(max_size=3), st.just({"a": [1, "b"]})),
            "response": st.one_of(st.none(), st.text(max_size=3), st.just({"a": 1})),
            "result": st.one_of(st.text(max_size=3), st.just([1])),
        },
    ),
)
messages_sent = st.lists(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(["user", "Assistant", "tool", ""]),
            "parts": st.lists(parts_sent, max_size=3),
        },
        optional={"name": st.one_of(st.none(), st.just("Ada")), "finish_reason": st.just("stop")},
    ),
    min_size=1,
    max_size=3,
)


@settings(deadline=None)
@given(messages_sent)
@example(
    [{"role": "tool", "parts": [{"type": "tool_call_response", "id": "0", "response": None, "result": "0"}]}]
)
def test_the_fast_reader_says_what_the_general_one_says(sent: Any) -> None:
    assert input_messages(json.dumps(sent)) == input_messages(sent)


@pytest.mark.parametrize("nothing", [None, "", "<REDACTED>", [], {}, 7, [None], [{}], "[]"])
def test_no_messages(nothing: Any) -> None:
    assert input_messages(nothing) is None


def test_an_answer_is_the_assistants() -> None:
    assert output_messages("yes") == (says("assistant", text("yes")),)
    assert output_messages([{"content": "yes"}]) == (says("assistant", text("yes")),)


def test_system_instructions_come_first_unless_they_are_there() -> None:
    system = system_message('[{"type": "text", "content": "Be brief."}]')
    assert system == says("system", text("Be brief."))
    asked = (says("user", text("hi")),)
    assert with_system(system, asked) == (system, *asked)
    assert with_system(system, (says("developer", text("Be brief.")), *asked))[0].role == "developer"
    assert with_system(None, asked) == asked
    assert system_message("<REDACTED>") is None


ASKED = (says("system", text("Be brief.")), says("user", text("hi")))


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}]},
        {"model": "gpt-4o", "instructions": "Be brief.", "input": "hi"},
        {"model": "gpt-4o", "instructions": "Be brief.", "input": [{"role": "user", "content": "hi"}]},
        {"system": [{"type": "text", "text": "Be brief."}], "messages": [{"role": "user", "content": "hi"}]},
        {"systemInstruction": {"parts": [{"text": "Be brief."}]},
         "contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
        {"system": "Be brief.", "prompt": "hi"},
    ],
)  # fmt: skip
def test_requests(body: Any) -> None:
    assert request_messages(json.dumps(body)) == ASKED
    assert request_messages(body) == ASKED


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"choices": [{"message": {"role": "assistant", "content": "yes"}, "finish_reason": "x"}]}, "x"),
        ({"choices": [{"finish_reason": "stop", "text": "yes"}]}, "stop"),
        ({"output": [{"role": "assistant", "content": [{"type": "output_text", "text": "yes"}]}]}, None),
        ({"role": "assistant", "content": [{"type": "text", "text": "yes"}], "stop_reason": "end"}, "end"),
        ({"candidates": [{"content": {"role": "assistant", "parts": [{"text": "yes"}]},
                          "finishReason": "STOP"}]}, "STOP"),
        ({"message": {"role": "assistant", "content": "yes"}, "done_reason": "stop"}, "stop"),
        ({"output": {"message": {"role": "assistant", "content": [{"text": "yes"}]}},
          "stopReason": "end"}, "end"),
    ],
)  # fmt: skip
def test_responses(body: Any, reason: str | None) -> None:
    expected = (says("assistant", text("yes"), finish_reason=reason),)
    assert response_messages(body) == expected
    assert response_messages(json.dumps(body)) == expected


@pytest.mark.parametrize("said", ["yes", '"yes"', '{"answer": "yes"}', '{"content": "yes"}', "[1, 2]"])
def test_an_answer_in_text_is_kept_as_it_is(said: str) -> None:
    assert response_messages(said) == (says("assistant", text(said)),)
    assert request_messages(said) == (says("user", text(said)),)
