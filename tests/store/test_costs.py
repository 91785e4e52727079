"""Where the money went: every answer worked out by hand from a few calls."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from llmwatch.store.batch import Batch
from llmwatch.store.costrows import Spent
from llmwatch.store.reads import costs
from llmwatch.store.rows import Dimension
from llmwatch.store.span import Call, Cost, Span, Usage
from llmwatch.store.writer import Writer
from tests.store.builders import SECOND, T0, span, who

NANO = 10**9
DAY_S = 86_400
START_S = T0 // SECOND


def call(
    span_id: str, dollars: float | None, *, model: str = "m", at_s: int = 0,
    tokens: tuple[int, int] = (100, 10), took_s: float = 1.0, kind: Any = "llm", status: Any = "ok",
    context: dict[str, Any] | None = None,
    **fields: Any,
) -> Span:  # fmt: skip
    """A call of its own trace; ``dollars`` None has no price."""
    start_ns = T0 + at_s * SECOND
    usage = Usage(input_tokens=tokens[0], output_tokens=tokens[1]) if any(tokens) else None
    cost = Cost(nanousd=None if dollars is None else round(dollars * NANO)) if usage else None
    return span(
        span_id, trace_id=f"t-{span_id}", kind=kind, status=status, start_ns=start_ns,
        end_ns=start_ns + round(took_s * SECOND), call=Call(request_model=model, usage=usage), cost=cost,
        context=who(**context or {}), **fields,
    )  # fmt: skip


def wrote(writer: Writer, spans: Sequence[Span]) -> None:
    writer.submit(Batch(spans=spans)).result(10)


CALLS = [
    call("a1", 0.25, model="gpt", context={"user_id": "ann", "session_id": "s1", "feature": "code",
         "prompt_name": "p", "prompt_version": "1"}, tokens=(1_000, 100), took_s=2),
    call("a2", 0.75, model="gpt", at_s=60, context={"user_id": "ann", "session_id": "s1", "feature": "code",
         "prompt_name": "p", "prompt_version": "1"}, tokens=(3_000, 300), took_s=4),
    call("b1", 0.05, model="mini", at_s=3_600, context={"user_id": "bob", "session_id": "s2",
         "feature": "summary", "prompt_name": "p", "prompt_version": "2"}, tokens=(500, 50)),
    call("b2", None, model="own", at_s=3_700, context={"user_id": "bob", "feature": "summary"}),
    call("b3", None, model="gpt", at_s=3_800, tokens=(0, 0), status="error", error_type="timeout",
         error_message="no answer", context={"feature": "summary"}),
    call("e1", 0.01, model="embed", kind="embedding", at_s=DAY_S, tokens=(2_000, 0)),
    call("g1", 2.5, model="gpt", at_s=DAY_S + 30, tokens=(9_000, 2_000), took_s=9,
         context={"user_id": "cleo", "feature": "code"}),
    span("tool", trace_id="t-g1", kind="tool", start_ns=T0 + DAY_S * SECOND, end_ns=None),
]  # fmt: skip


@pytest.fixture
def filled(writer: Writer, db: sqlite3.Connection) -> sqlite3.Connection:
    wrote(writer, CALLS)
    return db


def short(spent: Spent) -> tuple[int, int, float]:
    return spent.calls, spent.unpriced, spent.cost_nanousd / NANO


def test_daily_cost_by_model(filled: sqlite3.Connection) -> None:
    days = costs.daily(filled, [START_S, START_S + DAY_S, START_S + 2 * DAY_S, START_S + 3 * DAY_S])
    assert [(day.start_s, day.model, *short(day.spent)) for day in days] == [
        (START_S, "gpt", 3, 0, 1.0),
        (START_S, "mini", 1, 0, 0.05),
        (START_S, "own", 1, 1, 0.0),
        (START_S + DAY_S, "gpt", 1, 0, 2.5),
        (START_S + DAY_S, "embed", 1, 0, 0.01),
    ]
    gpt = days[0].spent
    assert (gpt.errors, gpt.priced, gpt.input_tokens, gpt.output_tokens) == (1, 2, 4_000, 400)
    assert gpt.mean_nanousd == 500_000_000, "the call that failed has no cost"
    assert days[2].spent.mean_nanousd is None


def test_a_day_of_half_an_hours_zone(filled: sqlite3.Connection) -> None:
    """Days may begin at any minute: India's at 18:30 UTC."""
    offset = START_S - 5 * 3_600 - 1_800
    days = costs.daily(filled, [offset, offset + DAY_S, offset + 2 * DAY_S])
    assert [(day.model, day.spent.cost_nanousd / NANO) for day in days] == [
        ("gpt", 1.0), ("mini", 0.05), ("own", 0.0), ("gpt", 2.5), ("embed", 0.01),
    ]  # fmt: skip


