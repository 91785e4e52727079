"""Rules that hold a metric against a bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from llmwatch.analysis.alerts.bars import RELATIVE, Bar, bounds, said
from llmwatch.analysis.alerts.engine import Seen
from llmwatch.analysis.alerts.rule import Rule, slice_of
from llmwatch.analysis.alerts.view import Figure, View
from llmwatch.format import duration, money, percent, tokens
from llmwatch.store.reads.sliced import Where

Unit: TypeAlias = Literal["share", "seconds", "dollars", "count", "mark"]
SHOWN: Final[Mapping[Unit, Callable[[float], str]]] = {
    "share": percent,
    "seconds": lambda ns: duration(round(ns)),
    "dollars": lambda nanousd: money(round(nanousd)),
    "count": tokens,
    "mark": lambda value: f"{value:.2f}",
}
_SCALES: Final[Mapping[Unit, float]] = {"seconds": 1e9, "dollars": 1e9}
"""Thresholds are in seconds and dollars, figures in nanoseconds and nano-dollars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A metric and the bar it is held against."""

    metric: str
    title: str
    bar: Bar
    unit: Unit
    terms: str = "kind:llm"
    """Filter terms for the traces behind it; ``{}`` stands for the bound."""

    def __call__(self, rule: Rule, view: View) -> Iterator[Seen]:
        """What it is just now, of all traffic of the rule or of each of its slices."""
        if rule.by is None:
            yield self._seen(rule, view, rule.where, view.figure(self.metric, rule.window_s, rule.where))
            return
        for value, figure in view.figures(self.metric, rule.window_s, rule.by, rule.where):
            if value:
                yield self._seen(rule, view, {**rule.where, rule.by: value}, figure)

    def _seen(self, rule: Rule, view: View, where: Where, figure: Figure) -> Seen:
        name, value = slice_of(where), figure.value
        if value is None or figure.samples < rule.min_samples:
            return Seen(slice=name, finding="no data", value=value, samples=figure.samples)
        usual = view.usual(self.metric, where) if self.bar in RELATIVE else None
        scale = 1.0 if self.bar in RELATIVE else _SCALES.get(self.unit, 1.0)
        within = bounds(self.bar, rule.threshold * scale, usual)
        if within is None:
            return Seen(slice=name, finding="learning", value=value, samples=figure.samples)
        crossed = within.crossed(value)
        if crossed is None:
            return Seen(slice=name, finding="fine", value=value, samples=figure.samples)
        show = SHOWN[self.unit]
        return Seen(
            slice=name,
            finding="holds",
            value=value,
            threshold=crossed,
            samples=figure.samples,
            reason=said(self.title, self.bar, value, crossed, usual, show),
            terms=" ".join(filter(None, (self.terms.format(_bound(rule, self.unit)), name))),
        )


def _bound(rule: Rule, unit: Unit) -> str:
    return f"{rule.threshold:g}{'s' if unit == 'seconds' else ''}"
