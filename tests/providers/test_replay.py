"""Sending a recorded call again, end to end: every API against a server, and the record of it."""

from typing import Any

import pytest

from llmwatch.config import ProviderApi
from llmwatch.errors import NotReplayableError
from llmwatch.providers.answer import Answer
from llmwatch.providers.deltas import Finished, ReasoningDelta, TextDelta, ToolCallDelta
from llmwatch.providers.errors import KeyMissingError, RedirectError, StreamCutError, UnreachableError
from llmwatch.providers.replay import (
    body_of,
    estimate,
    expected,
    send,
    to_replay,
    unsent,
    url_of,
    worth_keeping,
)
from llmwatch.providers.request import ChatRequest
from llmwatch.store.span import Part, Span, Usage
from tests.providers.conversations import IMAGE, TOOL_TURN, says
from tests.providers.stub import Stub, ndjson, serving, sse

HELLO = ChatRequest(model="gpt-4o-mini", messages=(says("user", "Hello"),))
SPAN = Span(trace_id="t1", span_id="s1", kind="llm", start_ns=1)
NDJSON = {"content-type": "application/x-ndjson"}

ANTHROPIC = sse(
    {"type": "message_start", "message": {"id": "m", "model": "c", "usage": {"input_tokens": 5}}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi."}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
)
CHAT = sse(
    {"choices": [{"delta": {"content": "Hi."}}]},
    {
        "choices": [{"delta": {}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2},
    },
    "[DONE]",
)
RESPONSES = sse(
    {"type": "response.output_text.delta", "delta": "Hi."},
    {"type": "response.completed", "response": {"usage": {"input_tokens": 5, "output_tokens": 2}}},
)
OLLAMA = ndjson(
    {"message": {"content": "Hi."}, "done": False},
    {"done": True, "done_reason": "stop", "prompt_eval_count": 5, "eval_count": 2},
)
GEMINI = sse(
    {
        "candidates": [{"content": {"parts": [{"text": "Hi."}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2},
    }
)


@pytest.mark.parametrize(
    ("api", "chunks", "headers", "path", "key_header"),
    [
        ("openai-chat", CHAT, {}, "/chat/completions", "authorization"),
        ("openai-responses", RESPONSES, {}, "/responses", "authorization"),
        ("anthropic", ANTHROPIC, {}, "/v1/messages", "x-api-key"),
        ("ollama", OLLAMA, NDJSON, "/api/chat", "authorization"),
        ("gemini", GEMINI, {}, "/v1beta/models/gpt-4o-mini:streamGenerateContent?alt=sse", "x-goog-api-key"),
    ],
)
async def test_every_api_against_a_server(
    api: ProviderApi, chunks: list[bytes], headers: dict[str, str], path: str, key_header: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("STUB_KEY", "sk-1")
    with serving(Stub(chunks=chunks)) as stub:
        stub.headers |= headers
        endpoint = stub.endpoint(api, key_env="STUB_KEY")
        answer = Answer()
        async for delta in send(HELLO, endpoint):
            answer.add(delta)
    replay = to_replay(SPAN, HELLO, endpoint, answer)
    assert stub.received[0].path == path
    assert stub.received[0].headers[key_header].endswith("sk-1")
    assert stub.received[0].body.decode() == replay.request
    assert (replay.url, url_of(HELLO, endpoint)) == (stub.base_url + path, stub.base_url + path)
    assert replay.response == "Hi."
    assert replay.usage is not None
    assert (replay.usage.input_tokens, replay.usage.output_tokens) == (5, 2)
    assert (replay.trace_id, replay.span_id, replay.status, replay.error) == ("t1", "s1", "ok", None)
    assert replay.cost_nanousd == 0, "the stub is declared free"
    assert replay.duration_ns is not None
    assert replay.time_to_first_chunk_ns is not None
    assert 0 < replay.time_to_first_chunk_ns <= replay.duration_ns


def test_an_answer_collects_and_times_its_deltas() -> None:
    ticks = iter([100, 130, 140, 150, 160, 170, 200])
    answer = Answer(clock=lambda: next(ticks))
    for delta in (
        ReasoningDelta("Hm."),
        TextDelta("One "),
        TextDelta("two"),
        ToolCallDelta(index=1, id="b", name="g", arguments='{"x"'),
        ToolCallDelta(index=1, arguments=":1}"),
        Finished(finish_reason="stop"),
    ):
        answer.add(delta)
    assert (answer.text, answer.reasoning) == ("One two", "Hm.")
    assert answer.tool_calls == (Part(type="tool_call", id="b", name="g", arguments='{"x":1}'),)
    assert (answer.time_to_first_chunk_ns, answer.duration_ns) == (30, 100)


def test_characters_cut_in_two_are_joined() -> None:
    answer = Answer()
    for half in ("caf\u00e9 \ud83d", "\ude00 \ud83d"):
        answer.add(TextDelta(half))
    assert answer.text == "café 😀 \ufffd"


def priced(**changes: Any) -> Any:
    return Stub(base_url="https://api.openai.com/v1").endpoint(free=False, **changes)


def test_the_record_of_a_failure_keeps_what_came() -> None:
    answer = Answer()
    answer.add(TextDelta("The cap"))
    replay = to_replay(
        SPAN, HELLO, priced(), answer, StreamCutError("It broke off", hint="Send it again."), time_ns=7
    )
    assert (replay.status, replay.error) == ("error", "It broke off\nSend it again.")
    assert (replay.response, replay.usage, replay.cost_nanousd, replay.time_ns) == ("The cap", None, None, 7)


def test_cost_is_the_price_lists() -> None:
    """gpt-4o-mini: $0.15 and $0.60 a million: 1,000 in and 100 out are $0.00015 + $0.00006."""
    endpoint = priced()
    answer = Answer()
    answer.add(Finished(usage=Usage(input_tokens=1000, output_tokens=100), model="gpt-4o-mini-2024-07-18"))
    assert to_replay(SPAN, HELLO, endpoint, answer, time_ns=1_760_000_000 * 10**9).cost_nanousd == 210_000


def test_the_estimate_uses_what_was_counted() -> None:
    counted = ChatRequest(model="gpt-4o-mini", messages=HELLO.messages, input_tokens=1000, output_tokens=100)
    assert expected(counted) == Usage(input_tokens=1000, output_tokens=100, estimated=True)
    cost = estimate(counted, priced(), 1_760_000_000 * 10**9)
    assert cost is not None
    assert cost.nanousd == 210_000


def test_the_estimate_guesses_the_rest() -> None:
    """ "Hello" is 5 bytes, one token, and 4 for the message; an answer without a limit is taken as 500."""
    assert expected(HELLO) == Usage(input_tokens=5, output_tokens=500, estimated=True)
    limited = ChatRequest(model="m", messages=HELLO.messages, parameters={"max_tokens": 50})
    assert expected(limited).output_tokens == 50
    seen = ChatRequest(model="m", messages=(says("user", "a" * 400),)).messages[0]
    picture = type(seen)(role="user", parts=(*seen.parts, IMAGE))
    assert expected(ChatRequest(model="m", messages=(picture,))).input_tokens == 100 + 4 + 1000


def test_an_unknown_model_is_not_free() -> None:
    cost = estimate(ChatRequest(model="no-such-model", messages=HELLO.messages), priced())
    assert cost is not None
    assert cost.nanousd is None
    assert "no-such-model" in cost.note


def test_without_a_model_nothing_is_sent() -> None:
    with pytest.raises(NotReplayableError, match="which model"):
        body_of(ChatRequest(model="", messages=HELLO.messages), priced())


def test_parameters_the_api_lacks_are_named() -> None:
    assert unsent(TOOL_TURN, priced()) == ()
    assert unsent(TOOL_TURN, Stub().endpoint("anthropic")) == ("seed",)
    extra = ChatRequest(model="m", messages=HELLO.messages, parameters={"logit_bias": {"1": 2}})
    assert unsent(extra, priced()) == ()
    assert '"logit_bias"' in body_of(extra, priced())


def test_what_no_provider_saw_is_not_recorded() -> None:
    assert worth_keeping(None)
    assert worth_keeping(StreamCutError(""))
    for error in (KeyMissingError(""), UnreachableError(""), RedirectError("")):
        assert not worth_keeping(error)
