"""What Prometheus is told beside the calls: figures, budgets, alerts, the judge, the collector itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from llmwatch.analysis.budget import BudgetState
from llmwatch.analysis.metrics import METRICS, figure
from llmwatch.collector.outlook import Reading
from llmwatch.neutral import neutral_line
from llmwatch.store.exposed import Sample
from llmwatch.store.judging import JudgeSpend
from llmwatch.store.rows import AlertRow, Measured

MAX_LABEL: Final = 100
NANO: Final = 10**9
_UNITS: Final[Mapping[str, tuple[str, int]]] = {
    "ns": ("seconds", NANO), "nanousd": ("usd", NANO), "share": ("ratio", 1), "mark": ("ratio", 1)
}  # fmt: skip
"""Prometheus' base units, and what ours are divided by."""
_STATUS: Final = {"IDLE": 0, "OK": 0, "WARN": 1, "CRIT": 2}

Floor: TypeAlias = Callable[[Sample, float], float]
"""Given a counter's identity and value, the value to show."""


def beside_calls(reading: Reading, floor: Floor, on: Floor) -> Iterator[Metric]:
    """Everything here.

    ``floor`` gives the largest value shown so far; ``on`` goes on from where the process before ended.
    """
    yield from _of_metrics(reading.measured)
    yield from _of_collector(reading, on)
    yield from _of_budgets(reading.outlook.budgets)
    yield _of_alerts(reading.alerts)
    yield from _of_judge(reading.judge, floor)


def _of_metrics(measured: Measured) -> Iterator[Metric]:
    labels = ["metric", "unit"]
    values = GaugeMetricFamily("llmwatch_metric", "A figure of the status window.", labels=labels)
    samples = GaugeMetricFamily("llmwatch_metric_samples", "What it is of: calls, scores, …", labels=labels)
    for name, metric in METRICS.items():
        found = figure(name, measured)
        if found.value is not None:
            unit, scale = _UNITS.get(metric.unit, (metric.unit, 1))
            values.add_metric([name, unit], found.value / scale)
            samples.add_metric([name, unit], found.samples)
    yield from (values, samples)


def _of_collector(reading: Reading, on: Floor) -> Iterator[Metric]:
    stats = reading.stats
    for name, meaning, value in (
        ("queued_spans", "Spans waiting to be written.", reading.queued_spans),
        ("stored_spans", "Spans in the database.", stats.spans),
        ("stored_traces", "Traces in the database.", stats.traces),
        ("database_bytes", "Size of the database with its WAL.", stats.file_bytes),
        ("status", "0 OK or IDLE, 1 WARN, 2 CRIT.", _STATUS[reading.outlook.verdict.level]),
    ):
        yield GaugeMetricFamily(f"llmwatch_{name}", meaning, value)
    for name, meaning, value in (
        ("requests", "Requests that brought something.", reading.requests),
        ("failed_requests", "Those answered with 400 or more.", reading.failed_requests),
    ):
        yield CounterMetricFamily(f"llmwatch_{name}", meaning, on((f"llmwatch_{name}",), value))
    events = CounterMetricFamily("llmwatch_events", "Records and what became of them.", labels=["event"])
    for name, count in sorted(stats.counters.items()):
        events.add_metric([name], count)
    yield events


def _of_budgets(states: Sequence[BudgetState]) -> Iterator[Metric]:
    spent = GaugeMetricFamily("llmwatch_spent_usd", "Spent in the running period.", labels=["period"])
    budget = GaugeMetricFamily("llmwatch_budget_usd", "The period's budget, if any.", labels=["period"])
    labels = ["budget", "unit", "period", "by", "value"]
    used = GaugeMetricFamily("llmwatch_budget_used", "Spent of a budget, in its unit.", labels=labels)
    limit = GaugeMetricFamily("llmwatch_budget_limit", "What may be spent, in its unit.", labels=labels)
    share = GaugeMetricFamily("llmwatch_budget_used_ratio", "Spent of the limit; 1: used up.", labels=labels)
    shown: set[tuple[str, ...]] = set()
    for state in states:
        scale = NANO if state.unit == "usd" else 1
        if state.name in ("daily", "monthly"):
            spent.add_metric([state.period], state.spent / scale)
            if state.limit is not None:
                budget.add_metric([state.period], state.limit / scale)
        named = (state.name, state.unit, state.period, state.by, neutral_line(state.value or "", MAX_LABEL))
        if state.limit is None or state.share is None or named in shown:
            continue
        shown.add(named)
        used.add_metric(named, state.spent / scale)
        limit.add_metric(named, state.limit / scale)
        share.add_metric(named, state.share)
    yield from (spent, budget, used, limit, share)


def _of_alerts(alerts: Sequence[AlertRow]) -> Metric:
    """One sample a rule and slice, however often it fired; acknowledged and snoozed ones too."""
    firing = GaugeMetricFamily(
        "llmwatch_alert_firing", "1 for each alert that fires.", labels=["rule", "tier", "slice"]
    )
    for named in sorted({(row.rule, str(row.tier), neutral_line(row.slice, MAX_LABEL)) for row in alerts}):
        firing.add_metric(named, 1)
    return firing


def _of_judge(spend: JudgeSpend, floor: Floor) -> Iterator[Metric]:
    for name, meaning, value in (
        ("judged_answers", "Answers that the judge has marked.", spend.judged),
        ("judge_cost_usd", "What that cost, dollars; not in llm_cost_usd.", spend.cost_nanousd / NANO),
    ):
        yield CounterMetricFamily(f"llmwatch_{name}", meaning, floor((f"llmwatch_{name}",), value))
