"""Rebuilding a request from a recorded call."""

import json
from typing import Any

import pytest

from llmwatch.errors import NotReplayableError
from llmwatch.providers.request import (
    FunctionTool,
    request_from,
    why_not,
    with_messages,
    with_model,
    with_parameters,
)
from llmwatch.store.span import Call, Content, Message, Part, Span, Usage
from tests.providers.conversations import CALL, IMAGE, says


def recorded(call: Call | None = None, kind: Any = "llm", **content: Any) -> Span:
    return Span(
        trace_id="t", span_id="s", kind=kind, start_ns=1, call=call or Call(request_model="gpt-4o"),
        content=Content(**content),
    )  # fmt: skip


def asked(*messages: Message) -> Span:
    return recorded(input_messages=messages)


def test_everything_recorded_is_there() -> None:
    tools = (
        {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}},
    )
    call = Call(
        provider="openai", request_model="gpt-4o", response_model="gpt-4o-2024-08-06",
        parameters={"temperature": 0.7, "max_tokens": 64.0, "stop": ["END"]},
        usage=Usage(input_tokens=1204, output_tokens=318),
    )  # fmt: skip
    span = recorded(
        call, input_messages=(says("system", "Be brief."), says("user", "Hi")), tool_definitions=tools
    )
    request = request_from(span)
    assert why_not(span) is None
    assert request.model == "gpt-4o"
    assert request.provider == "openai"
    assert request.messages == (says("system", "Be brief."), says("user", "Hi"))
    assert request.tools == (FunctionTool(name="f", description="d", parameters={"type": "object"}),)
    assert request.parameters == {"temperature": 0.7, "max_tokens": 64, "stop_sequences": ["END"]}
    assert isinstance(request.parameters["max_tokens"], int), "OTel may carry it as a double"
    assert (request.input_tokens, request.output_tokens) == (1204, 318)
    assert request.notes == ()


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        (recorded(kind="tool", input_messages=(says("user", "Hi"),)), "of the kind tool"),
        (recorded(kind="embedding", input_text="Hi"), "of the kind embedding"),
        (recorded(), "not captured"),
        (recorded(input_messages=(Message(role="user"),), input_text="  "), "not captured"),
    ],
)
def test_why_not(span: Span, reason: str) -> None:
    assert reason in (why_not(span) or "")
    with pytest.raises(NotReplayableError, match=reason):
        request_from(span)


@pytest.mark.parametrize("role", ["developer", "SYSTEM"])
def test_roles_of_all_dialects(role: str) -> None:
    told = request_from(asked(says(role, "a"), says("human", "b"), says("ai", "c"), says("stranger", "d")))
    assert [m.role for m in told.messages] == ["system", "user", "assistant", "user"]


def test_results_are_matched_to_calls_without_ids() -> None:
    calls = Message(
        role="assistant",
        parts=(
            Part(type="tool_call", name="f", arguments="{}"),
            Part(type="tool_call", name="g", arguments="{}"),
        ),
    )
    request = request_from(asked(says("user", "Go"), calls, says("tool", "first"), says("tool", "second")))
    assert [p.id for p in request.messages[1].parts] == ["call_1", "call_2"]
    assert [m.parts[0] for m in request.messages[2:]] == [
        Part(type="tool_call_response", id="call_1", name="f", text="first"),
        Part(type="tool_call_response", id="call_2", name="g", text="second"),
    ]


def test_a_result_learns_the_name_of_its_call() -> None:
    answer = Message(role="tool", parts=(Part(type="tool_call_response", id="call_1", text="18"),))
    request = request_from(asked(Message(role="assistant", parts=(CALL,)), answer))
    assert request.messages[1].parts[0].name == "get_weather"


def test_what_cannot_be_sent_is_left_out_and_said() -> None:
    lost = Part(type="blob", modality="image", mime_type="image/png", size_bytes=99)
    thought = Part(type="reasoning", text="Hm.")
    file = Part(type="file", uri="file-123")
    odd = Part(type="generic", text="{}")
    request = request_from(asked(Message(role="user", parts=(lost, IMAGE, thought, file, odd))))
    assert request.messages == (Message(role="user", parts=(IMAGE,)),)
    assert len(request.notes) == 4
    assert "image/png" in request.notes[0]