def test_by_feature_the_dearest_first(filled: sqlite3.Connection) -> None:
    groups = costs.spent_by(filled, START_S, START_S + 2 * DAY_S, "feature")
    assert [(group.value, *short(group.spent)) for group in groups] == [
        ("code", 3, 0, 3.5), ("summary", 3, 1, 0.05), (None, 1, 0, 0.01),
    ]  # fmt: skip
    assert [g.value for g in costs.spent_by(filled, START_S, START_S + 2 * DAY_S, "feature", 1)] == ["code"]
    assert costs.spent_by(filled, START_S + 9 * DAY_S, START_S + 10 * DAY_S, "feature") == []


@pytest.mark.parametrize("by", ["kind", "model", "feature", "provider", "service", "prompt_name", "segment"])
def test_whatever_it_is_grouped_by_the_sum_is_the_same(filled: sqlite3.Connection, by: Dimension) -> None:
    groups = costs.spent_by(filled, START_S, START_S + 2 * DAY_S, by)
    assert sum(group.spent.cost_nanousd for group in groups) == 3_560_000_000
    assert sum(group.spent.calls for group in groups) == 7


def test_by_version_with_tokens_and_times(filled: sqlite3.Connection) -> None:
    first, second = costs.spent_by_version(filled, START_S, START_S + DAY_S)[1:]
    assert (first.name, first.version, *short(first.spent)) == ("p", "1", 2, 0, 1.0)
    assert (first.spent.mean_nanousd, first.spent.input_tokens) == (500_000_000, 4_000)
    assert first.duration_p50_ns == pytest.approx(2 * SECOND, rel=0.02)
    assert first.duration_p95_ns == pytest.approx(4 * SECOND, rel=0.02)
    assert (second.version, second.spent.mean_nanousd) == ("2", 50_000_000)


def test_top_users_and_sessions(filled: sqlite3.Connection) -> None:
    users = costs.spent_by_person(filled, START_S, START_S + 2 * DAY_S, "user")
    assert [(user.value, *short(user.spent)) for user in users] == [
        ("cleo", 1, 0, 2.5), ("ann", 2, 0, 1.0), ("bob", 2, 1, 0.05),
    ]  # fmt: skip
    assert users[1].spent.mean_nanousd == 500_000_000
    assert [u.value for u in costs.spent_by_person(filled, START_S, START_S + 2 * DAY_S, "user", 1)] == [
        "cleo"
    ]
    sessions = costs.spent_by_person(filled, START_S, START_S + DAY_S, "session")
    assert [(each.value, each.spent.cost_nanousd / NANO) for each in sessions] == [("s1", 1.0), ("s2", 0.05)]


