"""When the answers of a model have become others, and when they only vary."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from llmwatch.analysis.baselines import Baseline
from llmwatch.analysis.drift import shift_of, shifts
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.rows import Measured, ScoreSums, Totals
from llmwatch.store.span import Call, Span, Usage
from llmwatch.store.writer import Writer

HOUR = 3600
T0 = 1_767_225_600
USUAL = Baseline(mean=0.10, sigma=0.01, p95=0.12, hours=48, samples=4_800)


def hour(place: int, refused: int, calls: int = 100) -> Measured:
    totals = Totals(spans=calls, refused=refused, answered=calls)
    start_s = T0 + place * HOUR
    none = Totals()
    return Measured(
        start_s=start_s, end_s=start_s + HOUR, spans=totals, calls=totals, tools=none, retrievals=none,
        embeddings=none, scores={}, feedback=ScoreSums(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("refused", "shift"),
    [
        ([10, 10, 30, 40], (0.35, 2)),
        ([30, 10, 30, 30, 30], (0.30, 2)),
        ([10, 10, 30], None),  # one hour is chance
        ([30, 30, 10], None),  # over
        ([10, 14, 15], None),  # three sigmas are 3 %, but under 5 % is too little to tell of
        ([10, 16, 16], (0.16, 1)),
        ([10, 10, 4, 4], (0.04, 2)),  # fewer is a change too
        ([10, 30, 4], None),  # not in the same direction
        ([], None),
    ],
)
def test_a_shift(refused: list[int], shift: tuple[float, int] | None) -> None:
    found = shift_of("m", "refusal_rate", [hour(n, each) for n, each in enumerate(refused)], USUAL)
    if shift is None:
        assert found is None
    else:
        now, since = shift
        assert found
        assert found.now == pytest.approx(now)
        assert (found.model, found.metric, found.usual) == ("m", "refusal_rate", 0.10)
        assert found.since_s == T0 + since * HOUR


def test_hours_with_few_calls_say_nothing() -> None:
    hours = [hour(0, 10), hour(1, 30), hour(2, 0, calls=19), hour(3, 30)]
    found = shift_of("m", "refusal_rate", hours, USUAL)
    assert found
    assert found.since_s == T0 + HOUR


def test_a_wide_usual_range_has_room() -> None:
    wide = Baseline(mean=0.10, sigma=0.10, p95=0.3, hours=48, samples=4_800)
    assert shift_of("m", "refusal_rate", [hour(0, 39), hour(1, 39)], wide) is None
    assert shift_of("m", "refusal_rate", [hour(0, 41), hour(1, 41)], wide)


def call(place: int, number: int) -> Span:
    begun = (T0 + place * HOUR + number) * 10**9
    usage = Usage(input_tokens=5, output_tokens=300 if place >= 48 else 100)
    return Span(
        trace_id=f"t{place}", span_id=f"s{number}", kind="llm", start_ns=begun, end_ns=begun + 10**9,
        call=Call(request_model="m", usage=usage),
    )  # fmt: skip


def test_answers_that_became_longer(tmp_path: Path) -> None:
    """Two days of 100 tokens, then six hours of 300."""
    path = tmp_path / "llmwatch.db"
    writer = Writer(path, enrich=lambda span, *_: span, queue_spans=10_000, synchronous="NORMAL")
    writer.start()
    spans = [call(place, number) for place in range(54) for number in range(20)]
    writer.submit(Batch(spans=spans)).result(30)
    writer.close()
    db: sqlite3.Connection = connect_reader(path)
    try:
        found = {shift.metric: shift for shift in shifts(db, T0 + 54 * HOUR)}
    finally:
        db.close()
    assert set(found) == {"output_tokens_p50", "output_tokens_p95"}
    shift = found["output_tokens_p50"]
    assert (shift.model, shift.since_s) == ("m", T0 + 48 * HOUR)
    assert shift.usual == pytest.approx(100, rel=0.02)
    assert shift.now == pytest.approx(300, rel=0.02)
