"""Days and months in a zone, clock changes included, and forecasts worked out by hand."""

from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.analysis.budget import bounds, budget_state, budgets, day_bounds, forecast, month_bounds
from llmwatch.config import BudgetConfig, Config
from llmwatch.config.budgets import BudgetPeriod

HOUR = 3600
DOLLAR = 10**9
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"})).map(ZoneInfo)


def ns(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 10**9


def s(text: str) -> int:
    return ns(text) // 10**9


@pytest.mark.parametrize(
    ("now", "zone", "start", "hours"),
    [
        ("2026-11-21T00:00", "UTC", "2026-11-21T00:00", 24),
        ("2026-11-21T23:59:59", "UTC", "2026-11-21T00:00", 24),
        ("2026-11-21T12:00", "Europe/Berlin", "2026-11-20T23:00", 24),
        ("2026-11-21T23:30", "Europe/Berlin", "2026-11-21T23:00", 24),
        ("2026-11-21T03:00", "America/New_York", "2026-11-20T05:00", 24),
        ("2026-03-29T12:00", "Europe/Berlin", "2026-03-28T23:00", 23),  # clocks go forward at 2
        ("2026-10-25T12:00", "Europe/Berlin", "2026-10-24T22:00", 25),  # and back at 3
        ("2026-03-08T12:00", "America/New_York", "2026-03-08T05:00", 23),
        ("2026-11-01T12:00", "America/New_York", "2026-11-01T04:00", 25),
        ("2026-10-25T00:30", "Europe/Berlin", "2026-10-24T22:00", 25),  # 2:30 for the first time
        ("2026-10-25T01:30", "Europe/Berlin", "2026-10-24T22:00", 25),  # 2:30 for the second time
        ("2018-11-04T12:00", "America/Sao_Paulo", "2018-11-04T03:00", 23),  # midnight did not exist
        ("2026-04-05T00:00", "Australia/Lord_Howe", "2026-04-04T13:00", 24.5),  # half an hour back
        ("2026-11-21T18:15", "Asia/Kathmandu", "2026-11-21T18:15", 24),  # +5:45
    ],
)
def test_a_day_is_the_local_one(now: str, zone: str, start: str, hours: float) -> None:
    assert day_bounds(ns(now), ZoneInfo(zone)) == (s(start), s(start) + hours * HOUR)


@pytest.mark.parametrize(
    ("now", "zone", "start", "end"),
    [
        ("2026-11-21T12:00", "UTC", "2026-11-01T00:00", "2026-12-01T00:00"),
        ("2026-12-31T23:59", "UTC", "2026-12-01T00:00", "2027-01-01T00:00"),
        ("2026-12-31T23:59", "Europe/Berlin", "2026-12-31T23:00", "2027-01-31T23:00"),
        ("2028-02-29T12:00", "UTC", "2028-02-01T00:00", "2028-03-01T00:00"),
        ("2026-10-25T12:00", "Europe/Berlin", "2026-09-30T22:00", "2026-10-31T23:00"),
    ],
)
def test_a_month_is_the_local_one(now: str, zone: str, start: str, end: str) -> None:
    assert month_bounds(ns(now), ZoneInfo(zone)) == (s(start), s(end))


@pytest.mark.parametrize(
    ("period", "now", "zone", "start", "length_s"),
    [
        ("minute", "2026-11-21T12:07:42", "UTC", "2026-11-21T12:07", 60),
        ("hour", "2026-11-21T12:07:42", "UTC", "2026-11-21T12:00", HOUR),
        ("hour", "2026-11-21T12:07:42", "Asia/Kathmandu", "2026-11-21T11:15", HOUR),  # 17:00 there
        ("hour", "2026-10-25T00:30", "Europe/Berlin", "2026-10-25T00:00", HOUR),  # 2:30 for the first time
        ("hour", "2026-10-25T01:30", "Europe/Berlin", "2026-10-25T01:00", HOUR),  # 2:30 for the second time
        ("hour", "2026-03-29T01:30", "Europe/Berlin", "2026-03-29T01:00", HOUR),  # 3:30, there was no 2:30
        ("hour", "2026-04-05T12:45", "Australia/Lord_Howe", "2026-04-05T12:00", HOUR),
        ("hour", "2026-04-04T13:45", "Australia/Lord_Howe", "2026-04-04T13:00", HOUR),
        ("day", "2026-11-01T12:00", "America/New_York", "2026-11-01T04:00", 25 * HOUR),
        ("month", "2026-03-29T12:00", "Europe/Berlin", "2026-02-28T23:00", 31 * 24 * HOUR - HOUR),
        ("month", "2026-11-21T12:00", "America/New_York", "2026-11-01T04:00", 30 * 24 * HOUR + HOUR),
        ("month", "2027-02-28T23:59", "UTC", "2027-02-01T00:00", 28 * 24 * HOUR),
        ("month", "2028-02-29T23:59", "UTC", "2028-02-01T00:00", 29 * 24 * HOUR),
    ],
)
def test_periods(period: BudgetPeriod, now: str, zone: str, start: str, length_s: int) -> None:
    assert bounds(period, ns(now), ZoneInfo(zone)) == (s(start), s(start) + length_s)


def test_the_last_hour_of_a_day_of_24_and_a_half_hours_is_half_an_hour() -> None:
    start, end = bounds("hour", ns("2026-04-05T13:15"), ZoneInfo("Australia/Lord_Howe"))
    assert (start, end) == (s("2026-04-05T13:00"), s("2026-04-05T13:30"))


@given(st.integers(0, 4 * 10**18), ZONES, st.sampled_from(get_args(BudgetPeriod)))
def test_periods_tile_time(now_ns: int, zone: ZoneInfo, period: BudgetPeriod) -> None:
    """Every moment is in exactly one period of a sort, and the next one begins where this one ends."""
    start, end = bounds(period, now_ns, zone)
    assert start * 10**9 <= now_ns < end * 10**9
    assert bounds(period, end * 10**9, zone)[0] == end
    assert bounds(period, end * 10**9 - 1, zone) == (start, end)


DAY = (s("2026-11-21T00:00"), s("2026-11-22T00:00"))


@pytest.mark.parametrize(
    ("now", "spent", "expected"),
    [
        ("2026-11-21T00:59:59", 1 * DOLLAR, None),  # too early
        ("2026-11-21T01:00", 1 * DOLLAR, 24 * DOLLAR),
        ("2026-11-21T06:00", 3 * DOLLAR, 12 * DOLLAR),
        ("2026-11-21T18:00", 9 * DOLLAR, 12 * DOLLAR),
        ("2026-11-21T12:00", 0, 0),
        ("2026-11-22T00:00", 7 * DOLLAR, 7 * DOLLAR),  # over: nothing more will come
        ("2026-11-21T07:00", 1, 3),  # 3.43
    ],
)
def test_forecast_of_a_day(now: str, spent: int, expected: int | None) -> None:
    assert forecast(spent, ns(now), DAY) == expected


def test_forecast_of_a_day_of_25_hours() -> None:
    day = day_bounds(ns("2026-10-25T12:00"), ZoneInfo("Europe/Berlin"))
    assert forecast(10 * DOLLAR, (day[0] + 5 * HOUR) * 10**9, day) == 50 * DOLLAR


@given(st.integers(0, 10**15), st.integers(0, 86_400))
def test_a_forecast_is_never_below_what_is_spent(spent: int, elapsed_s: int) -> None:
    expected = forecast(spent, (DAY[0] + elapsed_s) * 10**9, DAY)
    assert expected is None or expected >= spent


@pytest.mark.parametrize(
    ("limit_usd", "spent", "limit", "share"),
    [
        (10.0, 8 * DOLLAR, 10 * DOLLAR, 0.8),
        (10.0, 10 * DOLLAR, 10 * DOLLAR, 1.0),
        (10.0, 0, 10 * DOLLAR, 0.0),
        (0.1, DOLLAR // 10, DOLLAR // 10, 1.0),
        (None, 8 * DOLLAR, None, None),
        (0.0, 0, 0, 1.0),
        (0.0, 1, 0, 1.0),
    ],
)
def test_share_of_a_budget(
    limit_usd: float | None, spent: int, limit: int | None, share: float | None
) -> None:
    daily = budgets(Config(budget=BudgetConfig(daily_usd=limit_usd)))[0]
    state = budget_state(daily, spent, ns("2026-11-21T12:00"), ZoneInfo("UTC"))
    assert (state.limit, state.spent, state.share) == (limit, spent, share)
    assert state.forecast == 2 * spent
    assert (state.start_s, state.end_s) == DAY
