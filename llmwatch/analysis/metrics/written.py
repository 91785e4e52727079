"""A metric's value for a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from llmwatch.analysis.metrics.metric import Metric, Unit
from llmwatch.format import UNKNOWN, duration, money, percent, tokens

_WRITTEN: Final[Mapping[Unit, Callable[[float], str]]] = {
    "share": percent,
    "ns": lambda ns: duration(round(ns)),
    "nanousd": lambda nanousd: money(round(nanousd)),
    "mark": lambda mark: f"{mark:.2f}",
    "count": lambda count: tokens(round(count)),
    "tokens": lambda count: tokens(round(count)),
    "characters": lambda count: tokens(round(count)),
    "per_minute": lambda rate: f"{rate:.3g}/min",
    "tokens_per_second": lambda rate: f"{rate:.3g}/s",
    "tokens_per_minute": lambda rate: f"{tokens(round(rate))}/min",
    "bytes_per_second": lambda rate: f"{tokens(round(rate))}B/s",
}


def written(metric: Metric, value: float | None) -> str:
    """``value`` in the metric's unit, as people read it."""
    return UNKNOWN if value is None else _WRITTEN[metric.unit](value)
