"""Conclusions from what was spent: what is dear per use, what other prices or prompts would change. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from llmwatch.providers.rates import bill, total
from llmwatch.store.costrows import OverCeiling, Spent, SpentBy, VersionSpent
from llmwatch.store.price import Tariff
from llmwatch.store.span import Usage

EXPENSIVE_NANOUSD: Final = 100_000_000
"""$0.10 on average: from here on a prompt is expensive."""
SUSTAINED: Final = 3
"""Calls above the ceiling that make a pattern of single ones, …"""
SUSTAINED_SHARE: Final = 0.01
"""… when they are at least this share of all calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """What a use of a feature costs beside a use of the cheapest one."""

    feature: str | None
    mean_nanousd: int
    times: float
    """1 for the cheapest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The same tokens at another model's prices."""

    value: str | None
    """The model, feature, … whose tokens they are."""
    nanousd: int
    """What they cost."""
    other_nanousd: int
    """What they would have cost."""
    incomplete: bool
    """Some of the calls have no price, so that only the other sum is of all tokens."""

    @property
    def saved_nanousd(self) -> int:
        """Negative when the other model is dearer."""
        return self.nanousd - self.other_nanousd


@dataclass(frozen=True, slots=True, kw_only=True)
class Compression:
    """Two versions of a prompt, a call of each beside a call of the other; None where one has no calls."""

    name: str | None
    before: str | None
    after: str | None
    input_tokens: tuple[float | None, float | None]
    """Of a call on average: before, after."""
    mean_nanousd: tuple[int | None, int | None]
    score: tuple[float | None, float | None]
    """Mean quality, where there are scores."""
    saved_nanousd: int | None
    """A call, negative when it became dearer."""
    saved_share: float | None
    saved_so_far_nanousd: int | None
    """By the calls of the later version."""


def expensive_prompts(
    versions: Iterable[VersionSpent], above_nanousd: int = EXPENSIVE_NANOUSD
) -> list[VersionSpent]:
    """Versions of prompts whose calls cost more than this on average, the dearest first."""
    dear = [row for row in versions if (row.spent.mean_nanousd or 0) > above_nanousd]
    return sorted(dear, key=lambda row: -(row.spent.mean_nanousd or 0))


def price_ratios(features: Iterable[SpentBy]) -> list[Ratio]:
    """What a call of each feature costs, in multiples of the cheapest that is not free; the dearest first."""
    means = [(each.value, each.spent.mean_nanousd) for each in features]
    paid = [(value, mean) for value, mean in means if mean]
    if not paid:
        return []
    least = min(mean for _, mean in paid)
    ratios = [Ratio(feature=value, mean_nanousd=mean, times=mean / least) for value, mean in paid]
    return sorted(ratios, key=lambda ratio: (-ratio.times, ratio.feature or ""))


def what_if(groups: Iterable[SpentBy], tariff: Tariff) -> list[WhatIf]:
    """What the same tokens would have cost at the rates of ``tariff``, for each group.

    The rates are those of ordinary calls: which were long enough for a tier of their own is not in the sums.
    A rate for each request is counted for each call.
    """
    flat = Tariff(tariff.base)
    return [
        WhatIf(
            value=group.value,
            nanousd=group.spent.cost_nanousd,
            other_nanousd=_at(group.spent, flat),
            incomplete=group.spent.unpriced > 0,
        )
        for group in groups
    ]


def compression(
    before: VersionSpent,
    after: VersionSpent,
    score_before: float | None = None,
    score_after: float | None = None,
) -> Compression:
    """Whether a shorter prompt paid: tokens, cost and quality of a call with each version.

    ``score_before`` and ``score_after`` are mean quality scores of the two versions.
    """
    costs = before.spent.mean_nanousd, after.spent.mean_nanousd
    saved = None if costs[0] is None or costs[1] is None else costs[0] - costs[1]
    return Compression(
        name=after.name,
        before=before.version,
        after=after.version,
        input_tokens=(_mean_input(before.spent), _mean_input(after.spent)),
        mean_nanousd=costs,
        score=(score_before, score_after),
        saved_nanousd=saved,
        saved_share=None if saved is None or not costs[0] else saved / costs[0],
        saved_so_far_nanousd=None if saved is None else saved * after.spent.priced,
    )


def sustained(seen: OverCeiling) -> bool:
    """Whether calls above a ceiling are a pattern, worth an alert, rather than single ones, worth a flag."""
    return seen.over >= SUSTAINED and seen.over >= SUSTAINED_SHARE * seen.calls


def total_spent(groups: Sequence[SpentBy]) -> Spent:
    """The sums of all groups."""
    names = Spent.__dataclass_fields__
    return Spent(**{name: sum(getattr(group.spent, name) for group in groups) for name in names})


def _at(spent: Spent, tariff: Tariff) -> int:
    usage = Usage(
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
        cache_read_tokens=spent.cache_read_tokens,
        cache_write_tokens=spent.cache_write_tokens,
        reasoning_tokens=spent.reasoning_tokens,
    )
    requests = (tariff.base.request or 0) * max(spent.calls - 1, 0)
    return total(bill(usage, tariff)) + requests // 1_000_000


def _mean_input(spent: Spent) -> float | None:
    return spent.input_tokens / spent.calls if spent.calls else None
