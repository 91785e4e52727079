"""Merging records: any order, any number of times; known beats unknown, final beats pending."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from llmwatch.store.merge import merge
from llmwatch.store.price import Price, Rates, Tariff
from llmwatch.store.span import Call, Content, Context, Cost, Event, Link, Message, Span, Tool, Usage
from tests.store.builders import SECOND, T0, said, span
from tests.store.strategies import records

START = span(
    state="started", name="chat", kind="llm", context=Context(user_id="u", metadata={"a": 1, "b": 1})
)
END = span(
    start_ns=T0 + 5,
    end_ns=T0 + SECOND,
    name="chat m",
    context=Context(session_id="s", metadata={"b": 2}),
    call=Call(response_model="m", usage=Usage(input_tokens=3)),
)


@given(st.lists(records(("a",)), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(group: list[Span], random: Any) -> None:
    merged = merge(group)
    again = group + random.choices(group, k=3)
    random.shuffle(again)
    assert merge(again) == merged


def test_a_start_and_an_end_make_one_span() -> None:
    merged = merge([END, START])
    assert merged.state == "ended"
    assert merged.start_ns == T0 + 5, "the final record's start"
    assert merged.end_ns == T0 + SECOND
    assert merged.name == "chat m"
    assert merged.kind == "llm", "`span` is what is said when nothing is known"
    assert merged.context == Context(user_id="u", session_id="s", metadata={"a": 1, "b": 2})
    assert merged.call == Call(response_model="m", usage=Usage(input_tokens=3))


def test_one_record_stays_as_it_is() -> None:
    assert merge([END]) is END


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (("unset", "ok"), "ok"),
        (("ok", "unset"), "ok"),
        (("error", "ok"), "error"),
        (("ok", "error"), "error"),
        (("unset", "error"), "error"),
    ],
)
def test_an_error_stays(statuses: tuple[Any, Any], expected: str) -> None:
    first, second = statuses
    assert merge([span(state="started", status=first), span(status=second)]).status == expected


def test_events_and_links_are_united_by_time() -> None:
    late, early = Event(name="late", time_ns=9), Event(name="early", time_ns=1)
    link = Link(trace_id="x", span_id="y")
    left = span(state="started", content=Content(events=(late,), links=(link,), truncated=("b: 1",)))
    right = span(content=Content(events=(early, late), links=(link,), truncated=("a: 1",)))
    content = merge([left, right]).content
    assert content.events == (early, late)
    assert content.links == (link,)
    assert content.truncated == ("a: 1", "b: 1")


def _log(message: Message, at: int, **content: Any) -> Span:
    return span(
        state="partial", start_ns=T0 + at, content=Content(**(content or {"input_messages": (message,)}))
    )


def test_messages_of_log_records_are_put_in_order() -> None:
    answer = _log(said(""), 1, output_messages=(said("answer", "assistant"),))
    logs = [
        _log(said("question"), 1),
        answer,
        _log(said("rules", "system"), 1),
        _log(said("tool", "tool"), 2),
    ]
    merged = merge([*logs, END])
    assert merged.content.input_messages == (said("rules", "system"), said("question"), said("tool", "tool"))
    assert merged.content.output_messages == (said("answer", "assistant"),)
    assert merged.start_ns == END.start_ns, "a log record knows no start"


def test_log_records_do_not_count_beside_the_conversation_as_a_whole() -> None:
    whole = span(content=Content(input_messages=(said("one"), said("two"))))
    merged = merge([_log(said("one"), 1), _log(said("two"), 2), whole])
    assert merged.content.input_messages == (said("one"), said("two"))


def test_log_records_alone_begin_with_the_first() -> None:
    merged = merge([_log(said("two"), 2), _log(said("one"), 1)])
    assert (merged.state, merged.start_ns) == ("partial", T0 + 1)


def test_counted_usage_beats_estimated() -> None:
    counted = span(state="started", call=Call(usage=Usage(input_tokens=10)))
    guess = span(call=Call(usage=Usage(input_tokens=99, output_tokens=5, estimated=True)))
    call = merge([counted, guess]).call
    assert call is not None
    assert call.usage == Usage(input_tokens=10, output_tokens=5)


def test_a_known_price_is_taken_as_a_whole() -> None:
    priced = span(
        state="started",
        cost=Cost(nanousd=5, price=Price(model="m", tariff=Tariff(Rates(input=1)), source="old")),
    )
    assert merge([priced, span(cost=Cost(nanousd=None, note="unknown"))]).cost == Cost(
        nanousd=None, note="unknown"
    )


def test_false_and_zero_are_known() -> None:
    merged = merge([span(state="started", tool=Tool(success=True)), span(tool=Tool(success=False))])
    assert merged.tool == Tool(success=False)


def test_of_numbered_records_the_later_wins_whatever_it_knows() -> None:
    begun = Span(
        trace_id="t", span_id="a", state="started", start_ns=T0, name="draft", revision=1,
        call=Call(request_model="m"), content=Content(input_messages=(said("one"),)),
    )  # fmt: skip
    update = Span(
        trace_id="t", span_id="a", state="partial", start_ns=T0 + 9, end_ns=T0 + SECOND, name="final",
        revision=2, content=Content(input_messages=(said("two"),)),
    )  # fmt: skip
    merged = merge([update, begun])
    assert (merged.state, merged.start_ns, merged.end_ns) == ("ended", T0, T0 + SECOND)
    assert merged.name == "final"
    assert merged.content.input_messages == (said("two"),)
    assert merged.call == Call(request_model="m")


def test_an_update_alone_has_not_begun() -> None:
    update = Span(trace_id="t", span_id="a", state="partial", start_ns=T0, end_ns=T0 + SECOND, revision=2)
    named = Span(trace_id="t", span_id="a", state="partial", start_ns=T0, name="n", revision=3)
    assert merge([update, named]).state == "partial"


def test_the_first_of_numbered_updates_began_the_span() -> None:
    first, update = (replace(START, revision=n, start_ns=T0 + n) for n in (1, 2))
    assert merge([update, first]).start_ns == T0 + 1
