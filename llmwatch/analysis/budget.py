"""Days, months and budgets: what has been spent of what may be, and what it will come to.

A day runs from local midnight to the next in the configured zone, so it lasts 23 or 25 hours when clocks
change. Amounts are in the unit of the budget: nano-dollars, tokens or calls. Pure: the time is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from llmwatch.config import Config
from llmwatch.config.budgets import BudgetBy, BudgetPeriod, Enforce, NamedBudgetConfig, OnFailure
from llmwatch.store.accounts import Account, Measure

Unit: TypeAlias = Literal["usd", "tokens", "calls"]
SECOND_NS: Final = 10**9
_NANO: Final = 10**9
_TOO_EARLY: Final = 24
"""A forecast needs one 24th of its period to have passed: an hour of a day."""
_STEP_S: Final[Mapping[BudgetPeriod, int]] = {"minute": 60, "hour": 3600}


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be spent, and by whom."""

    name: str
    """daily and monthly for those of ``[budget]``."""
    unit: Unit = "usd"
    limit: int | None = None
    """None when there is only something to be counted."""
    period: BudgetPeriod
    by: BudgetBy = "none"
    """Whose limit it is: of all together, or of each user, feature, …"""
    match: Mapping[str, str] = field(default_factory=dict)
    """Values that calls must have to count."""
    warn_at: float = 0.8
    enforce: Enforce = "off"
    on_failure: OnFailure = "open"


@dataclass(frozen=True, slots=True)
class BudgetState:
    """What has been spent in a period, and the budget for it if there is one."""

    limit: int | None
    """None when there is no budget."""
    spent: int
    share: float | None
    """Spent of the limit, 1 when it is used up; None without a budget. A limit of 0 is used up at once."""
    forecast: int | None
    """What the whole period will have cost; None while it is too early to tell."""
    start_s: int = 0
    """When the period began, Unix seconds."""
    warn_at: float = 0.8
    """Share from which it is worth a warning."""
    end_s: int = 0
    """When the next one begins."""
    name: str = ""
    """The budget's."""
    unit: Unit = "usd"
    """What limit, spent and forecast count: nano-dollars, tokens or calls."""
    period: BudgetPeriod = "day"
    by: BudgetBy = "none"
    value: str | None = None
    """The user, feature, … whose state it is; None for a budget that all share."""


def budgets(config: Config) -> tuple[Budget, ...]:
    """All budgets of the configuration, daily and monthly first, with or without a limit."""
    own = config.budget
    plain: tuple[tuple[str, BudgetPeriod, float | None], ...] = (
        ("daily", "day", own.daily_usd), ("monthly", "month", own.monthly_usd)
    )  # fmt: skip
    return (
        *(
            Budget(
                name=name, limit=_nanousd(limit), period=period,
                warn_at=own.warn_at, enforce=own.enforce, on_failure=own.on_failure,
            )
            for name, period, limit in plain
        ),
        *(_named(name, budget) for name, budget in config.budgets.items()),
    )  # fmt: skip


_COLUMNS: Final[Mapping[str, str]] = {"user": "user_id", "session": "session_id"}
"""Columns of spans, where they are called otherwise than in the configuration."""


MEASURES: Final[Mapping[Unit, Measure]] = {"usd": "cost_nanousd", "tokens": "tokens", "calls": "calls"}


def account(budget: Budget, zone: ZoneInfo) -> Account:
    """What is to be kept of what spans cost, so that ``budget`` can be judged."""
    match = tuple(sorted((_COLUMNS.get(name, name), wanted) for name, wanted in budget.match.items()))
    column = None if budget.by == "none" else _COLUMNS.get(budget.by, budget.by)
    definition = f"{budget.period} {zone.key} by {column} of {match}"
    return Account(budget.name, definition, column, match, _Calendar(budget.period, zone).bounds)


class _Calendar:
    """Periods of one sort; the last one is remembered, as the next time lies in it, too."""

    def __init__(self, period: BudgetPeriod, zone: tzinfo) -> None:
        self._period, self._zone = period, zone
        self._last = (0, 0)

    def bounds(self, at_s: int) -> tuple[int, int]:
        """Start and end (Unix seconds) of the period in which ``at_s`` lies."""
        last = self._last
        if not last[0] <= at_s < last[1]:
            self._last = last = bounds(self._period, at_s * SECOND_NS, self._zone)
        return last


