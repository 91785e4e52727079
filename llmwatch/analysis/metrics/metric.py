"""What a metric is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from operator import mul
from typing import Final, Literal, TypeAlias

from llmwatch.store.histogram import Histogram, value_of
from llmwatch.store.rows import Measured

Better: TypeAlias = Literal["lower", "higher"]
Unit: TypeAlias = Literal[
    "share", "ns", "nanousd", "mark", "count", "tokens", "characters", "per_minute", "tokens_per_second",
    "tokens_per_minute", "bytes_per_second",
]  # fmt: skip
"""``share`` and ``mark`` are from 0 to 1; times are nanoseconds, money is nano-dollars."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, and how many calls, scores, tools or people it is of."""

    value: float | None
    """None when it cannot be told."""
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A number by its name."""

    id: str
    title: str
    """For a person, as it stands before a value."""
    about: str
    """How it is computed, in a sentence."""
    unit: Unit
    better: Better | None
    """Which way is good; None where neither is."""
    compute: Callable[[Measured], Figure]
    people: bool = False
    """Whether users or sessions must have been counted for it (``measure(…, people=True)``)."""


UNKNOWN: Final = Figure(None, 0)


def share(part: float, whole: int) -> Figure:
    """``part`` of ``whole``, of which it is."""
    return Figure(part / whole, whole) if whole else UNKNOWN


def percentile(histogram: Histogram, q: float, scale: float = 1.0) -> Figure:
    """The value at or below which a share ``q`` lies, within 1 %, times ``scale``."""
    value = histogram.percentile(q)
    return Figure(None if value is None else value * scale, histogram.count)


def mean(histogram: Histogram) -> Figure:
    """The mean, within 1 %."""
    buckets = histogram.buckets
    whole = math.fsum(map(mul, map(value_of, buckets), buckets.values()))  # the same in any order of buckets
    return share(whole, histogram.count)


def minutes(measured: Measured) -> float:
    """How long the window is."""
    return (measured.end_s - measured.start_s) / 60
