"""Is everything all right just now? One verdict, computed in one place for screen, scripts and Prometheus.

A rule holds when its figure is over (under) its threshold in the status window and rests on enough calls.
Pure: takes sums and the time, reads nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from llmwatch.analysis.budget import SECOND_NS, BudgetState, day_bounds, month_bounds
from llmwatch.analysis.budgetwords import amount, behind, said
from llmwatch.config import Config, HealthConfig
from llmwatch.format import duration, percent
from llmwatch.store.histogram import Histogram
from llmwatch.store.rows import AlertRow, Totals

Level: TypeAlias = Literal["OK", "WARN", "CRIT", "IDLE"]
_WORST_FIRST: Final = ("CRIT", "WARN")
_MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that holds."""

    rule: str
    """error_rate, latency_p95, first_chunk_p95, heuristic_pass, daily_budget, monthly_budget, NAME_budget, or
    the name of the alert's rule."""
    level: Literal["WARN", "CRIT"]
    text: str
    """For a person: ``error rate 8.1 %, over 5 %``."""
    filter: str
    """The filter expression that opens the traces behind it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How things stand, and why."""

    level: Level
    """IDLE when nothing was called in the window and no budget complains."""
    reasons: tuple[Reason, ...] = ()
    """Worst first."""


@dataclass(frozen=True, slots=True)
class Windows:
    """The spans of time a verdict looks at, each as start and end in Unix seconds, end excluded."""

    status: tuple[int, int]
    """Whole minutes, the running one included, as rollups are kept by the minute."""
    day: tuple[int, int]
    month: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Outlook:
    """A verdict and what it rests on."""

    verdict: Verdict
    totals: Totals
    """LLM calls in the status window."""
    budgets: Sequence[BudgetState]
    """Every budget, and each value of those that users, features, … have for themselves; worst first."""

    @property
    def daily(self) -> BudgetState:
        """The day so far, whether there is a budget for it or not."""
        return self._own("daily")

    @property
    def monthly(self) -> BudgetState:
        """The month so far."""
        return self._own("monthly")

    def _own(self, name: str) -> BudgetState:
        return next(state for state in self.budgets if state.name == name)


def windows(now_ns: int, config: Config) -> Windows:
    """The windows at ``now_ns``: what `outlook` is told of LLM calls is their sum in ``status``."""
    zone = ZoneInfo(config.budget.timezone)
    minute = now_ns // (_MINUTE_S * SECOND_NS) * _MINUTE_S
    return Windows(
        (minute - config.health.window_minutes * _MINUTE_S, minute + _MINUTE_S),
        day_bounds(now_ns, zone),
        month_bounds(now_ns, zone),
    )


def outlook(
    status: Totals,
    budgets: Sequence[BudgetState],
    config: Config,
    window: str | None = None,
    alerts: Sequence[AlertRow] = (),
) -> Outlook:
    """The verdict on sums over `windows`, and on ``budgets``, worst first; ``window`` as for `verdict`.

    ``alerts`` are those that fire and that nobody has snoozed.
    """
    said = verdict(status, budgets=budgets, config=config.health, window=window, alerts=alerts)
    return Outlook(said, status, budgets)


def verdict(
    totals: Totals,
    *,
    budgets: Sequence[BudgetState],
    config: HealthConfig,
    window: str | None = None,
    alerts: Sequence[AlertRow] = (),
) -> Verdict:
    """The verdict on LLM calls in the status window, on the budgets and on the alerts, worst first.

    ``window`` is the filter term for the time that ``totals`` are of: empty for all of it, None for the
    configured window.
    """
    term = f"since:{config.window_minutes}m" if window is None else window
    when = f" {term}" if term else ""
    found = [
        _error_rate(totals, config, when),
        _slow("latency_p95", "p95 latency", "dur", totals.duration_ns, config.latency_p95_warn_s,
              config.latency_p95_crit_s, config, when),
        _slow("first_chunk_p95", "p95 time to first token", "ttft", totals.first_chunk_ns,
              config.first_chunk_p95_warn_s, config.first_chunk_p95_crit_s, config, when),
        _heuristics(totals, config, when),
        *_budgets(budgets),
    ]  # fmt: skip
    own = [reason for reason in found if reason is not None]
    reasons = tuple(sorted(_joined(own, alerts), key=lambda reason: _WORST_FIRST.index(reason.level)))
    level: Level = reasons[0].level if reasons else "OK" if totals.spans else "IDLE"
    return Verdict(level, reasons)


