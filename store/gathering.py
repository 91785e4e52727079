"""Adding up what rollup rows, or spans themselves, say of a window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar

from llmwatch.store import words
from llmwatch.store.histogram import Histogram, bucket_of, decode
from llmwatch.store.rollups import HISTOGRAMS, SUMS, Numbers
from llmwatch.store.rows import Totals

Row: TypeAlias = tuple[tuple[int, ...], tuple[bytes | None, ...], bytes | None]
"""Sums, histograms and words of a row of rollups."""
_K = TypeVar("_K")

FIELDS: Final = (
    "duration_ns", "first_chunk_ns", "input", "output", "cost", "speed", "request", "response",
)  # fmt: skip
"""Fields of Totals in the order of the columns `HISTOGRAMS`."""


class Gathered:
    """Sums, distributions and words that grow."""

    __slots__ = ("_counts", "_numbers", "_words")

    def __init__(self) -> None:
        self._numbers: list[Sequence[int]] = []
        self._counts: tuple[dict[int, int], ...] = tuple([{} for _ in HISTOGRAMS])
        self._words: dict[str, int] = {}

    def add(self, row: Row) -> None:
        """Count a row of rollups."""
        numbers, histograms, said = row
        self._numbers.append(numbers)
        for counts, histogram in zip(self._counts, histograms, strict=True):
            if histogram is not None:
                _add(counts, decode(histogram))
        if said is not None:
            _add(self._words, words.decode(said))

    def count(self, numbers: Numbers) -> None:
        """Count a span."""
        sums, values, said = numbers
        self._numbers.append(sums)
        for counts, value in zip(self._counts, values, strict=True):
            if value is not None:
                _add(counts, {bucket_of(value): 1})
        _add(self._words, dict.fromkeys(said, 1))

    def include(self, other: Gathered) -> None:
        """Count what another counts."""
        self._numbers += other._numbers
        for counts, more in zip(self._counts, other._counts, strict=True):
            _add(counts, more)
        _add(self._words, other._words)

    def totals(self) -> Totals:
        """What was counted so far."""
        sums = list(map(sum, zip(*self._numbers, strict=True)))
        return totals_of(sums, map(Histogram, self._counts), self._words)


def totals_of(
    numbers: Sequence[int],
    distributions: Iterable[Histogram] = (),
    said: Mapping[str, int] = MappingProxyType({}),
) -> Totals:
    """Totals of sums in the order of `SUMS` (or none of them); what is not given is zero, or empty."""
    values: dict[str, Any] = {"words": said, **dict(zip(SUMS, numbers, strict=False))}
    values |= dict(zip(FIELDS, distributions, strict=False))
    values.pop("copies", None)
    return Totals(**values)


def _add(counts: dict[_K, int], more: Mapping[_K, int]) -> None:
    for key, count in more.items():
        counts[key] = counts.get(key, 0) + count
