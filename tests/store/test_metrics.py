"""Sums, trends and groups against what adding up by hand gives."""

from __future__ import annotations

import math
import random
import sqlite3
from typing import Any

import pytest
from msgspec.structs import replace

from llmwatch.store.reads import metrics, quality, status, versions
from llmwatch.store.rows import ModelTotals, Overall, Totals
from llmwatch.store.span import Call, Context, Score, Span, Usage
from llmwatch.store.writer import Batch, Writer
from tests.store.builders import SECOND, T0, enrich, llm, span

S0 = T0 // SECOND
HOUR = 3600
LLM: metrics.Slice = {"kind": "llm"}


def _at(second: int, tokens: int = 10, **fields: object) -> Span:
    made = llm(f"s{second}", tokens=tokens, trace_id=f"t{second}", start_ns=T0 + second * SECOND)
    return enrich(replace(made, **fields))


@pytest.fixture
def day(writer: Writer, db: sqlite3.Connection) -> sqlite3.Connection:
    """A call every ten minutes of a day, one in six failing, and a tool beside it."""
    spans = [_at(n * 600, status="error" if n % 6 == 0 else "unset") for n in range(144)]
    spans += [replace(each, span_id="tool", kind="tool", call=None, cost=None) for each in spans]
    writer.submit(Batch(spans=spans)).result(10)
    return db


def _counts(totals: Totals) -> tuple[int, int, int, int]:
    return totals.spans, totals.errors, totals.input_tokens, totals.cost_nanousd