def _joined(own: Sequence[Reason], alerts: Sequence[AlertRow]) -> list[Reason]:
    """The verdict's own reasons and those of alerts, the worse of two that say the same."""
    reasons = list(own)
    for alert in alerts:
        if alert.level == "INFO":
            continue
        same = next((one for one in reasons if alert.rule == one.rule or alert.filter == one.filter), None)
        if same is not None:
            if same.level == "CRIT" or alert.level == "WARN":
                continue
            reasons.remove(same)
        text = f"{alert.reason} ({alert.slice})" if alert.slice else alert.reason
        reasons.append(Reason(alert.rule, alert.level, text, alert.filter))
    return reasons


def _error_rate(totals: Totals, config: HealthConfig, when: str) -> Reason | None:
    if not _enough(totals.spans, config):
        return None
    rate = totals.errors / totals.spans
    level = _level(rate, config.error_rate_warn, config.error_rate_crit)
    if level is None:
        return None
    bar = config.error_rate_crit if level == "CRIT" else config.error_rate_warn
    text = f"error rate {percent(rate)}, over {bar * 100:g} %"
    return Reason("error_rate", level, text, f"status:error kind:llm{when}")


def _slow(
    rule: str, name: str, key: str, times: Histogram, warn_s: float, crit_s: float,
    config: HealthConfig, when: str,
) -> Reason | None:  # fmt: skip
    p95_ns = times.percentile(0.95)
    if p95_ns is None or not _enough(times.count, config):
        return None
    level = _level(p95_ns, warn_s * SECOND_NS, crit_s * SECOND_NS)
    if level is None:
        return None
    bar = crit_s if level == "CRIT" else warn_s
    return Reason(rule, level, f"{name} {duration(p95_ns)}, over {bar:g} s", f"{key}>{bar:g}s kind:llm{when}")


def _heuristics(totals: Totals, config: HealthConfig, when: str) -> Reason | None:
    if not _enough(totals.checked, config) or totals.passed / totals.checked >= config.heuristic_pass_warn:
        return None
    text = (
        f"{percent(totals.passed / totals.checked)} of answers pass the checks, "
        f"under {config.heuristic_pass_warn * 100:g} %"
    )
    return Reason("heuristic_pass", "WARN", text, f"heuristic:*{when}")


def _budgets(states: Sequence[BudgetState]) -> list[Reason]:
    """One reason a budget, however many users or features have used theirs up: the worst of them."""
    worst: dict[str, list[BudgetState]] = {}
    for state in states:
        if state.share is not None and state.share >= min(state.warn_at, 1):
            worst.setdefault(state.name, []).append(state)
    return [_budget(first, len(rest)) for first, *rest in worst.values()]


def _budget(state: BudgetState, more: int) -> Reason:
    text = said(state)
    if (state.share or 0) < 1 and (state.forecast or 0) > (state.limit or 0):
        text += f", heading for {amount(state.forecast, state.unit)}"
    if more:
        text += f"; and {more:,} more"
    level: Literal["WARN", "CRIT"] = "CRIT" if (state.share or 0) >= 1 else "WARN"
    return Reason(f"{state.name}_budget", level, text, behind(state))


def _enough(calls: int, config: HealthConfig) -> bool:
    return calls >= max(config.min_calls, 1)


def _level(value: float, warn: float, crit: float) -> Literal["WARN", "CRIT"] | None:
    return "CRIT" if value > crit else "WARN" if value > warn else None
