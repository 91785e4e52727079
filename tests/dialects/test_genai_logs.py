"""GenAI log records: joined to their spans in any order, without counting usage again."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from llmwatch.collector.dialects import normalise_log, normalise_span
from llmwatch.collector.records import RawLog
from llmwatch.store.merge import merge
from llmwatch.store.span import Message, Part, Score, Span
from tests.dialects.raw import SPAN, START, TRACE, raw_log, raw_span


def text(said: str) -> Part:
    return Part(type="text", text=said)


def partial(raw: RawLog) -> Span:
    (found,) = normalise_log(raw)
    assert isinstance(found, Span)
    assert found.state == "partial"
    return found


CALL = Part(type="tool_call", id="c1", name="weather", arguments='{"city": "Pa')


@pytest.mark.parametrize(
    ("name", "body", "side", "message"),
    [
        (
            "gen_ai.system.message",
            {"content": "Be brief."},
            "input",
            Message(role="system", parts=(text("Be brief."),)),
        ),
        ("gen_ai.user.message", {"content": "hi"}, "input", Message(role="user", parts=(text("hi"),))),
        (
            "gen_ai.user.message",
            {"content": "hi", "role": "human"},
            "input",
            Message(role="human", parts=(text("hi"),)),
        ),
        ("gen_ai.user.message", '{"content": "hi"}', "input", Message(role="user", parts=(text("hi"),))),
        ("gen_ai.user.message", "hi", "input", Message(role="user", parts=(text("hi"),))),
        (
            "gen_ai.assistant.message",
            {
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city": "Pa'},
                    }
                ]
            },
            "input",
            Message(role="assistant", parts=(CALL,)),
        ),
        (
            "gen_ai.tool.message",
            {"content": "18", "id": "c1"},
            "input",
            Message(role="tool", parts=(Part(type="tool_call_response", id="c1", text="18"),)),
        ),
        (
            "gen_ai.choice",
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "yes"}},
            "output",
            Message(role="assistant", parts=(text("yes"),), finish_reason="stop"),
        ),
        (
            "gen_ai.choice",
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant"}},
            "output",
            Message(role="assistant", finish_reason="stop"),
        ),  # content not captured
    ],
)
def test_a_record_is_one_message(name: str, body: Any, side: str, message: Message) -> None:
    span = partial(raw_log(name, body, {"gen_ai.system": "openai"}))
    assert (span.trace_id, span.span_id, span.kind) == (TRACE, SPAN, "llm")
    assert getattr(span.content, f"{side}_messages") == (message,)
    assert span.call and span.call.provider == "openai"
    assert [kept.name for kept in span.content.events] == [name]


def test_the_name_of_an_event_may_be_an_attribute() -> None:
    span = partial(raw_log("", {"content": "hi"}, {"event.name": "gen_ai.user.message"}))
    assert span.content.input_messages[0].parts == (text("hi"),)


@pytest.mark.parametrize("body", [None, {}, ""])
def test_a_record_without_content_says_nothing(body: Any) -> None:
    assert partial(raw_log("gen_ai.user.message", body)).content.input_messages == ()


def test_messages_and_their_span_merge_in_any_order() -> None:
    records = [
        partial(raw_log("gen_ai.user.message", {"content": "hi"}, time_ns=START + 1)),
        partial(raw_log("gen_ai.system.message", {"content": "Be brief."}, time_ns=START + 1)),
        partial(raw_log("gen_ai.assistant.message", {"content": "Well?"}, time_ns=START + 2)),
        partial(raw_log("gen_ai.choice", {"finish_reason": "stop", "message": {"content": "yes"}})),
        normalise_span(raw_span({"gen_ai.operation.name": "chat"}, name="chat gpt-4o")),
    ]
    merged = {repr(merge(order)) for order in permutations(records)}
    assert len(merged) == 1
    span = merge(records)
    assert (span.name, span.state, span.kind, span.end_ns) == (
        "chat gpt-4o",
        "ended",
        "llm",
        records[-1].end_ns,
    )
    assert [message.role for message in span.content.input_messages] == ["system", "user", "assistant"]
    assert span.content.output_messages[0].parts == (text("yes"),)
    assert span.call and span.call.finish_reasons == ("stop",)


DETAILS = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.usage.input_tokens": 13,
    "gen_ai.usage.output_tokens": 7,
    "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}],
    "gen_ai.output.messages": [{"role": "assistant", "parts": [{"type": "text", "content": "yes"}]}],
}
EVENT = "gen_ai.client.inference.operation.details"


def test_details_are_the_call_of_their_span_once() -> None:
    whole = normalise_span(raw_span({k: v for k, v in DETAILS.items() if "messages" not in k}))
    details = partial(raw_log(EVENT, None, DETAILS))
    span = merge([whole, details])
    assert span.call == whole.call, "usage is the same, not twice"
    assert span.content.input_messages[0].parts == (text("hi"),)
    assert span.content.output_messages[0].parts == (text("yes"),)


def test_details_may_be_in_the_body() -> None:
    span = partial(raw_log(EVENT, DETAILS))
    assert span.call and span.call.usage and span.call.usage.input_tokens == 13


def test_details_whose_span_never_comes_are_a_call() -> None:
    span = partial(raw_log(EVENT, "", DETAILS))
    assert (span.kind, span.name) == ("llm", "chat gpt-4o")
    assert span.call and span.call.response_id == "chatcmpl-1"


def test_an_exception_is_an_event_of_its_span() -> None:
    attributes = {"exception.type": "TimeoutError", "exception.message": "60 s"}
    span = partial(raw_log("gen_ai.client.operation.exception", None, attributes))
    assert [(kept.name, kept.attributes) for kept in span.content.events] == [("exception", attributes)]
    assert span.status == "unset", "it may have been retried: the span says how it ended"


def test_an_evaluation_is_a_score() -> None:
    attributes = {"gen_ai.evaluation.name": "quality", "gen_ai.evaluation.score.value": 0.85}
    (score,) = normalise_log(raw_log("gen_ai.evaluation.result", "", attributes))
    assert isinstance(score, Score)
    assert (score.trace_id, score.span_id, score.name, score.value) == (TRACE, SPAN, "quality", 0.85)


@pytest.mark.parametrize(
    "raw",
    [
        raw_log("my.event", {"content": "hi"}),
        raw_log("", "GET /health 200"),
        raw_log("gen_ai.user.message", {"content": "hi"}, span_id=""),
        raw_log(EVENT, "", {"gen_ai.request.model": "m"}, trace_id="", span_id=""),  # not even a response
        raw_log("gen_ai.evaluation.result", None, {"gen_ai.evaluation.name": "quality"}),
    ],
)
def test_other_records_are_only_counted(raw: RawLog) -> None:
    assert normalise_log(raw) == ()
