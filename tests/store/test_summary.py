"""The row of a trace, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from llmwatch.store.span import Call, Context, Cost, Span, Usage
from llmwatch.store.summary import Summary, summarise
from llmwatch.store.usage import usage_roles
from tests.store.builders import SECOND, T0, brief, llm, span, who


def summary(*spans: Span) -> Summary:
    briefs = [brief(each) for each in spans]
    result = summarise(briefs, usage_roles(briefs))
    assert summarise(briefs[::-1], usage_roles(briefs)) == result
    return result


def check(result: Summary, **expected: Any) -> None:
    assert {name: getattr(result, name) for name in expected} == expected


def test_a_whole_trace() -> None:
    root = span(
        "root", name="ask", start_ns=T0, end_ns=T0 + 9 * SECOND, status="ok", context=who(user_id="u")
    )
    first = llm("b", parent_id="root", start_ns=T0 + SECOND, tokens=10, context=who(user_id="v", feature="f"))
    second = llm("c", parent_id="root", start_ns=T0 + 3 * SECOND, tokens=1)
    check(
        summary(root, first, second),
        root_span_id="root", name="ask", start_ns=T0, end_ns=T0 + 9 * SECOND, duration_ns=9 * SECOND,
        status="ok", running=False, span_count=3, llm_calls=2, error_count=0, user_id="u", feature="f",
        service=None, model="m", input_tokens=11, output_tokens=11, cost_nanousd=22, unpriced_calls=0,
    )  # fmt: skip


def test_before_the_root_has_come() -> None:
    check(
        summary(llm("b", parent_id="root", name="chat")),
        root_span_id=None, name="chat", running=True, status="unset", end_ns=T0 + SECOND,
    )  # fmt: skip


def test_the_root_ended_first() -> None:
    late = span("late", parent_id="root", state="started")
    check(summary(span("root"), late), running=True, status="unset", end_ns=T0 + SECOND)


def test_children_may_outlive_the_root() -> None:
    check(summary(span("root"), span("b", parent_id="root", end_ns=T0 + 5 * SECOND)), duration_ns=5 * SECOND)


@pytest.mark.parametrize(
    ("root", "child", "expected"),
    [
        ({"status": "ok"}, "error", "ok"),
        ({"status": "unset"}, "error", "unset"),
        ({"status": "unset", "end_ns": None}, "error", "error"),
        ({"state": "started"}, "error", "error"),
        ({"state": "started"}, "ok", "unset"),
    ],
)
def test_status(root: dict[str, Any], child: Any, expected: str) -> None:
    assert summary(span("root", **root), span("b", parent_id="root", status=child)).status == expected


def test_the_error_is_the_cause() -> None:
    root = span("root", status="error", error_type="Outer", end_ns=T0 + 3 * SECOND)
    cause = span("b", parent_id="root", start_ns=T0 + SECOND, status="error", error_type="Inner")
    check(summary(root, cause), error_count=2, error_type="Inner")


def test_copies_are_no_calls() -> None:
    reply = Call(request_model="m", response_id="r", usage=Usage(input_tokens=2))
    spans = [
        llm("agent", tokens=4),
        llm("a", parent_id="agent", call=reply),
        llm("b", parent_id="agent", call=reply),
    ]
    check(summary(*spans), llm_calls=1, input_tokens=2, output_tokens=None, cost_nanousd=2)


def test_unknown_prices() -> None:
    unpriced = Span(
        trace_id="t", span_id="b", start_ns=T0, kind="llm", cost=Cost(nanousd=None),
        call=Call(usage=Usage(input_tokens=1)),
    )  # fmt: skip
    check(summary(unpriced), unpriced_calls=1, cost_nanousd=None)
    check(summary(unpriced, llm("c")), unpriced_calls=1, cost_nanousd=200)


def test_a_log_record_alone_is_no_root() -> None:
    log = span("a", state="partial", start_ns=T0 + 7)
    check(summary(log), root_span_id=None, start_ns=T0 + 7, end_ns=None, duration_ns=None, running=True)
    check(summary(log, span("b", parent_id="x")), start_ns=T0, span_count=2)


def test_what_calls_say() -> None:
    first = llm("a", call=Call(response_model="one", time_to_first_chunk_ns=7, finish_reasons=("stop",)))
    last = llm("b", start_ns=T0 + 1, call=Call(response_model="two", finish_reasons=("length", "stop")))
    check(summary(first, last), model="one", time_to_first_chunk_ns=7, finish_reason="length")


def test_heuristics_are_united() -> None:
    none = span("a", context=Context())
    passed = span("b", heuristics=())
    failed = span("c", heuristics=("refusal", "empty"))
    assert summary(none).heuristics_failed is None
    assert summary(none, passed).heuristics_failed == "[]"
    assert summary(none, passed, failed, span("d", heuristics=("empty",))).heuristics_failed == (
        '["empty","refusal"]'
    )
