"""Is a difference more than chance? Tests of two shares, of two means and of a trend.

The probability that chance alone makes such a difference (two-sided p-value); None where nothing can be said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, correlation, linear_regression
from typing import Final

_STEPS: Final = 300
_TINY: Final = 1e-300
_ENOUGH: Final = 1e-14


@dataclass(frozen=True, slots=True)
class Sample:
    """Numbers that were measured: how many, their mean and the variance of the sample (n - 1)."""

    count: int
    mean: float
    variance: float

    @classmethod
    def of(cls, count: int, total: float, squares: float) -> Sample:
        """From a count, a sum and a sum of squares."""
        mean = total / count if count else 0.0
        spread = max(squares - count * mean * mean, 0.0)
        return cls(count, mean, spread / (count - 1) if count > 1 else 0.0)


def shares_differ(part: int, whole: int, other_part: int, other_whole: int) -> float | None:
    """Of two shares, by the pooled two-proportion z-test.

    z = (p1 - p2) / sqrt(p (1 - p) (1/n1 + 1/n2)), p the share of both together (NIST/SEMATECH e-Handbook of
    Statistical Methods, 7.3.3). Only where at least five of each outcome are expected in each group.
    """
    if not whole or not other_whole:
        return None
    pooled = (part + other_part) / (whole + other_whole)
    if min(whole, other_whole) * min(pooled, 1 - pooled) < 5:
        return None
    error = math.sqrt(pooled * (1 - pooled) * (1 / whole + 1 / other_whole))
    z = (part / whole - other_part / other_whole) / error
    return 2 * NormalDist().cdf(-abs(z))


def means_differ(one: Sample, other: Sample) -> float | None:
    """Of two means whose variances may differ, by Welch's t-test.

    t = (m1 - m2) / sqrt(v1/n1 + v2/n2), with Welch and Satterthwaite's degrees of freedom (NIST/SEMATECH
    e-Handbook, 1.3.5.3; Welch, Biometrika 34, 1947).
    """
    if min(one.count, other.count) < 2:
        return None
    a, b = one.variance / one.count, other.variance / other.count
    if a + b == 0:
        return None if one.mean == other.mean else 0.0
    freedom = (a + b) ** 2 / (a * a / (one.count - 1) + b * b / (other.count - 1))
    return student_p((one.mean - other.mean) / math.sqrt(a + b), freedom)


def trend(values: Sequence[float]) -> tuple[float, float] | None:
    """Slope a step, and how likely chance makes one, of values in equal steps.

    t = r sqrt((n - 2) / (1 - r^2)) with n - 2 degrees of freedom (NIST/SEMATECH e-Handbook, 4.1.4.1).
    None of fewer than three values, and of values that are all the same.
    """
    if len(values) < 3 or len(set(values)) == 1:
        return None
    steps = range(len(values))
    slope, r = linear_regression(steps, values).slope, correlation(steps, values)
    if abs(r) >= 1 - 1e-12:
        return slope, 0.0
    return slope, student_p(r * math.sqrt((len(values) - 2) / (1 - r * r)), len(values) - 2)


def student_p(t: float, freedom: float) -> float:
    """The probability of a Student's t at least as far from 0: I_x(v/2, 1/2) at x = v / (v + t^2).

    Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.1 with 26.5.27.
    """
    return _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return min(max(x, 0.0), 1.0)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of DLMF 8.17.22, by Lentz's method (DLMF 3.10(iii))."""
    c, d = 1.0, 1 / _kept(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d, c = 1 / _kept(1 + term * d), _kept(1 + term / c)
            value *= d * c
        if abs(d * c - 1) < _ENOUGH:
            break
    return value


def _kept(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
