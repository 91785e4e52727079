"""What spans add to the sums that are kept on write, and take from them when they change. Pure.

A span counts in the minute and the hour where it starts, once it has really begun. Its tokens and its cost
count when its usage does (usage.py); an LLM span whose usage is a roll-up or a duplicate is a copy of calls
that count already, so it counts as nothing but a copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from operator import neg
from typing import Final, NamedTuple, TypeAlias

from llmwatch.store.histogram import bucket_of
from llmwatch.store.projection import Brief
from llmwatch.store.rows import UsageRole

Dimensions: TypeAlias = tuple[str | None, ...]

SUMS: Final = (
    "spans", "copies", "errors", "input_tokens", "output_tokens", "cache_read_tokens",
    "cache_write_tokens", "reasoning_tokens", "cost_nanousd", "unpriced", "refused", "truncated",
    "checked", "passed",
)  # fmt: skip
HISTOGRAMS: Final = ("duration_hist", "first_chunk_hist", "input_hist", "output_hist")
WIDTHS: Final = (60, 3600)

_COPY: Final = (0, 1, *[0] * (len(SUMS) - 2))
_NO_USAGE: Final = (0,) * 7
_NOTHING: Final = (None, None, None, None)
_CUT: Final = ('"length"', '"max_tokens"', '"MAX_TOKENS"')
"""Finish reasons of OpenAI, Anthropic and Gemini for an answer that was cut."""

BOUNDS_S: Final = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Upper bounds of Prometheus' buckets; the last bucket has none."""


class Change(NamedTuple):
    """A span that counts from now on (``sign`` 1) or no longer does (-1)."""

    span: Brief
    role: UsageRole | None
    sign: int


class Cell:
    """What is added to one rollup row."""

    __slots__ = ("histograms", "parts")

    def __init__(self) -> None:
        self.parts: list[tuple[int, ...]] = []
        self.histograms: tuple[dict[int, int], ...] = ({}, {}, {}, {})

    @property
    def sums(self) -> tuple[int, ...]:
        """Totals in the order of `SUMS`."""
        return tuple(map(sum, zip(*self.parts, strict=True)))

    def add(self, sums: tuple[int, ...], values: Iterable[int | None], sign: int) -> None:
        """Count a span's numbers."""
        self.parts.append(sums if sign > 0 else tuple(map(neg, sums)))
        for place, value in enumerate(values):
            if value is not None:
                bucket, histogram = bucket_of(value), self.histograms[place]
                histogram[bucket] = histogram.get(bucket, 0) + sign

    def merge(self, other: Cell) -> None:
        """Count what another cell counts."""
        self.parts.append(other.sums)
        for histogram, counts in zip(self.histograms, other.histograms, strict=True):
            for bucket, count in counts.items():
                histogram[bucket] = histogram.get(bucket, 0) + count


def rollups(changes: Iterable[Change]) -> dict[tuple[int, int, Dimensions], Cell]:
    """What ``changes`` add to the rows of ``rollups``, by width, start and dimensions."""
    minutes: dict[tuple[int, int, Dimensions], Cell] = {}
    for span, role, sign in changes:
        if span.state == "partial":
            continue
        start_s = span.start_ns // 1_000_000_000
        key = (60, start_s - start_s % 60, span.dimensions)
        cell = minutes.get(key)
        if cell is None:
            cell = minutes[key] = Cell()
        cell.add(*_numbers(span, role), sign)
    cells = dict(minutes)
    for (_, start_s, dimensions), cell in minutes.items():
        cells.setdefault((3600, start_s - start_s % 3600, dimensions), Cell()).merge(cell)
    return cells


def _numbers(span: Brief, role: UsageRole | None) -> tuple[tuple[int, ...], tuple[int | None, ...]]:
    """What a span adds: its part of `SUMS`, and its values for `HISTOGRAMS`."""
    if is_copy(span, role):
        return _COPY, _NOTHING
    counted, checks = role == "counted", span.heuristics_failed
    usage = (
        (
            span.input_tokens or 0,
            span.output_tokens or 0,
            span.cache_read_tokens or 0,
            span.cache_write_tokens or 0,
            span.reasoning_tokens or 0,
            span.cost_nanousd or 0,
            span.cost_nanousd is None,
        )
        if counted
        else _NO_USAGE
    )
    cut = span.finish_reasons is not None and _is_cut(span.finish_reasons)
    sums = (1, 0, span.status == "error", *usage, span.refused or 0, cut, checks is not None, checks == "[]")
    return sums, (
        span.duration_ns,
        span.time_to_first_chunk_ns,
        span.input_tokens if counted else None,
        span.output_tokens if counted else None,
    )


@lru_cache(maxsize=1024)
def _is_cut(finish_reasons: str) -> bool:
    return any(cut in finish_reasons for cut in _CUT)


def is_copy(span: Brief, role: UsageRole | None) -> bool:
    """Whether an LLM span repeats calls that count already."""
    return span.kind == "llm" and role is not None and role != "counted"


def totals(changes: Iterable[Change]) -> dict[str, tuple[list[int], list[int]]]:
    """What ``changes`` add to ``totals``, by model.

    The first list is success, error, input_tokens, output_tokens, cost_nanousd, duration_sum_ns; the second
    the calls per bucket of `BOUNDS_S`. Only LLM calls that have ended count; how long they took is not always
    known (a log line that was posted).
    """
    added: dict[str, tuple[list[int], list[int]]] = {}
    for span, role, sign in changes:
        if span.kind != "llm" or span.state != "ended" or is_copy(span, role):
            continue
        sums, buckets = added.setdefault(span.model or "", ([0] * 6, [0] * (len(BOUNDS_S) + 1)))
        counted = role == "counted"
        sums[span.status == "error"] += sign
        sums[2] += sign * ((counted and span.input_tokens) or 0)
        sums[3] += sign * ((counted and span.output_tokens) or 0)
        sums[4] += sign * ((counted and span.cost_nanousd) or 0)
        if span.duration_ns is not None:
            sums[5] += sign * span.duration_ns
            seconds = span.duration_ns / 1e9
            buckets[sum(seconds > bound for bound in BOUNDS_S)] += sign
    return added
