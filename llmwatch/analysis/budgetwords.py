"""What is said of a budget, on the screen, in alerts and in refusals alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Final

from llmwatch.analysis.budget import BudgetState, Unit
from llmwatch.config.budgets import BudgetBy, BudgetPeriod
from llmwatch.format import money, percent, tokens
from llmwatch.neutral import neutral_line

_NOW: Final[Mapping[BudgetPeriod, str]] = {
    "minute": "this minute", "hour": "this hour", "day": "today", "month": "this month"
}  # fmt: skip
_COUNTED: Final[Mapping[Unit, str]] = {"usd": "cost>0", "tokens": "tokens>0", "calls": "kind:llm,embedding"}
_VALUE: Final = 60
"""Characters of a user, a feature, … that are shown."""
_KEYS: Final[Mapping[BudgetBy, str]] = {
    "user": "user", "feature": "feature", "model": "model", "session": "session", "service": "service",
    "segment": "segment",
}  # fmt: skip


def amount(count: int | None, unit: Unit) -> str:
    """``$1.84``, ``12,000 tokens``, ``1 call``."""
    return (
        money(count) if unit == "usd" else f"{tokens(count)} {unit.removesuffix('s') if count == 1 else unit}"
    )


def said(state: BudgetState) -> str:
    """``today $8.50, 85 % of the daily budget $10.00``; with a value ``user u1: today …``."""
    whose = "" if state.value is None else f"{state.by} {neutral_line(state.value, _VALUE)}: "
    spent, limit = amount(state.spent, state.unit), amount(state.limit, state.unit)
    return f"{whose}{_NOW[state.period]} {spent}, {percent(state.share)} of the {state.name} budget {limit}"


def behind(state: BudgetState) -> str:
    """The filter expression that opens the traces behind it, those of its value and its period."""
    from llmwatch.store.filters import quoted  # noqa: PLC0415 - 20 ms that a first paint need not wait for

    begun = f"after:{datetime.fromtimestamp(state.start_s, UTC):%Y-%m-%dT%H:%M:%SZ}"
    whose = "" if state.value is None else f" {_KEYS[state.by]}:{quoted(state.value)}"
    return f"{_COUNTED[state.unit]}{whose} {begun}"


def until(state: BudgetState, zone: tzinfo) -> str:
    """When it begins anew, by the clock of ``zone``: ``2026-11-22 00:00 UTC``."""
    return f"{datetime.fromtimestamp(state.end_s, zone):%Y-%m-%d %H:%M %Z}"
