"""Statistics of distributions, hours of the day, and how conversations grow, by hand."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from llmwatch.analysis.usage import Statistics, hours_of_day, statistics_of
from llmwatch.store.histogram import Histogram
from llmwatch.store.reads.sessions import Turn, turns
from llmwatch.store.rows import Point, Totals
from llmwatch.store.span import Context
from tests.analysis.ledger import call, stored
from tests.store.builders import SECOND, T0


def test_statistics() -> None:
    found = statistics_of(Histogram.of([10, 20, 30, 40, 1000]))
    expected = {"count": 5, "sum": 1100, "mean": 220, "median": 30, "min": 10, "max": 1000, "p95": 1000}
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, rel=0.01), name


def test_statistics_of_nothing() -> None:
    assert statistics_of(Histogram()) == Statistics(
        count=0, sum=0, mean=None, median=None, min=None, max=None, p95=None, p99=None
    )


def test_hours_of_day_on_the_days_when_clocks_change() -> None:
    """29 March 2026 has no hour from two to three in Berlin; 25 October has it twice."""
    zone = ZoneInfo("Europe/Berlin")
    spring, autumn = 1_774_738_800, 1_792_879_200  # midnight in Berlin
    day = [Point(start_s=spring + hour * 3600, totals=Totals(spans=1)) for hour in range(23)]
    assert hours_of_day(day, zone) == (1, 1, 0, *[1] * 21)
    day = [Point(start_s=autumn + hour * 3600, totals=Totals(spans=1)) for hour in range(25)]
    assert hours_of_day(day, zone) == (1, 1, 2, *[1] * 21)


def test_turns(tmp_path: Path) -> None:
    """Sessions a: 100 and 300 tokens; b: 200, in two calls; c says nothing of its tokens."""
    said = [("a", 0, 100, 10), ("a", 60, 300, 30), ("b", 30, 150, None), ("c", 0, None, None)]
    spans = [
        replace(
            call(f"s{n}", f"t{n}", "m", 1, read=tokens, cost=cost, context=Context(session_id=session)),
            start_ns=T0 + at * SECOND,
            end_ns=T0 + (at + 1) * SECOND,
        )
        for n, (session, at, tokens, cost) in enumerate(said)
    ]
    spans.append(
        replace(
            spans[2], span_id="more", call=call("x", "x", "m", 1, read=50).call, start_ns=T0 + 31 * SECOND
        )
    )
    reader = stored(tmp_path / "t.db", reversed(spans))
    assert turns(reader, T0, T0 + 3600 * SECOND) == [
        Turn(turn=1, sessions=2, input_tokens=100, cost_nanousd=10),
        Turn(turn=2, sessions=1, input_tokens=300, cost_nanousd=30),
    ]
    assert len(turns(reader, T0, T0 + 3600 * SECOND, limit=1)) == 1
    assert turns(reader, T0 + 3600 * SECOND, T0 + 7200 * SECOND) == []
    reader.close()
