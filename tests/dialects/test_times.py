"""Times and durations in every unit, told apart by their name or size."""

from __future__ import annotations

from typing import Any

import pytest

from llmwatch.collector.dialects.times import (
    milliseconds,
    nanoseconds,
    seconds,
    seconds_or_ms,
    seconds_or_ns,
    time_ns,
)

MOMENT = 1_795_238_094_000_000_000  # 2026-11-21T05:14:54Z


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (1_795_238_094, MOMENT),
        (1_795_238_094_000, MOMENT),
        (1_795_238_094_000_000, MOMENT),
        (MOMENT, MOMENT),
        (1_795_238_094.25, MOMENT + 250_000_000),
        (1_795_238_094_000.5, MOMENT + 500_000),
        ("1795238094", MOMENT),
        (str(MOMENT), MOMENT),
        ("2026-11-21T05:14:54Z", MOMENT),
        ("2026-11-21T05:14:54", MOMENT),
        ("2026-11-21 05:14:54", MOMENT),
        ("2026-11-21T06:14:54+01:00", MOMENT),
        ("2026-11-21T05:14:54.123456789Z", MOMENT + 123_456_789),
        ("2026-11-21T05:14:54.5Z", MOMENT + 500_000_000),
        ('"2026-11-21T05:14:54.000Z"', MOMENT),  # Langfuse quotes its times
        ("2026-11-21", 1_795_219_200_000_000_000),
        (0, None),
        (-5, None),
        (3.5, None),  # a duration
        (50_000_000_000, None),  # the year 3554
        (1 << 70, None),
        ("1960-01-01T00:00:00Z", None),
        ("yesterday", None),
        (True, None),
        (None, None),
        ({}, None),
    ],
)
def test_time(value: Any, meaning: int | None) -> None:
    assert time_ns(value) == meaning


@pytest.mark.parametrize(
    ("read", "value", "meaning"),
    [
        (seconds, 0.05476983099970312, 54_769_831),
        (seconds, "1.5", 1_500_000_000),
        (milliseconds, 59.571065999989514, 59_571_066),
        (milliseconds, 250, 250_000_000),
        (nanoseconds, 54_769_831, 54_769_831),
        (seconds_or_ns, 0.25, 250_000_000),
        (seconds_or_ns, 250_000_000, 250_000_000),  # loongsuite-pilot sends nanoseconds, its issue 425
        (seconds_or_ms, 1.25, 1_250_000_000),
        (seconds_or_ms, 1250, 1_250_000_000),
        (seconds, -1, None),
        (seconds, 1e12, None),
        (seconds, "soon", None),
        (seconds, None, None),
    ],
)
def test_duration(read: Any, value: Any, meaning: int | None) -> None:
    assert read(value) == meaning
