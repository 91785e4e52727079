"""Which days a report is about, and which it compares them with."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.cli.reports.period import day_of, period
from llmwatch.errors import UsageError

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600


def s(text: str, zone: ZoneInfo = BERLIN) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def ns(text: str, zone: ZoneInfo = BERLIN) -> int:
    return s(text, zone) * 10**9


NOW = ns("2026-03-02T15:30:00")


def test_a_day_that_is_over() -> None:
    found = period("daily", date(2026, 3, 1), NOW, BERLIN)
    assert (found.start_s, found.end_s) == (s("2026-03-01"), s("2026-03-02"))
    assert found.before == (s("2026-02-28"), s("2026-03-01"))
    assert found.whole
    assert found.title == "1 March 2026"


def test_the_running_day_is_compared_with_as_much_of_the_day_before() -> None:
    found = period("daily", date(2026, 3, 2), NOW, BERLIN)
    assert (found.start_s, found.end_s) == (s("2026-03-02"), s("2026-03-02T15:30:00"))
    assert found.before == (s("2026-03-01"), s("2026-03-01T15:30:00"))
    assert not found.whole


def test_seven_days() -> None:
    found = period("weekly", date(2026, 3, 1), NOW, BERLIN)
    assert (found.start_s, found.end_s) == (s("2026-02-23"), s("2026-03-02"))
    assert found.before == (s("2026-02-16"), s("2026-02-23"))
    assert found.title == "23 February to 1 March 2026"


def test_days_of_23_and_25_hours() -> None:
    """Clocks went forward on 29 March 2026 and go back on 25 October."""
    short = period("daily", date(2026, 3, 29), ns("2026-04-10"), BERLIN)
    assert short.end_s - short.start_s == 23 * HOUR
    assert short.before[1] - short.before[0] == 24 * HOUR
    long = period("daily", date(2026, 10, 25), ns("2026-11-10"), BERLIN)
    assert long.end_s - long.start_s == 25 * HOUR
    after = period("daily", date(2026, 10, 26), ns("2026-11-10"), BERLIN)
    assert after.before == (long.start_s, long.end_s)
    week = period("weekly", date(2026, 3, 31), ns("2026-04-10"), BERLIN)
    assert week.end_s - week.start_s == 7 * 24 * HOUR - HOUR


def test_a_day_that_has_not_come() -> None:
    with pytest.raises(UsageError, match="not come yet"):
        period("daily", date(2026, 3, 3), NOW, BERLIN)


@pytest.mark.parametrize(
    ("text", "day"),
    [(None, date(2026, 3, 2)), ("today", date(2026, 3, 2)), ("Yesterday", date(2026, 3, 1)),
     ("2026-01-31", date(2026, 1, 31))],
)  # fmt: skip
def test_how_a_day_is_named(text: str | None, day: date) -> None:
    assert day_of(text, NOW, BERLIN) == day


@pytest.mark.parametrize(
    "text", ["tomorrow", "2026-02-30", "", "9999-12-31", "0001-01-01", "31.1.2026", "-1"]
)
def test_what_names_no_day(text: str) -> None:
    if not text:
        assert day_of(text, NOW, BERLIN) == date(2026, 3, 2)
        return
    with pytest.raises(UsageError):
        day_of(text, NOW, BERLIN)


@given(
    st.dates(date(2001, 1, 1), date(2037, 1, 1)),
    st.sampled_from(["Europe/Berlin", "Asia/Beirut", "America/Asuncion", "Australia/Lord_Howe", "UTC"]),
    st.integers(1, 60 * 24 * 9),
)
def test_periods_tile(day: date, name: str, minutes: int) -> None:
    zone = ZoneInfo(name)
    start = period("daily", day, ns("2040-01-01"), zone)
    following = period("daily", day + timedelta(days=1), ns("2040-01-01"), zone)
    assert start.end_s == following.start_s
    assert following.before == (start.start_s, start.end_s)
    now_ns = (start.start_s + minutes * 60) * 10**9
    running = period("weekly", day, now_ns, zone)
    assert running.before[1] <= running.start_s < running.end_s
    assert running.end_s <= max(now_ns // 10**9, start.end_s)