def test_what_is_dear_or_long(filled: sqlite3.Connection) -> None:
    whole = (START_S, START_S + 2 * DAY_S)
    assert [each.span_id for each in costs.dear_calls(filled, *whole)] == ["g1"], "dear, and 11,000 tokens"
    assert [each.span_id for each in costs.dear_calls(filled, *whole, dollars=0.5)] == ["g1", "a2"]
    assert [e.span_id for e in costs.dear_calls(filled, *whole, dollars=0.01, tokens=10**9)] == [
        "g1", "a2", "a1", "b1",
    ], "below what the index holds"  # fmt: skip
    assert [e.span_id for e in costs.dear_calls(filled, *whole, dollars=99, tokens=1_000)] == [
        "g1", "a2", "a1", "e1",
    ]  # fmt: skip
    assert len(costs.dear_calls(filled, *whole, dollars=0, limit=2)) == 2
    assert costs.dear_calls(filled, START_S, START_S + DAY_S) == []
    (dear,) = costs.dear_calls(filled, *whole)
    assert (dear.trace_id, dear.model, dear.user_id, dear.cost_nanousd) == (
        "t-g1",
        "gpt",
        "cleo",
        2_500_000_000,
    )


def test_the_index_answers_for_the_usual_limits(filled: sqlite3.Connection) -> None:
    for query in costs.dear_query(2 * NANO, 20_000), costs.dear_query(NANO // 10, None):
        plan = filled.execute(
            f"EXPLAIN QUERY PLAN SELECT * FROM spans {query[0]}", (*query[1], 0, 1)
        ).fetchall()
        assert "spans_dear" in plan[0][3]


def test_the_ceiling(filled: sqlite3.Connection) -> None:
    seen = costs.over_ceiling(filled, START_S, START_S + 2 * DAY_S)
    assert (seen.calls, seen.over) == (7, 3)
    assert seen.dearest is not None
    assert seen.dearest.span_id == "g1"
    nothing = costs.over_ceiling(filled, START_S + 9 * DAY_S, START_S + 10 * DAY_S)
    assert (nothing.calls, nothing.over, nothing.dearest) == (0, 0, None)


def test_slow_operations(filled: sqlite3.Connection, writer: Writer) -> None:
    wrote(writer, [
        call("s1", 0.1, took_s=7, context={"feature": "code"}),
        replace(call("s2", 0.1, took_s=6), name="chat m"),
        call("s3", 0.1, took_s=5, context={"feature": "code"}),
    ])  # fmt: skip
    slow = costs.slow_operations(filled, START_S, START_S + 2 * DAY_S)
    assert [(each.operation, each.calls, each.mean_ns, each.slowest_ns, each.span_id) for each in slow] == [
        ("code", 2, 8 * SECOND, 9 * SECOND, "g1"),
        ("chat m", 1, 6 * SECOND, 6 * SECOND, "s2"),
    ]


def test_errors_by_frequency(filled: sqlite3.Connection, writer: Writer) -> None:
    wrote(writer, [
        call(f"r{n}", None, tokens=(0, 0), at_s=n, status="error", error_type="rate_limit",
             error_message="429")
        for n in range(3)
    ])  # fmt: skip
    errors = costs.errors_by_frequency(filled, START_S, START_S + DAY_S)
    assert [(each.error_type, each.error_message, each.spans, each.span_id) for each in errors] == [
        ("rate_limit", "429", 3, "r2"),
        ("timeout", "no answer", 1, "b3"),
    ]


def test_what_is_rolled_up_or_told_twice_counts_once(writer: Writer, db: sqlite3.Connection) -> None:
    inner = replace(
        call("inner", 0.5, context={"user_id": "u", "feature": "f"}), trace_id="t", parent_id="outer"
    )
    outer = replace(
        call("outer", 0.5, kind="agent", context={"user_id": "u", "feature": "f"}, took_s=3), trace_id="t"
    )
    wrote(writer, [outer, inner])
    (group,) = costs.spent_by(db, START_S, START_S + 60, "feature")
    assert (group.value, *short(group.spent)) == ("f", 1, 0, 0.5)
    (user,) = costs.spent_by_person(db, START_S, START_S + 60, "user")
    assert short(user.spent) == (1, 0, 0.5)
    assert [each.span_id for each in costs.dear_calls(db, START_S, START_S + 60, dollars=0.1)] == ["inner"]
