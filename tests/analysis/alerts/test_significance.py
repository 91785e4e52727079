"""Tests of significance against published tables and worked examples."""

from __future__ import annotations

import math

import pytest

from llmwatch.analysis.alerts.significance import Sample, means_differ, shares_differ, student_p, trend


@pytest.mark.parametrize(
    ("t", "freedom", "p"),
    [
        # Critical values of Student's t, NIST/SEMATECH e-Handbook 1.3.6.7.2 (two-sided p is twice the tail).
        (6.314, 1, 0.10),
        (12.706, 1, 0.05),
        (2.015, 5, 0.10),
        (2.571, 5, 0.05),
        (4.032, 5, 0.01),
        (1.812, 10, 0.10),
        (2.228, 10, 0.05),
        (2.042, 30, 0.05),
        (2.750, 30, 0.01),
        (1.984, 100, 0.05),
        (0.0, 7, 1.0),
    ],
)
def test_student(t: float, freedom: float, p: float) -> None:
    assert student_p(t, freedom) == pytest.approx(p, rel=2e-3)
    assert student_p(-t, freedom) == student_p(t, freedom)


def test_one_degree_of_freedom_is_cauchy() -> None:
    for t in (0.1, 1.0, 3.0, 50.0):  # p = 1 - 2/pi atan t
        assert student_p(t, 1) == pytest.approx(1 - 2 / math.pi * math.atan(t), rel=1e-9)


def test_two_degrees_of_freedom() -> None:
    for t in (0.5, 2.0, 9.0):  # p = 1 - t / sqrt(2 + t^2)
        assert student_p(t, 2) == pytest.approx(1 - t / math.sqrt(2 + t * t), rel=1e-9)


def test_two_shares() -> None:
    # 20 of 200 and 40 of 200: pooled 0.15, error sqrt(0.15 * 0.85 * 0.01) = 0.035707, z = -2.8006, p = 0.0051
    assert shares_differ(20, 200, 40, 200) == pytest.approx(0.005101, abs=2e-5)
    assert shares_differ(40, 200, 20, 200) == shares_differ(20, 200, 40, 200)
    assert shares_differ(30, 100, 30, 100) == 1.0


@pytest.mark.parametrize("shares", [(0, 0, 1, 100), (0, 100, 0, 100), (100, 100, 100, 100), (1, 20, 2, 20)])
def test_too_little_says_nothing(shares: tuple[int, int, int, int]) -> None:
    assert shares_differ(*shares) is None


def test_welch() -> None:
    # NIST/SEMATECH e-Handbook 1.3.5.3, miles per gallon of US and Japanese cars: t = -12.94621 with
    # 136.8750 degrees of freedom.
    us, japan = Sample(249, 20.14458, 6.41470**2), Sample(79, 30.48101, 6.10771**2)
    a, b = us.variance / us.count, japan.variance / japan.count
    t = (us.mean - japan.mean) / math.sqrt(a + b)
    freedom = (a + b) ** 2 / (a * a / 248 + b * b / 78)
    assert t == pytest.approx(-12.94621, abs=1e-4)
    assert freedom == pytest.approx(136.8750, abs=1e-3)
    found = means_differ(us, japan)
    assert found == student_p(t, freedom)
    assert found < 1e-20


def test_welch_of_little() -> None:
    assert means_differ(Sample(1, 1.0, 0.0), Sample(50, 2.0, 1.0)) is None
    assert means_differ(Sample(5, 1.0, 0.0), Sample(5, 1.0, 0.0)) is None
    assert means_differ(Sample(5, 1.0, 0.0), Sample(5, 2.0, 0.0)) == 0.0


def test_a_sample_from_sums() -> None:
    assert Sample.of(4, 10.0, 30.0) == Sample(4, 2.5, 5 / 3)  # 1 2 3 4
    assert Sample.of(0, 0.0, 0.0) == Sample(0, 0.0, 0.0)


def test_a_trend() -> None:
    # 1 3 2 5: slope 1.1, r = 0.8315, t = 2.1170 with 2 degrees of freedom, p = 1 - t / sqrt(2 + t^2)
    found = trend([1, 3, 2, 5])
    assert found is not None
    slope, p = found
    t = 2.1170
    assert slope == pytest.approx(1.1)
    assert p == pytest.approx(1 - t / math.sqrt(2 + t * t), abs=1e-4)
    assert trend([1, 2, 3]) == (1.0, 0.0)
    assert trend([1, 2]) is None
    assert trend([2, 2, 2]) is None
