"""When it is used, and the usual statistics of a distribution. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from llmwatch.store.histogram import Histogram, value_of
from llmwatch.store.rows import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Of a distribution, in its unit, within 1 %; None when it is empty."""

    count: int
    sum: float
    mean: float | None
    median: float | None
    min: float | None
    max: float | None
    p95: float | None
    p99: float | None


def statistics_of(histogram: Histogram) -> Statistics:
    """The statistics of the values in a histogram."""
    total = sum(value_of(bucket) * count for bucket, count in histogram.buckets.items())
    return Statistics(
        count=histogram.count,
        sum=total,
        mean=total / histogram.count if histogram.count else None,
        median=histogram.percentile(0.5),
        min=histogram.percentile(0),
        max=histogram.percentile(1),
        p95=histogram.percentile(0.95),
        p99=histogram.percentile(0.99),
    )


def hours_of_day(points: Iterable[Point], zone: tzinfo) -> tuple[int, ...]:
    """Calls in each hour of the day, from midnight on, of hourly points."""
    hours = [0] * 24
    for point in points:
        hours[datetime.fromtimestamp(point.start_s, zone).hour] += point.totals.spans
    return tuple(hours)
