"""Answers of a model that have become others: longer, shorter, cut or declined more often than they were."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from llmwatch.analysis.baselines import Baseline, baselines
from llmwatch.analysis.metrics import figure
from llmwatch.store.reads.measuring import measure_by, measure_hours
from llmwatch.store.reads.sliced import Where
from llmwatch.store.rows import Measured

_HOUR_S: Final = 3600
_LATELY_S: Final = 24 * _HOUR_S
_FEWEST_CALLS: Final = 20
"""An hour with fewer calls says nothing."""
_FEWEST_HOURS: Final = 2
"""So many hours in a row are a shift, one is chance."""
_SIGMAS: Final = 3.0

_WATCHED: Final = {
    "output_tokens_p50": 0.2, "output_tokens_p95": 0.2, "refusal_rate": 0.05, "truncation_rate": 0.05,
}  # fmt: skip
"""By metric what is too little to tell of: a share of the usual for lengths, of the calls for rates."""
_RATES: Final = ("refusal_rate", "truncation_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A statistic of a model's answers that has left its usual range and stays out of it."""

    model: str | None
    metric: str
    usual: float
    now: float
    """Its mean since then."""
    since_s: int
    """Start of the first hour."""


def shifts(db: sqlite3.Connection, now_s: int) -> list[Shift]:
    """What has shifted in the last day before ``now_s``, against what was usual until then."""
    found = []
    for model, _ in measure_by(db, now_s - _LATELY_S, now_s, "model", {"kind": "llm"}):
        where: Where = {"kind": "llm", "model": model or ""}
        usual = baselines(db, tuple(_WATCHED), where, now_s - _LATELY_S)
        hours = measure_hours(db, now_s - _LATELY_S, now_s, where)
        for metric, baseline in usual.items():
            if baseline is not None and (shift := shift_of(model, metric, hours, baseline)):
                found.append(shift)
    return found


def shift_of(model: str | None, metric: str, hours: Sequence[Measured], usual: Baseline) -> Shift | None:
    """The shift that ``hours``, oldest first, end with; None when they end as usual.

    Out of range is three standard deviations from the mean, and more than too little to tell of.
    """
    told = [(hour.start_s, figure(metric, hour)) for hour in hours if hour.calls.spans >= _FEWEST_CALLS]
    known = [(start_s, each.value) for start_s, each in told if each.value is not None]
    little = _WATCHED[metric] if metric in _RATES else _WATCHED[metric] * usual.mean
    room = max(_SIGMAS * usual.sigma, little)

    def out(value: float, sign: int) -> bool:
        return sign * (value - usual.mean) > room

    if not known:
        return None
    sign = 1 if known[-1][1] > usual.mean else -1
    run = list(takewhile(lambda hour: out(hour[1], sign), reversed(known)))
    if len(run) < _FEWEST_HOURS:
        return None
    now = sum(value for _, value in run) / len(run)
    return Shift(model=model, metric=metric, usual=usual.mean, now=now, since_s=run[-1][0])
