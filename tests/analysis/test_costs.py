"""What follows from what was spent, by hand."""

from __future__ import annotations

import pytest

from llmwatch.analysis.costs import (
    compression,
    expensive_prompts,
    price_ratios,
    sustained,
    total_spent,
    what_if,
)
from llmwatch.store.costrows import OverCeiling, Spent, SpentBy, VersionSpent
from llmwatch.store.price import Rates, Tariff

NANO = 10**9


def spent(dollars: float, priced: int = 1, **more: int) -> Spent:
    return Spent(calls=more.pop("calls", priced), priced=priced, cost_nanousd=round(dollars * NANO), **more)


def by(value: str | None, dollars: float, priced: int = 1, **more: int) -> SpentBy:
    return SpentBy(value=value, spent=spent(dollars, priced, **more))


def version(name: str, dollars: float, priced: int, **more: int) -> VersionSpent:
    return VersionSpent(
        name="p",
        version=name,
        spent=spent(dollars, priced, **more),
        duration_p50_ns=None,
        duration_p95_ns=None,
    )


def test_a_prompt_is_expensive_above_ten_cents_on_average() -> None:
    versions = [
        version("at", 0.2, 2), version("above", 0.21, 2), version("dear", 9, 3), version("none", 0, 0),
    ]  # fmt: skip
    assert [row.version for row in expensive_prompts(versions)] == ["dear", "above"]


def test_code_costs_ten_times_a_summary() -> None:
    ratios = price_ratios([by("summary", 0.05, 10), by("code", 0.5, 10), by("free", 0, 5), by("odd", 0, 0)])
    assert [(ratio.feature, ratio.mean_nanousd, ratio.times) for ratio in ratios] == [
        ("code", 50_000_000, 10.0), ("summary", 5_000_000, 1.0),
    ]  # fmt: skip
    assert price_ratios([]) == []
    assert price_ratios([by("free", 0)]) == []


def test_the_same_tokens_at_other_prices() -> None:
    """Article prices: 1,000,000 in and 200,000 out at $2.50/$10 are $4.50, at $0.15/$0.60 they are $0.27."""
    mini = Tariff(Rates(input=150_000_000, output=600_000_000, cache_read=75_000_000))
    groups = [
        by("gpt-4o", 4.5, 100, input_tokens=1_000_000, output_tokens=200_000),
        by("own", 0, 0, calls=3, unpriced=3, input_tokens=1_000, output_tokens=0),
        by("cached", 1, input_tokens=1_000_000, cache_read_tokens=600_000),
    ]
    first, own, cached = what_if(groups, mini)
    assert (first.other_nanousd, first.saved_nanousd) == (270_000_000, 4_230_000_000)
    assert (own.other_nanousd, own.incomplete, first.incomplete) == (150_000, True, False)
    assert cached.other_nanousd == round((0.4 * 0.15 + 0.6 * 0.075) * NANO)


def test_a_rate_for_each_request_counts_for_each_call() -> None:
    sonar = Tariff(Rates(input=NANO, output=NANO, request=5_000_000 * 1_000_000))
    (result,) = what_if([by("m", 1, 10, input_tokens=1_000_000)], sonar)
    assert result.other_nanousd == round((1 + 10 * 0.005) * NANO)


def test_rates_for_long_inputs_do_not_apply_to_sums() -> None:
    tiered = Tariff(Rates(input=NANO), ((200_000, Rates(input=2 * NANO)),))
    assert what_if([by("m", 1, 100, input_tokens=1_000_000)], tiered)[0].other_nanousd == NANO


def test_a_compressed_prompt() -> None:
    before = version("1", 1.0, 100, input_tokens=300_000)
    after = version("2", 0.3, 50, input_tokens=75_000)
    paid = compression(before, after, 0.9, 0.88)
    assert list(paid.input_tokens) == [3_000, 1_500]
    assert list(paid.mean_nanousd) == [10_000_000, 6_000_000]
    assert paid.saved_nanousd == 4_000_000
    assert paid.saved_share == pytest.approx(0.4)
    assert paid.saved_so_far_nanousd == 200_000_000, "50 calls, $0.004 each"
    assert (paid.before, paid.after, paid.score) == ("1", "2", (0.9, 0.88))
    unknown = compression(before, version("3", 0, 0))
    assert (unknown.saved_nanousd, unknown.saved_share, unknown.saved_so_far_nanousd) == (None, None, None)
    assert list(unknown.input_tokens) == [3_000, None]


@pytest.mark.parametrize(
    ("calls", "over", "pattern"),
    [(0, 0, False), (100, 1, False), (100, 2, False), (100, 3, True), (300, 3, True), (301, 3, False)],
)
def test_one_dear_call_is_a_flag_and_several_are_a_pattern(calls: int, over: int, pattern: bool) -> None:
    assert sustained(OverCeiling(calls=calls, over=over, dearest=None)) is pattern


def test_totals() -> None:
    assert total_spent([by("a", 1, 2, input_tokens=3), by("b", 0.5, 1, errors=1)]) == spent(
        1.5, 3, input_tokens=3, errors=1
    )
    assert total_spent([]) == Spent()
