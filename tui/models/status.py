"""The status pane: is everything all right, and the five numbers that say so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from rich.cells import cell_len

from llmwatch.analysis.budget import SECOND_NS
from llmwatch.analysis.health import Level, Outlook, Reason, Verdict
from llmwatch.analysis.metrics import figure
from llmwatch.config import HealthConfig
from llmwatch.format import MONEY_WIDTH, duration, money, percent, tokens
from llmwatch.neutral import neutral_line
from llmwatch.store.histogram import Histogram, value_of
from llmwatch.store.rows import Group, Measured, Point, Totals
from llmwatch.tui.format import fit
from llmwatch.tui.models.cells import Cell, Door, Line, packed, padded, row, spark, spread, width_of
from llmwatch.tui.models.runs import Tone
from llmwatch.tui.state import look

Course: TypeAlias = tuple[float | None, ...]
"""A value a minute, oldest first; None where nothing was called."""

_LABEL: Final = 9
_VALUE: Final = MONEY_WIDTH + len("/h")
_NAME: Final = 32
_TILE_GAP: Final = 2
_TILES: Final = 3
"""Lines of the pane at its usual size: why, tiles' heads, tiles' numbers."""
_NOTE: Final = 16
"""Room for a metric's note beside its chart,"""
_WIDEST: Final = 4
"""in which a minute takes up to so many cells."""
_MOST: Final = 0.6
"""Share of the trouble from which a thing is said to have most of it,"""
_MORE_THAN_CALLS: Final = 1.2
"""if its share of the calls is smaller by this factor."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One number with its state, its course and the traces behind it."""

    label: str
    value: str
    level: Level
    course: Course
    note: str
    door: Door


@dataclass(frozen=True, slots=True)
class StatusView:
    """What the status pane shows."""

    verdict: Verdict
    metrics: tuple[Metric, ...]
    calls: int
    window_minutes: int
    mostly: str
    """What most of the trouble has in common, when one thing does: ``mostly gpt-4o``."""


def status_view(
    outlook: Outlook,
    minutes: Sequence[Point],
    groups: Sequence[Sequence[Group]],
    measured: Measured,
    config: HealthConfig,
) -> StatusView:
    """The pane's content.

    Args:
        outlook: Verdict and sums of the window.
        minutes: The LLM calls of each minute of the window.
        groups: The window's LLM calls by model, by feature, …: one list a dimension.
        measured: All that is known of the window, the running minute included.
        config: The thresholds.
    """
    totals = outlook.totals
    levels: dict[str, Level] = {reason.rule: reason.level for reason in outlook.verdict.reasons}
    idle: Level = "OK" if totals.spans else "IDLE"
    last, where = f"last {config.window_minutes} min", f"since:{config.window_minutes}m"
    by_minute = dict.fromkeys(range(measured.start_s, measured.end_s, 60), Totals())
    by_minute.update((point.start_s, point.totals) for point in minutes)

    def course(of: Callable[[Totals], float | None], *, volume: bool = False) -> Course:
        values = [of(each) for each in by_minute.values()]
        return (*values[:-1], None) if volume else tuple(values)  # the running minute is not full yet

    def value(metric: str) -> float | None:
        return figure(metric, measured).value

    p95, ttft = value("latency_p95"), value("ttft_p95")
    cost, rate = value("cost_per_hour"), value("request_rate") or 0.0
    metrics = (
        Metric(
            "errors", percent(value("error_rate")), levels.get("error_rate", idle), course(_error_rate),
            f"{tokens(totals.errors)} of {tokens(totals.spans)}",
            Door(f"kind:llm status:error {where}", f"errors, {last}"),
        ),
        Metric(
            "p95", duration(p95), levels.get("latency_p95", idle),
            course(lambda each: each.duration_ns.percentile(0.95)),
            f"p50 {duration(value('latency_p50'))}",
            Door(f"kind:llm {_slower('dur', p95)}{where}", f"the slowest calls, {last}"),
        ),
        Metric(
            "TTFT p95", duration(ttft), levels.get("first_chunk_p95", "IDLE" if ttft is None else "OK"),
            course(lambda each: each.first_chunk_ns.percentile(0.95)),
            f"p50 {duration(value('ttft_p50'))}",
            Door(f"kind:llm {_slower('ttft', ttft)}{where}", f"the longest waits, {last}"),
        ),
        Metric(
            "cost", f"{money(None if cost is None else round(cost))}/h",
            levels.get("daily_budget", levels.get("monthly_budget", idle)),
            course(lambda each: each.cost_nanousd, volume=True), money(measured.spans.cost_nanousd),
            Door(f"cost>0 {where}", f"what cost something, {last}"),
        ),
        Metric(
            "requests", f"{tokens(rate) if rate >= 9.95 else f'{rate:.1f}'}/min", idle,
            course(lambda each: each.spans, volume=True), tokens(totals.spans),
            Door(f"kind:llm {where}", f"LLM calls, {last}"),
        ),
    )  # fmt: skip
    common = _in_common(outlook.verdict, groups, config)
    return StatusView(outlook.verdict, metrics, totals.spans, config.window_minutes, common)


