"""Histograms: percentiles within the stated error, merging and unmerging exact."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.store.histogram import (
    RELATIVE_ERROR,
    Histogram,
    bucket_of,
    decode,
    encode,
    value_of,
)

values = st.lists(st.integers(0, 10**13), min_size=1, max_size=300)


@given(values, st.sampled_from([0.01, 0.5, 0.9, 0.95, 0.99, 1.0]))
def test_percentile_is_within_the_stated_error(sample: list[int], q: float) -> None:
    exact = sorted(sample)[max(1, math.ceil(q * len(sample))) - 1]
    got = Histogram.of(sample).percentile(q)
    assert got is not None
    assert abs(got - exact) <= exact * (RELATIVE_ERROR + 1e-6)


@given(values, values)
def test_merging_is_counting_together(left: list[int], right: list[int]) -> None:
    merged = Histogram.merged([Histogram.of(left).buckets, Histogram.of(right).buckets])
    assert merged == Histogram.of(left + right)
    assert merged.count == len(left) + len(right)


@given(values)
def test_stored_and_read_back(sample: list[int]) -> None:
    buckets = Histogram.of(sample).buckets
    assert decode(encode(buckets)) == buckets


def test_empty() -> None:
    assert Histogram().percentile(0.5) is None
    assert encode({}) is None
    assert encode({3: 0}) is None
    assert decode(None) == {}


@pytest.mark.parametrize("value", [1, 2, 10, 999, 10**6, 10**9, 86_400 * 10**9])
def test_a_bucket_stands_for_its_values(value: int) -> None:
    assert value_of(bucket_of(value)) == pytest.approx(value, rel=RELATIVE_ERROR + 1e-9)


def test_by_hand() -> None:
    histogram = Histogram.of([100, 200, 300, 400])
    assert histogram.percentile(0.5) == pytest.approx(200, rel=0.01)
    assert histogram.percentile(0.75) == pytest.approx(300, rel=0.01)
    assert histogram.percentile(0.76) == pytest.approx(400, rel=0.01)
