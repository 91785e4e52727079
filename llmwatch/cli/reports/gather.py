"""What a report says: everything that is known of a period, and of the one before, in a few reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from llmwatch.analysis.budget import SECOND_NS, BudgetState
from llmwatch.analysis.budgetstates import budget_states, past_states
from llmwatch.analysis.health import Verdict, verdict
from llmwatch.analysis.metrics import Figure, figure
from llmwatch.cli.reports.period import Period
from llmwatch.cli.reports.words import counted
from llmwatch.config import Config
from llmwatch.store.costrows import DearCall, ErrorCount, SpentBy, VersionSpent
from llmwatch.store.filters import parse
from llmwatch.store.reads import alerts, costs, judging, traces, versions
from llmwatch.store.reads.measuring import measure, measure_by
from llmwatch.store.rows import AlertRow, Measured, ScoreSums, TraceRow, VersionRow

_MOST: Final = 10
"""Rows of a list."""
FIGURES: Final = (
    "error_rate", "latency_p50", "latency_p95", "latency_p99", "ttft_p50", "ttft_p95", "tokens_per_second",
    "timeout_rate", "retry_rate", "cache_hit_rate", "cost_per_request", "cost_per_user", "cost_per_session",
    "prompt_tokens_mean", "refusal_rate", "truncation_rate", "heuristic_pass_rate", "quality_score",
    "groundedness", "negative_feedback", "rating", "regeneration_rate", "tool_success_rate",
    "retrieval_latency_p95", "active_users",
)  # fmt: skip
"""Metrics that a report names, in its order."""
OF_MODELS: Final = (
    "error_rate",
    "latency_p50",
    "latency_p95",
    "latency_p99",
    "ttft_p95",
    "tokens_per_second",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A figure of the period, and of the one before."""

    metric: str
    now: Figure
    before: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class OfModel:
    """A model's calls, and figures of them by metric."""

    model: str | None
    calls: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Scores of one name in the period, and before."""

    name: str
    now: ScoreSums
    before: ScoreSums | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """How much there was."""

    calls: int
    errors: int
    input_tokens: int
    output_tokens: int
    cost_nanousd: int
    unpriced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """Traces to look at first."""

    failed: Sequence[TraceRow]
    slowest: Sequence[TraceRow]
    dearest: Sequence[TraceRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that a report says."""

    period: Period
    verdict: Verdict
    """On the LLM calls of the whole period, and on the budgets as they stood at its end."""
    alerts: Sequence[AlertRow]
    """Those of tiers 1 and 2 that fired in it, the oldest first."""
    digest: Sequence[AlertRow]
    """Those of tier 3."""
    volume: Volume
    before: Volume
    figures: Sequence[Compared]
    errors: Sequence[ErrorCount]
    error_classes: Mapping[str, int]
    models: Sequence[OfModel]
    scores: Sequence[Scored]
    failed_checks: Mapping[str, int]
    budgets: Sequence[BudgetState]
    judge: Mapping[str, int]
    """What was judged and what that cost (`llmwatch.store.judging.JudgeSpend`)."""
    by_model: Sequence[SpentBy]
    by_feature: Sequence[SpentBy]
    by_user: Sequence[SpentBy]
    by_version: Sequence[VersionSpent]
    dear: Sequence[DearCall]
    versions: Sequence[VersionRow]
    """Those that were seen for the first time."""
    worst: Worst


def gather(db: sqlite3.Connection, config: Config, period: Period) -> Report:
    """What a report on ``period`` says."""
    window = period.start_s, period.end_s
    start_ns, end_ns = period.start_s * SECOND_NS, period.end_s * SECOND_NS
    now = measure(db, *window, {}, people=True)
    before = measure(db, *period.before, {}, people=True)
    fired = [row for row in alerts.fired_since(db, start_ns) if (row.fired_ns or 0) < end_ns]
    compared = [Compared(metric=id_, now=figure(id_, now), before=figure(id_, before)) for id_ in FIGURES]
    budgets = (past_states if period.whole else budget_states)(db, config, period.at_ns)
    return Report(
        period=period,
        verdict=verdict(now.calls, budgets=budgets, config=config.health, window=_terms(period)),
        alerts=[row for row in fired if row.tier != 3],
        digest=[row for row in fired if row.tier == 3],
        volume=_volume(now),
        before=_volume(before),
        figures=[each for each in compared if each.now.samples or each.before.samples],
        errors=costs.errors_by_frequency(db, *window, _MOST),
        error_classes=counted(now, "error:"),
        models=_models(db, window),
        scores=[
            Scored(name=name, now=sums, before=before.scores.get(name))
            for name, sums in sorted(now.scores.items(), key=lambda item: -item[1].scores)
        ],
        failed_checks=counted(now, "failed:"),
        budgets=budgets,
        judge=judging.spend(db, start_ns, end_ns)._asdict(),
        by_model=costs.spent_by(db, *window, "model", _MOST),
        by_feature=costs.spent_by(db, *window, "feature", _MOST),
        by_user=costs.spent_by_person(db, *window, "user", _MOST),
        by_version=_dearest_versions(costs.spent_by_version(db, *window)),
        dear=costs.dear_calls(db, *window, limit=_MOST),
        versions=[row for row in versions.live(db, start_ns) if start_ns <= row.first_seen_ns < end_ns],
        worst=_worst(db, period),
    )


def _volume(measured: Measured) -> Volume:
    return Volume(
        calls=measured.calls.spans,
        errors=measured.calls.errors,
        input_tokens=measured.spans.input_tokens,
        output_tokens=measured.spans.output_tokens,
        cost_nanousd=measured.spans.cost_nanousd,
        unpriced=measured.spans.unpriced,
    )


def _models(db: sqlite3.Connection, window: tuple[int, int]) -> list[OfModel]:
    found = measure_by(db, *window, "model", {"kind": "llm"})
    return [
        OfModel(
            model=model, calls=measured.calls.spans, figures={id_: figure(id_, measured) for id_ in OF_MODELS}
        )
        for model, measured in found[:_MOST]
        if measured.calls.spans
    ]


def _dearest_versions(rows: Sequence[VersionSpent]) -> list[VersionSpent]:
    named = [row for row in rows if row.version is not None]
    return sorted(named, key=lambda row: -row.spent.cost_nanousd)[:_MOST]


def _worst(db: sqlite3.Connection, period: Period) -> Worst:
    when = _terms(period)
    failed = traces.page(db, parse(f"status:error {when}"), before_id=None, limit=_MOST)
    slowest = traces.ranked(db, parse(when), by="duration_ns", ascending=False, limit=_MOST)
    dearest = traces.ranked(db, parse(when), by="cost_nanousd", ascending=False, limit=_MOST)
    return Worst(
        failed=failed,
        slowest=[row for row in slowest if row.duration_ns is not None],
        dearest=[row for row in dearest if row.cost_nanousd],
    )


def _terms(period: Period) -> str:
    """The filter terms for what began in the period."""
    return f"after:{_moment(period.start_s)} before:{_moment(period.end_s)}"


def _moment(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%SZ}"