def _error_rate(totals: Totals) -> float | None:
    return totals.errors / totals.spans if totals.spans else None


def _slower(key: str, ns: float | None) -> str:
    """The filter for what took as long as the percentile, which may be 1 % too high."""
    return "" if ns is None else f"{key}>={int(ns * 0.99) // 1_000_000}ms "


def _in_common(verdict: Verdict, groups: Sequence[Sequence[Group]], config: HealthConfig) -> str:
    if not verdict.reasons:
        return ""
    trouble = _trouble(verdict.reasons[0], config)
    names = [name for each in groups if (name := _most(each, trouble))]
    return "mostly " + " in ".join(names) if names else ""


def _trouble(worst: Reason, config: HealthConfig) -> Callable[[Totals], float]:
    """How much of the trouble that ``worst`` tells of is in a part of the calls."""
    critical = worst.level == "CRIT"

    def above(histogram: Histogram, seconds: float) -> int:
        return sum(n for bucket, n in histogram.buckets.items() if value_of(bucket) > seconds * SECOND_NS)

    if worst.rule == "error_rate":
        return lambda totals: totals.errors
    if worst.rule == "latency_p95":
        bar_s = config.latency_p95_crit_s if critical else config.latency_p95_warn_s
        return lambda totals: above(totals.duration_ns, bar_s)
    if worst.rule == "first_chunk_p95":
        bar_s = config.first_chunk_p95_crit_s if critical else config.first_chunk_p95_warn_s
        return lambda totals: above(totals.first_chunk_ns, bar_s)
    if worst.rule == "heuristic_pass":
        return lambda totals: totals.checked - totals.passed
    return lambda totals: totals.cost_nanousd


def _most(groups: Sequence[Group], trouble: Callable[[Totals], float]) -> str:
    """The value with most of the trouble, unless it just has most of the calls."""
    total, calls = sum(trouble(each.totals) for each in groups), sum(each.totals.spans for each in groups)
    for group in groups:
        share = trouble(group.totals) / total if total else 0
        if group.value and share >= _MOST and share > _MORE_THAN_CALLS * group.totals.spans / calls:
            return neutral_line(group.value, _NAME)
    return ""


def status_lines(view: StatusView, width: int, height: int) -> list[Line]:
    """The pane's lines: why, then the numbers as tiles or, where there is height for it, one a line."""
    if height > _TILES:
        why = _why(view, width, max(height - len(view.metrics), 1))
        return [*why, *(_metric_line(metric, width) for metric in view.metrics)]
    why = _why(view, width, 1)
    tile = (width - _TILE_GAP * (len(view.metrics) - 1)) // len(view.metrics)
    return [
        *why,
        row([_tile_head(metric, tile) for metric in view.metrics], width, _TILE_GAP),
        row([_tile_number(metric, tile) for metric in view.metrics], width, _TILE_GAP),
    ]


