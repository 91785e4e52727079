"""Days, months and budgets: what has been spent of what may be, and what it will come to.

A day runs from local midnight to the next in the configured zone, so it lasts 23 or 25 hours when clocks
change. Pure: the time is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

SECOND_NS: Final = 10**9
_NANO: Final = 10**9
_TOO_EARLY: Final = 24
"""A forecast needs one 24th of its period to have passed: an hour of a day."""


@dataclass(frozen=True, slots=True)
class BudgetState:
    """What has been spent in a period, and the budget for it if there is one."""

    limit_nanousd: int | None
    """None when there is no budget."""
    spent_nanousd: int
    share: float | None
    """Spent of the limit, 1 when it is used up; None without a budget. A budget of $0 is used up at once."""
    forecast_nanousd: int | None
    """What the whole period will have cost; None while it is too early to tell."""
    start_s: int = 0
    """When the period began, Unix seconds."""
    warn_at: float = 0.8
    """Share from which it is worth a warning."""


def day_bounds(now_ns: int, zone: tzinfo) -> tuple[int, int]:
    """Start and end (Unix seconds) of the local day in which ``now_ns`` lies."""
    today = _local_date(now_ns, zone)
    return _midnight_s(today, zone), _midnight_s(today + timedelta(days=1), zone)


def month_bounds(now_ns: int, zone: tzinfo) -> tuple[int, int]:
    """Start and end (Unix seconds) of the local calendar month in which ``now_ns`` lies."""
    first = _local_date(now_ns, zone).replace(day=1)
    return _midnight_s(first, zone), _midnight_s((first + timedelta(days=31)).replace(day=1), zone)


def forecast(spent_nanousd: int, now_ns: int, bounds: tuple[int, int]) -> int | None:
    """What a period will have cost if it goes on as it did: spent × length ÷ elapsed, rounded down.

    None before a 24th of the period has passed, when one call would be scaled up to a fortune.
    """
    start_s, end_s = bounds
    length_ns, elapsed_ns = (end_s - start_s) * SECOND_NS, now_ns - start_s * SECOND_NS
    if elapsed_ns * _TOO_EARLY < length_ns:
        return None
    return spent_nanousd * max(length_ns, elapsed_ns) // elapsed_ns


def budget_state(
    limit_usd: float | None, spent_nanousd: int, now_ns: int, bounds: tuple[int, int], *, warn_at: float
) -> BudgetState:
    """The state of a budget of ``limit_usd`` for the period ``bounds`` (Unix seconds)."""
    limit = None if limit_usd is None else round(limit_usd * _NANO)
    share = None if limit is None else spent_nanousd / limit if limit else 1.0
    return BudgetState(
        limit, spent_nanousd, share, forecast(spent_nanousd, now_ns, bounds), bounds[0], warn_at
    )


def _local_date(now_ns: int, zone: tzinfo) -> date:
    return datetime.fromtimestamp(now_ns // SECOND_NS, zone).date()


def _midnight_s(day: date, zone: tzinfo) -> int:
    """The first second of a local day.

    Where clocks skip midnight (Lebanon, Paraguay) the day begins at the moment of the change; where they
    pass it twice, at the first: both is what ``fold=0`` of PEP 495 gives, put through UTC.
    """
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
