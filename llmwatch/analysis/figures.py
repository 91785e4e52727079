"""Sums as plain figures, for everything that answers in JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from llmwatch.analysis.budget import BudgetState
from llmwatch.analysis.health import Outlook
from llmwatch.analysis.metrics import METRICS, figure, metric_of
from llmwatch.store.histogram import Histogram
from llmwatch.store.rows import AlertRow, Measured, ModelTotals, Overall, Totals

if TYPE_CHECKING:
    from llmwatch.analysis.judging import JudgeState

Figures: TypeAlias = Mapping[str, object]
_NANO = 10**9
_MS = 10**6
_MOST_SCORES = 200
"""Names of scores come from outside."""


def dollars(nanousd: int | None) -> float | None:
    """Nano-dollars as dollars: the float nearest to the exact amount."""
    return None if nanousd is None else nanousd / _NANO


def window(totals: Totals) -> Figures:
    """LLM calls in a window: requests, latency, tokens, cost. What cannot be told is None."""
    return {
        "requests": {
            "total": totals.spans,
            "errors": totals.errors,
            "error_rate": _share(totals.errors, totals.spans),
            "refused": totals.refused,
            "truncated": totals.truncated,
            "heuristic_pass_rate": _share(totals.passed, totals.checked),
        },
        "latency": _times(totals.duration_ns),
        "time_to_first_token": _times(totals.first_chunk_ns),
        "tokens": {
            "input": totals.input_tokens,
            "output": totals.output_tokens,
            "cache_read": totals.cache_read_tokens,
            "cache_write": totals.cache_write_tokens,
            "reasoning": totals.reasoning_tokens,
        },
        "cost": {"total_usd": dollars(totals.cost_nanousd), "unpriced_calls": totals.unpriced},
    }


def of_metrics(measured: Measured) -> Figures:
    """Every metric by its id, in its own unit, and each score by its name; those that can be told."""
    names = (*METRICS, *(f"score:{name}" for name in sorted(measured.scores)[:_MOST_SCORES]))
    found = {name: (metric_of(name), figure(name, measured)) for name in names}
    return {
        name: {"value": each.value, "unit": metric.unit, "samples": each.samples}
        for name, (metric, each) in found.items()
        if each.value is not None
    }


def judge(state: JudgeState) -> Figures:
    """The judge: its spend is its own and in no other sum."""
    today = state.today
    return {
        "judge": {
            "off": state.hindrance,
            "judged_today": today.judged,
            "waiting": state.waiting,
            "cost_today_usd": dollars(today.cost_nanousd),
            "unpriced_today": today.unpriced,
            "daily_budget_usd": dollars(state.daily_nanousd),
        }
    }


def overall(sums: Overall) -> Figures:
    """The sums that ``llmwatch status`` prints; cost is that of priced calls."""
    return {
        "spans": sums.spans,
        "llm_calls": sums.llm_calls,
        "errors": sums.errors,
        "error_rate": _share(sums.errors, sums.llm_calls),
        "input_tokens": sums.input_tokens,
        "output_tokens": sums.output_tokens,
        "cost_usd": dollars(sums.cost_nanousd),
        "unpriced_calls": sums.unpriced_calls,
    }


def since_first(models: Sequence[ModelTotals]) -> Figures:
    """All LLM calls that were ever collected, in the sections of `window`."""
    success, errors = sum(model.success for model in models), sum(model.error for model in models)
    calls, duration_ns = success + errors, sum(model.duration_sum_ns for model in models)
    return {
        "requests": {
            "total": calls,
            "success": success,
            "errors": errors,
            "error_rate": _share(errors, calls),
        },
        "latency": {"count": calls, "mean_ms": round(duration_ns / calls / _MS, 3) if calls else None},
        "tokens": {
            "input": sum(model.input_tokens for model in models),
            "output": sum(model.output_tokens for model in models),
        },
        "cost": {"total_usd": dollars(sum(model.cost_nanousd for model in models))},
    }


def health(outlook: Outlook) -> Figures:
    """A verdict with its reasons, and the budgets."""
    return {
        "level": outlook.verdict.level,
        "reasons": [
            {"rule": reason.rule, "level": reason.level, "text": reason.text, "filter": reason.filter}
            for reason in outlook.verdict.reasons
        ],
        "budgets": [budget(state) for state in outlook.budgets],
    }


def alert(row: AlertRow) -> Figures:
    """An alert that fires; times are Unix seconds."""
    return {
        "rule": row.rule,
        "tier": row.tier,
        "slice": row.slice,
        "reason": row.reason,
        "filter": row.filter,
        "fired_s": None if row.fired_ns is None else row.fired_ns // _NANO,
        "acknowledged": row.acknowledged_ns is not None,
    }


def budget(state: BudgetState) -> Figures:
    """How a budget stands: dollars, tokens or calls, as ``unit`` says; times are Unix seconds."""
    dollar = state.unit == "usd"
    return {
        "name": state.name,
        "unit": state.unit,
        "period": state.period,
        "by": state.by,
        "value": state.value,
        "limit": dollars(state.limit) if dollar else state.limit,
        "spent": dollars(state.spent) if dollar else state.spent,
        "share": state.share,
        "forecast": dollars(state.forecast) if dollar else state.forecast,
        "warn_at": state.warn_at,
        "start_s": state.start_s,
        "end_s": state.end_s,
    }


def _times(histogram: Histogram) -> Figures:
    percentiles = {f"p{round(q * 100)}_ms": histogram.percentile(q) for q in (0.5, 0.95, 0.99)}
    return {
        "count": histogram.count,
        **{name: None if ns is None else round(ns / _MS, 3) for name, ns in percentiles.items()},
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