def _why(view: StatusView, width: int, height: int) -> list[Line]:
    """Every reason in ``height`` lines: in full, the last ones by their rule's name, or how many more."""
    full = _reasons(view, width)
    short = [_short(reason) for reason in view.verdict.reasons]
    for count in range(len(full), 0, -1):
        if (lines := packed([*full[:count], *short[count:]], width, height)) is not None:
            return lines
    for count in range(len(short) - 1, 0, -1):
        more: Line = (Cell(f"+{len(short) - count} more", "muted"),)
        if (lines := packed([full[0], *short[1:count], more], width, height)) is not None:
            return lines
    return full[:height]


def _reasons(view: StatusView, width: int) -> list[Line]:
    if view.verdict.level == "IDLE":
        return [(Cell("○ IDLE  ", "muted"), Cell(f"no calls in the last {view.window_minutes} min", "muted"))]
    if not view.verdict.reasons:
        calls = f"{tokens(view.calls)} call{'' if view.calls == 1 else 's'}"
        return [
            (Cell("✓ OK  ", "ok"), Cell(f"{calls} in the last {view.window_minutes} min, all within limits"))
        ]
    return [
        _reason(reason, view.mostly if i == 0 else "", width) for i, reason in enumerate(view.verdict.reasons)
    ]


def _reason(reason: Reason, mostly: str, width: int) -> Line:
    """A reason with the name of its rule; what does not fit is left out, at last of the text itself."""
    seen = look(reason.level)
    head = (
        Cell(f"{seen.glyph} {seen.word}  ", seen.tone),
        Cell(f"[{neutral_line(reason.rule, _NAME)}] ", "muted"),
    )
    text, door = neutral_line(reason.text), Door(reason.filter, neutral_line(reason.text))
    room = width - width_of(head)
    line: Line = (*head, Cell(text if cell_len(text) <= room else fit(text, max(room, 1)), "plain", door))
    common: Line = (Cell(f", {mostly}", "strong"),) if mostly else ()
    return (*line, *common) if width_of((*line, *common)) <= width else line


def _short(reason: Reason) -> Line:
    seen = look(reason.level)
    name = Cell(
        f"[{neutral_line(reason.rule, _NAME)}]", "muted", Door(reason.filter, neutral_line(reason.text))
    )
    return (Cell(f"{seen.glyph} ", seen.tone), name)


def _tile_head(metric: Metric, width: int) -> Line:
    seen = look(metric.level)
    label = (Cell(f"{seen.glyph} ", seen.tone), Cell(metric.label, "muted"))
    return padded(spread(label, (Cell(metric.note, "muted"),), width), width)


def _tile_number(metric: Metric, width: int) -> Line:
    value = _value(metric)
    return padded((value, Cell(" " + spark(metric.course, width - _VALUE - 1), _chart_tone(metric))), width)


def _metric_line(metric: Metric, width: int) -> Line:
    seen = look(metric.level)
    head = (Cell(f"{seen.glyph} ", seen.tone), Cell(f"{metric.label:<{_LABEL}}", "muted"), _value(metric))
    each = max(min((width - width_of(head) - _NOTE) // len(metric.course), _WIDEST), 1)
    course = [value for value in metric.course for _ in range(each)]
    chart = Cell("  " + spark(course, len(course)), _chart_tone(metric))
    return row([(*head, chart), (Cell(metric.note, "muted"),)], width)


def _chart_tone(metric: Metric) -> Tone:
    """What is as it should be does not catch the eye."""
    return look(metric.level).tone if metric.level in ("WARN", "CRIT") else "muted"


def _value(metric: Metric) -> Cell:
    seen = look(metric.level)
    tone = "strong" if seen.tone in ("ok", "muted") else seen.tone
    return Cell(f"{metric.value:>{_VALUE}}", tone, metric.door)