def _named(name: str, said: NamedBudgetConfig) -> Budget:
    limits: tuple[tuple[Unit, int | None], ...] = (
        ("usd", _nanousd(said.limit_usd)), ("tokens", said.limit_tokens), ("calls", said.limit_calls)
    )  # fmt: skip
    unit, limit = next((unit, limit) for unit, limit in limits if limit is not None)
    return Budget(
        name=name, unit=unit, limit=limit, period=said.period, by=said.by, match=said.match,
        warn_at=said.warn_at, enforce=said.enforce, on_failure=said.on_failure,
    )  # fmt: skip


def _nanousd(dollars: float | None) -> int | None:
    return None if dollars is None else round(dollars * _NANO)


def bounds(period: BudgetPeriod, now_ns: int, zone: tzinfo) -> tuple[int, int]:
    """Start and end (Unix seconds) of the local minute, hour, day or month in which ``now_ns`` lies.

    Hours are counted from midnight, so that they tile every day: the last one is shorter where clocks change
    by half an hour.
    """
    if period == "month":
        return month_bounds(now_ns, zone)
    start_s, end_s = day_bounds(now_ns, zone)
    if step_s := _STEP_S.get(period):
        start_s += (now_ns // SECOND_NS - start_s) // step_s * step_s
        end_s = min(start_s + step_s, end_s)
    return start_s, end_s


def day_bounds(now_ns: int, zone: tzinfo) -> tuple[int, int]:
    """Start and end (Unix seconds) of the local day in which ``now_ns`` lies."""
    today = _local_date(now_ns, zone)
    return _midnight_s(today, zone), _midnight_s(today + timedelta(days=1), zone)


def month_bounds(now_ns: int, zone: tzinfo) -> tuple[int, int]:
    """Start and end (Unix seconds) of the local calendar month in which ``now_ns`` lies."""
    first = _local_date(now_ns, zone).replace(day=1)
    return _midnight_s(first, zone), _midnight_s((first + timedelta(days=31)).replace(day=1), zone)


def forecast(spent: int, now_ns: int, period: tuple[int, int]) -> int | None:
    """What a period will have cost if it goes on as it did: spent × length ÷ elapsed, rounded down.

    None before a 24th of the period has passed, when one call would be scaled up to a fortune.
    """
    start_s, end_s = period
    length_ns, elapsed_ns = (end_s - start_s) * SECOND_NS, now_ns - start_s * SECOND_NS
    if elapsed_ns * _TOO_EARLY < length_ns:
        return None
    return spent * max(length_ns, elapsed_ns) // elapsed_ns


def budget_state(
    budget: Budget, spent: int, now_ns: int, zone: tzinfo, value: str | None = None
) -> BudgetState:
    """The state of ``budget`` (for ``value``) in its running period, of which ``spent`` is known."""
    start_s, end_s = bounds(budget.period, now_ns, zone)
    return BudgetState(
        limit=budget.limit,
        spent=spent,
        share=None if budget.limit is None else share(spent, budget.limit),
        forecast=forecast(spent, now_ns, (start_s, end_s)),
        start_s=start_s,
        warn_at=budget.warn_at,
        end_s=end_s,
        name=budget.name,
        unit=budget.unit,
        period=budget.period,
        by=budget.by,
        value=value,
    )


def share(spent: int, limit: int) -> float:
    """How much of ``limit`` is used up; 1 of a limit of 0."""
    return spent / limit if limit else 1.0


def worst_first(states: Iterable[BudgetState]) -> list[BudgetState]:
    """Those nearest to their limit first, those without one last."""
    return sorted(states, key=lambda state: -1.0 if state.share is None else state.share, reverse=True)


def _local_date(now_ns: int, zone: tzinfo) -> date:
    return datetime.fromtimestamp(now_ns // SECOND_NS, zone).date()


def _midnight_s(day: date, zone: tzinfo) -> int:
    """The first second of a local day.

    Where clocks skip midnight (Lebanon, Paraguay) the day begins at the moment of the change; where they
    pass it twice, at the first: both is what ``fold=0`` of PEP 495 gives, put through UTC.
    """
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