@pytest.mark.parametrize(
    ("start", "end", "calls"),
    [
        (0, 24 * HOUR, 144),
        (0, HOUR, 6),
        (60, HOUR, 5),
        (0, 0, 0),
        (600, 601, 1),
        (601, 660, 1),
        (1200, 5 * HOUR + 601, 30),
        (-HOUR, 48 * HOUR, 144),
    ],
)
def test_totals(day: sqlite3.Connection, start: int, end: int, calls: int) -> None:
    totals = metrics.totals(day, S0 + start, S0 + end, LLM)
    failed = sum(1 for n in range(0, 144, 6) if start // 60 * 60 <= n * 600 < end)
    assert _counts(totals) == (calls, failed, calls * 10, calls * 20)
    assert totals.duration_ns.count == totals.input.count == calls
    assert _counts(metrics.sums(day, S0 + start, S0 + end, LLM)) == _counts(totals)
    assert metrics.totals(day, S0 + start, S0 + end, {}).spans == 2 * calls


def test_sums_have_no_distributions(day: sqlite3.Connection) -> None:
    assert metrics.sums(day, S0, S0 + HOUR, LLM).duration_ns.percentile(0.5) is None


@pytest.mark.parametrize("width", [600, 1800, HOUR, 6 * HOUR, 24 * HOUR])
@pytest.mark.parametrize("start", [0, 300, HOUR])
def test_trend(day: sqlite3.Connection, width: int, start: int) -> None:
    points = metrics.trend(day, S0 + start, S0 + 24 * HOUR, width, LLM)
    assert [point.start_s for point in points] == list(range(S0 + start, S0 + 24 * HOUR, width))
    for point in points:
        end = min(point.start_s + width, S0 + 24 * HOUR)
        assert point.totals == metrics.totals(day, point.start_s, end, LLM)


@pytest.mark.parametrize("width", [600, HOUR, 24 * HOUR])
@pytest.mark.parametrize("start", [0, 300, HOUR])
def test_course(day: sqlite3.Connection, width: int, start: int) -> None:
    points = metrics.course(day, S0 + start, S0 + 24 * HOUR, width, LLM)
    assert [point.start_s for point in points] == list(range(S0 + start, S0 + 24 * HOUR, width))
    for point in points:
        end = min(point.start_s + width, S0 + 24 * HOUR)
        assert point.totals == metrics.sums(day, point.start_s, end, LLM)


def test_empty_steps_are_there(db: sqlite3.Connection) -> None:
    for read in (metrics.trend, metrics.course):
        assert [point.totals for point in read(db, S0, S0 + 180, 60, LLM)] == [Totals()] * 3


def test_groups(writer: Writer, db: sqlite3.Connection) -> None:
    faq, chat = Context(feature="faq"), Context(feature="chat")
    spans = [_at(0, context=faq), _at(1, context=chat), _at(2, context=chat), _at(3), _at(4), _at(5)]
    writer.submit(Batch(spans=spans)).result(10)
    found, by_service = metrics.groups(db, S0, S0 + 60, ["feature", "service"], LLM)
    assert [(group.value, group.totals.spans) for group in by_service] == [(None, 6)]
    assert [(group.value, group.totals.spans) for group in found] == [(None, 3), ("chat", 2), ("faq", 1)]
    assert metrics.totals(db, S0, S0 + 60, {"kind": "llm", "feature": ""}).spans == 3
    assert metrics.totals(db, S0, S0 + 60, {"kind": "llm", "feature": "chat"}).spans == 2


def test_a_dimension_that_does_not_exist(db: sqlite3.Connection) -> None:
    with pytest.raises(ValueError, match="no dimension"):
        metrics.totals(db, 0, 1, {"1 = 1 --": "x"})  # type: ignore[dict-item]


def test_percentiles_are_within_one_percent(writer: Writer, db: sqlite3.Connection) -> None:
    dice = random.Random(7)
    durations = [int(dice.lognormvariate(20, 1)) for _ in range(500)]
    spans = [
        llm(str(n), trace_id=str(n), start_ns=T0 + n * 37 * SECOND, end_ns=T0 + n * 37 * SECOND + duration)
        for n, duration in enumerate(durations)
    ]
    writer.submit(Batch(spans=spans)).result(10)
    histogram = metrics.totals(db, S0, S0 + 24 * HOUR, LLM).duration_ns
    for q in (0.5, 0.9, 0.95, 0.99, 1.0):
        exact = sorted(durations)[math.ceil(q * 500) - 1]
        assert histogram.percentile(q) == pytest.approx(exact, rel=0.01)


def test_what_is_counted_of_a_call(writer: Writer, db: sqlite3.Connection) -> None:
    usage = Usage(
        input_tokens=10, output_tokens=5, cache_read_tokens=3, cache_write_tokens=2, reasoning_tokens=1
    )
    call = Call(
        request_model="m",
        refused=True,
        finish_reasons=("length",),
        time_to_first_chunk_ns=SECOND,
        usage=usage,
    )
    writer.submit(
        Batch(
            spans=[
                replace(llm("a", call=call), heuristics=()),
                replace(llm("b", call=call), heuristics=("empty",), cost=None),
                llm("c", tokens=None, state="started"),
                llm("d", state="partial", tokens=9),
            ]
        )
    ).result(10)
    found = metrics.totals(db, S0, S0 + 60, LLM)
    assert (found.spans, found.input_tokens, found.output_tokens) == (3, 20, 10)
    assert (found.cache_read_tokens, found.cache_write_tokens, found.reasoning_tokens) == (6, 4, 2)
    assert (found.cost_nanousd, found.unpriced, found.refused, found.truncated) == (15, 1, 2, 2)
    assert (found.checked, found.passed) == (2, 1)
    assert (found.duration_ns.count, found.first_chunk_ns.count, found.input.count) == (2, 2, 2)


def test_overall_and_model_totals(writer: Writer, db: sqlite3.Connection) -> None:
    spans = [
        llm("a", end_ns=T0 + SECOND // 10),
        llm("b", status="error", end_ns=T0 + 31 * SECOND),
        llm("c", state="started", tokens=None),
        replace(llm("d"), cost=None),
        span("tool", status="error"),
        llm("log", state="partial"),
    ]
    writer.submit(Batch(spans=spans)).result(10)
    assert status.overall(db, None) == Overall(
        spans=6,
        llm_calls=4,
        errors=1,
        input_tokens=300,
        output_tokens=300,
        cost_nanousd=400,
        unpriced_calls=1,
    )
    assert status.model_totals(db) == [
        ModelTotals(
            model="m", success=2, error=1, input_tokens=300, output_tokens=300, cost_nanousd=400,
            duration_sum_ns=32_100_000_000, durations=(1, 0, 1, 0, 0, 0, 0, 1),
        )
    ]  # fmt: skip
    stats = status.stats(db)
    assert (stats.spans, stats.traces, stats.counters["acknowledged"]) == (6, 1, 6)
    assert stats.last_received_ns is not None
    assert stats.file_bytes > 4096


def test_nothing_yet(db: sqlite3.Connection) -> None:
    assert status.overall(db, None) == Overall(
        spans=0, llm_calls=0, errors=0, input_tokens=0, output_tokens=0, cost_nanousd=0, unpriced_calls=0
    )
    assert status.stats(db).last_received_ns is None
    assert status.model_totals(db) == []
    assert versions.live(db, 0) == []
    assert metrics.groups(db, 0, S0, ["model", "feature"], {}) == [[], []]


def test_versions(writer: Writer, db: sqlite3.Connection) -> None:
    old = Context(service="web", app_version="1", prompt_name="greet", prompt_version="a")
    new = Context(service="web", app_version="2", prompt_name="greet", prompt_version="a")
    call = Call(request_model="m", response_model="m-2026")
    writer.submit(
        Batch(spans=[_at(5, context=old), _at(9, context=new, call=call), _at(7, context=new)])
    ).result(10)
    rows = {(row.kind, row.name, row.version): row for row in versions.live(db, 0)}
    assert rows.keys() == {
        ("app", "web", "1"), ("app", "web", "2"), ("prompt", "greet", "a"), ("model", "m", "m"),
        ("model", "m", "m-2026"),
    }  # fmt: skip
    second = rows["app", "web", "2"]
    assert (second.first_seen_ns, second.last_seen_ns, second.spans) == (T0 + 7 * SECOND, T0 + 9 * SECOND, 2)
    assert [row.version for row in versions.live(db, T0 + 8 * SECOND) if row.kind == "app"] == ["2"]
    assert versions.live(db, 0)[0].version == "m-2026", "what appeared last comes first"


def _score(score_id: str, value: float | None, at: int = 0, **fields: Any) -> Score:
    return Score(score_id=score_id, name="helpful", time_ns=T0 + at * SECOND, value=value, **fields)


def test_score_trend(writer: Writer, db: sqlite3.Connection) -> None:
    scores = [
        _score("a", 1.0),
        _score("b", 0.25, 59),
        _score("c", None, 60),
        _score("d", 0.5, 61, source="judge"),
    ]
    assert writer.submit(Batch(scores=[*scores, scores[0]])).result(10).duplicates == 1
    points = quality.score_trend(db, S0, S0 + HOUR, 60)
    assert [(p.start_s - S0, p.source, p.scores, p.valued, p.total, p.negative) for p in points] == [
        (0, "app", 2, 2, 1.25, 1), (60, "app", 1, 0, 0.0, 0), (60, "judge", 1, 1, 0.5, 0),
    ]  # fmt: skip
    hourly = quality.score_trend(db, S0, S0 + HOUR, HOUR)
    assert [(p.source, p.scores, p.total) for p in hourly] == [("app", 3, 1.25), ("judge", 1, 0.5)]


def test_a_score_is_changed_by_a_later_word_only(writer: Writer, db: sqlite3.Connection) -> None:
    first, second = _score("a", 0.0), _score("a", 1.0, 5)
    for scores in ([first], [second], [first]):
        writer.submit(Batch(scores=scores)).result(10)
    (point,) = quality.score_trend(db, S0, S0 + 60, 60)
    assert (point.scores, point.total, point.negative) == (1, 1.0, 0)
