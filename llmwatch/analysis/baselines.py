"""What a metric usually is: its values in the hours of the golden window, or of the seven days before.

An hour counts when there was something in it that the metric is of. There is no baseline before 24 such hours
(of a golden window that is shorter: all its hours, two at least): until then it is being learnt.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from llmwatch.analysis.metrics import METRICS, Figure, metric_of
from llmwatch.store.reads.baselines import golden
from llmwatch.store.reads.measuring import measure_hours
from llmwatch.store.reads.sliced import Where

ENOUGH_HOURS: Final = 24
_FEWEST_HOURS: Final = 2
_HOUR_S: Final = 3600
_WEEK_S: Final = 7 * 24 * _HOUR_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a metric is in an hour, in the metric's unit."""

    mean: float
    sigma: float
    """Standard deviation (of a sample)."""
    p95: float
    """Nearest rank."""
    hours: int
    samples: int
    """Calls, scores, … in all hours."""


def baseline(db: sqlite3.Connection, metric_id: str, where: Where, now_s: int) -> Baseline | None:
    """What a metric of a slice usually is, as seen from ``now_s``; None while that is being learnt.

    Raises:
        UsageError: There is no such metric.
    """
    return baselines(db, [metric_id], where, now_s)[metric_id]


def baselines(
    db: sqlite3.Connection, metric_ids: Sequence[str], where: Where, now_s: int
) -> dict[str, Baseline | None]:
    """As `baseline`, of several metrics; of all in `METRICS` when none is named."""
    metrics = [metric_of(metric_id) for metric_id in metric_ids or METRICS]
    start_s, end_s, enough = window(db, now_s)
    hours = measure_hours(db, start_s, end_s, where, people=any(metric.people for metric in metrics))
    return {metric.id: learn([metric.compute(hour) for hour in hours], enough) for metric in metrics}


def window(db: sqlite3.Connection, now_s: int) -> tuple[int, int, int]:
    """Start and end of what is compared with, and how many hours with something in them are enough."""
    chosen = golden(db)
    if chosen is None:
        return now_s - _WEEK_S, now_s, ENOUGH_HOURS
    whole = (chosen.end_s - chosen.start_s) // _HOUR_S
    return chosen.start_s, chosen.end_s, max(_FEWEST_HOURS, min(ENOUGH_HOURS, whole))


def learn(figures: Sequence[Figure], enough: int = ENOUGH_HOURS) -> Baseline | None:
    """The baseline of a metric's hours; None when fewer than ``enough`` of them say anything."""
    known = [(each.value, each.samples) for each in figures if each.value is not None and each.samples]
    if len(known) < max(enough, _FEWEST_HOURS):
        return None
    values = sorted(value for value, _ in known)
    mean = fmean(values)
    return Baseline(
        mean=mean,
        # As statistics.stdev, whose fractions take ten times as long; replays learn thousands of times.
        sigma=math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)),
        p95=values[math.ceil(0.95 * len(values)) - 1],
        hours=len(values),
        samples=sum(samples for _, samples in known),
    )
