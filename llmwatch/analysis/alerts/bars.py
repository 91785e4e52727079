"""What a figure is held against: a number, or what is usual. And what is said when it is past that."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from llmwatch.analysis.alerts.view import Usual

Bar: TypeAlias = Literal["over", "under", "times", "above", "below", "around", "sigma"]
"""
over, under: the threshold itself
times: so many times the usual
above, below, around: by such a share over the usual, under it, off it on either side
sigma: by so many standard deviations off the usual on either side
"""
RELATIVE: Final = frozenset(("times", "above", "below", "around", "sigma"))
"""Bars that need to know what is usual."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """A figure is fine from ``low`` to ``high``, both included; None where there is no bound."""

    low: float | None = None
    high: float | None = None

    def crossed(self, value: float) -> float | None:
        """The bound that ``value`` is past; None when it is within."""
        if self.high is not None and value > self.high:
            return self.high
        if self.low is not None and value < self.low:
            return self.low
        return None


def bounds(bar: Bar, threshold: float, usual: Usual | None) -> Bounds | None:
    """The bounds of ``threshold``, which is in the figure's unit or a factor; None when not yet known."""
    if bar == "over":
        return Bounds(high=threshold)
    if bar == "under":
        return Bounds(low=threshold)
    if usual is None:
        return None
    mean, margin = usual.mean, abs(usual.mean) * threshold
    match bar:
        case "times":
            return Bounds(high=mean * threshold)
        case "above":
            return Bounds(high=mean + margin)
        case "below":
            return Bounds(low=mean - margin)
        case "around":
            return Bounds(mean - margin, mean + margin)
        case "sigma":
            return Bounds(mean - threshold * usual.sigma, mean + threshold * usual.sigma)


def said(
    title: str, bar: Bar, value: float, crossed: float, usual: Usual | None, show: Callable[[float], str]
) -> str:
    """A figure past its bound, for a person: ``error rate 8.1 %, over 5 %``."""
    text = f"{title} {show(value)}"
    if usual is None or bar not in RELATIVE:
        return f"{text}, {'over' if value > crossed else 'under'} {show(crossed)}"
    if bar == "sigma":
        return f"{text}, usually {show(usual.mean)} ± {show(usual.sigma)}"
    if not usual.mean:
        return f"{text}, usually {show(0.0)}"
    share = value / usual.mean
    if bar == "times":
        return f"{text}, {_factor(share)} times the usual {show(usual.mean)}"
    off = f"{abs(share - 1) * 100:.0f} % {'over' if share > 1 else 'under'}"
    return f"{text}, {off} the usual {show(usual.mean)}"


def _factor(share: float) -> str:
    return f"{share:.1f}" if share < 9.95 else f"{math.floor(share):,}"
