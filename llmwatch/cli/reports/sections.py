"""A report as a document: its sections in the order in which they are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Final

from llmwatch.analysis.budget import SECOND_NS, BudgetState
from llmwatch.analysis.budgetwords import said
from llmwatch.cli.reports.document import Document, Section
from llmwatch.cli.reports.gather import OF_MODELS, Report, Volume
from llmwatch.cli.reports.words import Row, judging_cost, mean, part, points, share, shown, title
from llmwatch.format import change, duration, money, plural, tokens
from llmwatch.store.costrows import Spent, SpentBy
from llmwatch.store.rows import AlertRow, TraceRow

_SPENT: Final = "cost, calls, a call, unpriced"
_TRACE: Final = "trace, name, began, took, cost, error"
_NAMES: Final = {"daily": "Daily report", "weekly": "Weekly report"}


def document(report: Report) -> Document:
    """The report as it is read."""
    period = report.period
    so_far = "" if period.whole else ", so far"
    return Document(
        f"{_NAMES[period.kind]}, {period.title}{so_far}",
        [
            f"{report.verdict.level}. {_summary(report)}",
            f"Days as in {period.zone.key}. Compared with as much of the {_before(report)} before.",
        ],
        [
            Section("Why", [f"{each.level}: {each.text} ({each.rule})" for each in report.verdict.reasons]),
            part("Alerts", "level, rule, what, why, fired, over", _alerts(report)),
            part("Traffic", "count, now, before, change", _traffic(report)),
            part("Figures", "metric, now, before, change, of", _figures(report)),
            part("By model", f"model, calls, {', '.join(map(title, OF_MODELS))}", _models(report)),
            part("Errors", "times, kind, type, message, last span", _errors(report), _error_classes(report)),
            part("Quality", "score, count, mean, low, change", _scores(report), _quality(report)),
            Section("Budgets", [_budget(state) for state in report.budgets]),
            part("Cost by model", f"model, {_SPENT}", _spent(report.by_model)),
            part("Cost by feature", f"feature, {_SPENT}", _spent(report.by_feature)),
            part("Users that cost most", f"user, {_SPENT}", _spent(report.by_user)),
            part("Versions of prompts", f"prompt, version, {_SPENT}", _versions_spent(report)),
            part("Calls out of line", "cost, tokens, model, feature, user, span", _dear(report)),
            part("First seen", "what, name, version, since, spans", _first_seen(report)),
            Section("Digest", [f"{row.reason} ({_ruled(row)})" for row in report.digest]),
            part("Failing traces", _TRACE, _traces(report.worst.failed, period.zone)),
            part("Slowest traces", _TRACE, _traces(report.worst.slowest, period.zone)),
            part("Dearest traces", _TRACE, _traces(report.worst.dearest, period.zone)),
        ],
    )


def _before(report: Report) -> str:
    return "day" if report.period.kind == "daily" else "seven days"


def _summary(report: Report) -> str:
    volume = report.volume
    failed = f", {volume.errors:,} failed ({share(volume.errors, volume.calls)})" if volume.errors else ""
    alerts = plural(len(report.alerts), "alert")
    return f"{plural(volume.calls, 'LLM call')}{failed}, {money(volume.cost_nanousd)}, {alerts}."


def _alerts(report: Report) -> list[Row]:
    zone = report.period.zone
    return [
        (
            row.level,
            row.rule,
            row.slice,
            row.reason,
            _clock(row.fired_ns, zone),
            _clock(row.resolved_ns, zone),
        )
        for row in report.alerts
    ]


def _ruled(row: AlertRow) -> str:
    return f"{row.rule}, {row.slice}" if row.slice else row.rule


def _traffic(report: Report) -> list[Row]:
    now, before = report.volume, report.before
    counted = [("LLM calls", "calls"), ("failed", "errors"), ("tokens in", "input_tokens"),
               ("tokens out", "output_tokens"), ("calls without a price", "unpriced")]  # fmt: skip
    rows = [_compared(name, getattr(now, field), getattr(before, field)) for name, field in counted]
    cost = ("cost", money(now.cost_nanousd), money(before.cost_nanousd))
    return [*rows, (*cost, change(before.cost_nanousd, now.cost_nanousd))] if _any(now, before) else []


def _any(*volumes: Volume) -> bool:
    return any(volume.calls or volume.input_tokens or volume.cost_nanousd for volume in volumes)


def _compared(name: str, now: int, before: int) -> Row:
    return name, tokens(now), tokens(before), change(before, now)


def _figures(report: Report) -> list[Row]:
    return [
        (
            title(row.metric),
            shown(row.metric, row.now.value),
            shown(row.metric, row.before.value),
            change(row.before.value, row.now.value),
            f"{row.now.samples:,}",
        )
        for row in report.figures
        if row.now.value is not None or row.before.value is not None
    ]


def _models(report: Report) -> list[Row]:
    return [
        (
            row.model or "(not said)",
            f"{row.calls:,}",
            *(shown(id_, row.figures[id_].value) for id_ in OF_MODELS),
        )
        for row in report.models
    ]


def _error_classes(report: Report) -> list[str]:
    return [f"{name.replace('_', ' ')}: {count:,}" for name, count in report.error_classes.items()]


def _errors(report: Report) -> list[Row]:
    return [
        (
            f"{row.spans:,}",
            row.kind,
            row.error_type or "",
            row.error_message or "",
            f"{row.trace_id}:{row.span_id}",
        )
        for row in report.errors
    ]


def _quality(report: Report) -> list[str]:
    lines = [
        f"check {name.replace('_', ' ')}: {count:,} failed" for name, count in report.failed_checks.items()
    ]
    if report.judge["judged"]:
        lines.append(judging_cost(report.judge))
    return lines


def _scores(report: Report) -> list[Row]:
    return [
        (
            row.name,
            f"{row.now.scores:,}",
            points(mean(row.now)),
            share(row.now.low, row.now.valued),
            change(mean(row.before), mean(row.now)),
        )
        for row in report.scores
    ]


def _budget(state: BudgetState) -> str:
    if state.limit is None:
        when = "the day" if state.period == "day" else "the month"
        return f"{when}: {money(state.spent)}, no budget{_coming(state)}"
    return said(state) + _coming(state)


def _coming(state: BudgetState) -> str:
    if state.forecast is None or state.forecast <= state.spent:
        return ""
    written = money(state.forecast) if state.unit == "usd" else f"{tokens(state.forecast)} {state.unit}"
    return f", heading for {written}"


def _spent(groups: Sequence[SpentBy]) -> list[Row]:
    return [(group.value or "(not said)", *_sums(group.spent)) for group in groups]


def _versions_spent(report: Report) -> list[Row]:
    return [(row.name or "", row.version or "", *_sums(row.spent)) for row in report.by_version]


def _sums(spent: Spent) -> Row:
    unpriced = f"{spent.unpriced:,}" if spent.unpriced else ""
    return money(spent.cost_nanousd), f"{spent.calls:,}", money(spent.mean_nanousd), unpriced


def _dear(report: Report) -> list[Row]:
    return [
        (
            money(row.cost_nanousd),
            tokens((row.input_tokens or 0) + (row.output_tokens or 0)),
            row.model or "",
            row.feature or row.name,
            row.user_id or "",
            f"{row.trace_id}:{row.span_id}",
        )
        for row in report.dear
    ]


def _first_seen(report: Report) -> list[Row]:
    zone = report.period.zone
    return [
        (row.kind, row.name, row.version, _clock(row.first_seen_ns, zone), f"{row.spans:,}")
        for row in report.versions
    ]


def _traces(rows: Sequence[TraceRow], zone: tzinfo) -> list[Row]:
    return [
        (
            row.trace_id,
            row.name,
            _clock(row.start_ns, zone),
            duration(row.duration_ns),
            money(row.cost_nanousd),
            row.error_message or row.error_type or "",
        )
        for row in rows
    ]


def _clock(ns: int | None, zone: tzinfo) -> str:
    return "" if ns is None else f"{datetime.fromtimestamp(ns // SECOND_NS, zone):%d %b %H:%M}"
