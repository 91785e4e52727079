"""What each pane says of a group: the figures of its own numbers, the same as everywhere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmwatch.analysis.metrics import METRICS, Unit, figure
from llmwatch.analysis.metrics.written import written
from llmwatch.format import (
    DURATION_WIDTH,
    MONEY_WIDTH,
    PERCENT_WIDTH,
    TOKENS_WIDTH,
    UNKNOWN,
    money,
    tokens,
)
from llmwatch.tui.models.groups import Column, Layout
from llmwatch.tui.models.runs import Tone

if TYPE_CHECKING:
    from llmwatch.store.rows import Measured

_CLEARLY: Final = 0.1
"""Share by which a figure must have changed."""
_COMPARED: Final = ("error_rate", "latency_p95", "quality_score", "heuristic_pass_rate", "cost_per_request")

_WIDTHS: Final[Mapping[Unit, int]] = {
    "share": PERCENT_WIDTH,
    "mark": 4,
    "ns": DURATION_WIDTH,
    "nanousd": MONEY_WIDTH,
}
"""How wide a figure is; the others are counts."""


@dataclass(frozen=True, slots=True)
class Change:
    """What was measured since a new version, and of the one that it replaced, if there is one."""

    now: Measured
    before: Measured | None


def _width(metric: str) -> int:
    return _WIDTHS.get(METRICS[metric].unit, TOKENS_WIDTH)


def _of(metric: str, title: str) -> Column[Measured]:
    """A figure under a title."""

    def shown(measured: Measured) -> tuple[str, Tone]:
        value = figure(metric, measured).value
        return (UNKNOWN, "muted") if value is None else (written(METRICS[metric], value), "plain")

    return Column(title, max(_width(metric), len(title)), shown)


def _changed(metric: str, title: str) -> Column[Change]:
    """A figure beside what it was before; a clear change for the worse catches the eye."""
    width = _width(metric)
    was_width = width + len("()")

    def shown(change: Change) -> tuple[str, Tone]:
        value = figure(metric, change.now).value
        was = figure(metric, change.before).value if change.before is not None else None
        if value is None:
            return UNKNOWN, "muted"
        before = "" if was is None else f"({written(METRICS[metric], was)})"
        text = f"{written(METRICS[metric], value)} {before:>{was_width}}"
        return text, "warn" if was is not None and worse(metric, was, value) else "plain"

    return Column(f"{title} {'(was)':>{was_width}}", max(width, len(title)) + 1 + was_width, shown)


def worse(metric: str, was: float, value: float) -> bool:
    """Whether a figure changed for the worse by more than a tenth."""
    better = METRICS[metric].better
    step = abs(was) * _CLEARLY
    return value > was + step if better == "lower" else better == "higher" and value < was - step


def _least(metric: str, measured: Measured) -> float:
    """For an order in which the lowest figure stands first, and those without one last."""
    value = figure(metric, measured).value
    return math.inf if value is None else value


def _most(metric: str, measured: Measured) -> float:
    value = figure(metric, measured).value
    return math.inf if value is None else -value


_CALLS: Final[Column[Measured]] = Column(
    "calls", TOKENS_WIDTH, lambda measured: (tokens(measured.calls.spans), "plain")
)


def _cost(measured: Measured) -> tuple[str, Tone]:
    spans = measured.spans
    if spans.unpriced and not spans.cost_nanousd:
        return "unpriced", "warn"
    return money(spans.cost_nanousd), "strong"


_COST: Final[Column[Measured]] = Column("cost", MONEY_WIDTH, _cost)
_PER_CALL: Final = _of("cost_per_request", "$/call")
_ERRORS: Final = _of("error_rate", "errors")
_CHECKS: Final = _of("heuristic_pass_rate", "checks")

STATUS: Final[Layout[Measured]] = Layout(
    (
        _CALLS,
        _ERRORS,
        _of("latency_p95", "p95"),
        _of("ttft_p95", "TTFT p95"),
        _COST,
        _of("timeout_rate", "timeouts"),
        _of("latency_p50", "p50"),
        _of("latency_p99", "p99"),
        _of("retry_rate", "retries"),
        _of("tokens_per_second", "tok/s"),
    ),
    lambda measured: (_most("error_rate", measured), -measured.calls.spans),
)
"""Most errors first."""

QUALITY: Final[Layout[Measured]] = Layout(
    (
        _CALLS,
        _of("quality_score", "quality"),
        _CHECKS,
        _of("negative_feedback", "thumbs down"),
        _of("refusal_rate", "refusals"),
        _of("groundedness", "grounded"),
        _of("truncation_rate", "cut off"),
        _of("hallucination_rate", "made up"),
        _of("format_compliance", "format"),
        _of("regeneration_rate", "again"),
    ),
    lambda measured: (_least("quality_score", measured), _least("heuristic_pass_rate", measured)),
)
"""Lowest marks first."""

COST: Final[Layout[Measured]] = Layout(
    (
        _COST,
        _CALLS,
        _PER_CALL,
        Column("in", TOKENS_WIDTH, lambda measured: (tokens(measured.spans.input_tokens), "plain")),
        Column("out", TOKENS_WIDTH, lambda measured: (tokens(measured.spans.output_tokens), "plain")),
        _of("cached_token_share", "cached"),
        Column("unpriced", TOKENS_WIDTH, lambda measured: (tokens(measured.spans.unpriced), "plain")),
    ),
    lambda measured: (-measured.spans.cost_nanousd, -measured.calls.spans),
)
"""Costliest first."""

VERSIONS: Final[Layout[Change]] = Layout(
    (
        Column("calls", TOKENS_WIDTH, lambda change: (tokens(change.now.calls.spans), "plain")),
        _changed("error_rate", "errors"),
        _changed("latency_p95", "p95"),
        _changed("quality_score", "quality"),
        _changed("heuristic_pass_rate", "checks"),
        _changed("cost_per_request", "$/call"),
    ),
    lambda change: (-_worsened(change), -change.now.calls.spans),
)
"""Those for which most got worse first."""


def _worsened(change: Change) -> int:
    """How many of the figures changed for the worse."""
    if change.before is None:
        return 0
    pairs = [
        (metric, figure(metric, change.before).value, figure(metric, change.now).value)
        for metric in _COMPARED
    ]
    return sum(was is not None and now is not None and worse(metric, was, now) for metric, was, now in pairs)