def test_tools_of_all_apis() -> None:
    schema = {"type": "object"}
    tools: Any = (
        {"type": "function", "function": {"name": "chat", "parameters": schema}},
        {"type": "function", "name": "responses", "parameters": schema},
        {"name": "anthropic", "input_schema": schema},
        {"functionDeclarations": [{"name": "gemini", "parameters": schema}]},
        {"type": "web_search_preview"},
        {"functionDeclarations": ["?"]},
    )
    request = request_from(recorded(input_messages=(says("user", "Hi"),), tool_definitions=tools))
    assert [tool.name for tool in request.tools] == ["chat", "responses", "anthropic", "gemini"]
    assert all(tool.parameters == schema for tool in request.tools)
    assert "web_search_preview" in request.notes[0]


def test_unknown_parameters_are_said() -> None:
    call = Call(request_model="m", parameters={"temperature": None, "n": 2, "logit_bias": {}, "best_of": 3})
    request = request_from(recorded(call, input_messages=(says("user", "Hi"),)))
    assert request.parameters == {}
    assert request.notes == ("Not sent, unknown to the replay: best_of, logit_bias.",)


def test_a_cut_prompt_is_said() -> None:
    request = request_from(recorded(input_messages=(says("user", "Hi"),), truncated=("input: 2000000",)))
    assert request.notes == ("The recording was cut when it came in: input: 2000000.",)


CHAT_BODY = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "Hi"}],
    "temperature": 0.2,
    "max_completion_tokens": 9,
    "stream": True,
    "tools": [{"type": "function", "function": {"name": "f"}}],
}


@pytest.mark.parametrize("value", [json.dumps(CHAT_BODY), CHAT_BODY])
def test_the_raw_request_fills_in(value: object) -> None:
    said = {"input_messages": (says("user", "Hi"),)}
    request = request_from(recorded(Call(), attributes={"input.value": value}, **said))
    assert request.model == "gpt-4o-mini"
    assert request.parameters == {"temperature": 0.2, "max_tokens": 9}
    assert request.tools == (FunctionTool(name="f"),)
    assert request.notes == ()


def test_the_spans_own_fields_beat_the_raw_request() -> None:
    call = Call(request_model="gpt-4o", parameters={"temperature": 0.9})
    attributes = {"input.value": json.dumps(CHAT_BODY)}
    request = request_from(recorded(call, input_messages=(says("user", "Own"),), attributes=attributes))
    assert request.model == "gpt-4o"
    assert request.messages == (says("user", "Own"),)
    assert request.parameters == {"temperature": 0.9, "max_tokens": 9}


@pytest.mark.parametrize(
    ("body", "api", "parameters"),
    [
        ({"input": "Hi", "max_output_tokens": 5}, "openai-responses", {"max_tokens": 5}),
        ({"contents": [], "generationConfig": {"topP": 0.5}}, "gemini", {"top_p": 0.5}),
        ({"messages": [], "options": {"num_predict": 5, "seed": 1}}, None, {"max_tokens": 5, "seed": 1}),
        ({"prompt": "Hi", "stop": ["."]}, None, {"stop_sequences": ["."]}),
        ({"question": "no request", "temperature": 1}, None, {}),
        ([], None, {}),
        ("{broken", None, {}),
    ],
)  # fmt: skip
def test_raw_requests_of_other_apis(body: object, api: str | None, parameters: dict[str, Any]) -> None:
    raw = body if isinstance(body, str) else json.dumps(body)
    request = request_from(recorded(input_messages=(says("user", "Hi"),), attributes={"input.value": raw}))
    assert (request.api, request.parameters, request.notes) == (api, parameters, ())


def test_a_bare_prompt_is_a_users_message() -> None:
    assert request_from(recorded(input_text="What is it?")).messages == (says("user", "What is it?"),)


def test_the_api_the_span_names() -> None:
    span = recorded(input_messages=(says("user", "Hi"),), attributes={"openai.api.type": "responses"})
    assert request_from(span).api == "openai-responses"


def test_changes() -> None:
    request = request_from(
        recorded(Call(request_model="m", usage=Usage(input_tokens=9)), input_messages=(says("user", "Hi"),))
    )
    assert with_parameters(request, {"temperature": 0}).parameters == {"temperature": 0}
    assert with_parameters(with_parameters(request, {"seed": 1}), {"seed": None}).parameters == {}
    assert with_model(request, "m") is request
    assert with_messages(request, request.messages) is request
    other = with_messages(request, (says("user", "Bye"),))
    assert (other.messages[0].parts[0].text, other.input_tokens) == ("Bye", None)
    assert (with_model(request, "n").model, with_model(request, "n").input_tokens) == ("n", None)
