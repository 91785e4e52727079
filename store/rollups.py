"""What spans add to the sums that are kept on write, and take from them when they change. Pure.

A span counts in the minute and the hour where it starts, once it has really begun; in the hour not at once
(coarse.py). Its tokens and its cost count when its usage does (usage.py); an LLM span whose usage is a
roll-up or a duplicate is a copy of calls that count already, so it counts as nothing but a copy.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import neg
from typing import Final, NamedTuple, TypeAlias, TypeVar

import msgspec

from llmwatch.store.heads import UNSAID, Heads, dimensions
from llmwatch.store.histogram import bucket_of
from llmwatch.store.outcomes import FORM_CHECKS, error_class, finish_class
from llmwatch.store.projection import Brief
from llmwatch.store.rows import UsageRole

Dimensions: TypeAlias = tuple[str | None, ...]
_K = TypeVar("_K")

SUMS: Final = (
    "spans", "copies", "errors", "input_tokens", "output_tokens", "cache_read_tokens",
    "cache_write_tokens", "reasoning_tokens", "cost_nanousd", "unpriced", "priced", "refused", "truncated",
    "checked", "passed", "answered", "retry_told", "retried", "cache_lookups", "cache_hits", "tool_failures",
    "texts", "request_chars", "request_bytes", "response_chars", "response_bytes",
)  # fmt: skip
HISTOGRAMS: Final = (
    "duration_hist", "first_chunk_hist", "input_hist", "output_hist", "cost_hist", "speed_hist",
    "request_hist", "response_hist",
)  # fmt: skip
HOUR_S: Final = 3600
WIDTHS: Final = (60, HOUR_S)

_COPY: Final = (0, 1, *[0] * (len(SUMS) - 2))
_NO_USAGE: Final = (0,) * 8
_NO_TEXT: Final = (0,) * 5
_NOTHING: Final = (None,) * len(HISTOGRAMS)
_CUT: Final = "finish:length"
_NO_WORDS: Final[tuple[str, ...]] = ()
_PER: Final = 10**12
"""Tokens per nanosecond, times this, are tokens per 1,000 s: whole numbers, of which a histogram is made."""

BOUNDS_S: Final = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Upper bounds of Prometheus' buckets; the last bucket has none."""


class Change(NamedTuple):
    """A span that counts from now on (``sign`` 1) or no longer does (-1), in a trace that says ``heads``."""

    span: Brief
    role: UsageRole | None
    sign: int
    heads: Heads = UNSAID


Numbers: TypeAlias = tuple[tuple[int, ...], tuple[int | None, ...], tuple[str, ...]]
"""What a span adds: in the order of `SUMS`, in the order of `HISTOGRAMS`, and words: ``finish:…``,
``error:…`` and ``format:failed`` (outcomes.py), ``failed:…`` with a heuristic's name."""


class Cell:
    """What is added to one rollup row."""

    __slots__ = ("histograms", "parts", "words")

    def __init__(self) -> None:
        self.parts: list[tuple[int, ...]] = []
        self.histograms: tuple[dict[int, int], ...] = tuple([{} for _ in HISTOGRAMS])
        self.words: dict[str, int] = {}

    @property
    def sums(self) -> tuple[int, ...]:
        """Totals in the order of `SUMS`."""
        if len(self.parts) > 1:
            self.parts = [tuple(map(sum, zip(*self.parts, strict=True)))]
        return self.parts[0]

    def add(self, numbers: Numbers, sign: int) -> None:
        """Count a span's numbers."""
        sums, values, words = numbers
        self.parts.append(sums if sign > 0 else tuple(map(neg, sums)))
        for histogram, value in zip(self.histograms, values, strict=True):
            if value is not None:
                bucket = bucket_of(value)
                histogram[bucket] = histogram.get(bucket, 0) + sign
        for word in words:
            self.words[word] = self.words.get(word, 0) + sign

    @classmethod
    def united(cls, cells: Sequence[Cell]) -> Cell:
        """What ``cells`` count together."""
        if len(cells) == 1:
            return cells[0]
        whole = cls()
        whole.parts = [cell.sums for cell in cells]
        for cell in cells:
            for histogram, counts in zip(whole.histograms, cell.histograms, strict=True):
                _add_to(histogram, counts)
            _add_to(whole.words, cell.words)
        return whole


def rollups(changes: Iterable[Change], hours_until_s: int) -> dict[tuple[int, int, Dimensions], Cell]:
    """What ``changes`` add to the rows of ``rollups``, by width, start and dimensions.

    Hours are kept of what starts before ``hours_until_s``. One of which one minute changes has the cell of
    that minute, as most have that are written together.
    """
    minutes: dict[tuple[int, int, Dimensions], Cell] = {}
    for span, role, sign, heads in changes:
        if span.state == "partial":
            continue
        start_s = span.start_ns // 1_000_000_000
        key = (60, start_s - start_s % 60, dimensions(span, heads))
        cell = minutes.get(key)
        if cell is None:
            cell = minutes[key] = Cell()
        cell.add(numbers(span, role), sign)
    hours: dict[tuple[int, int, Dimensions], list[Cell]] = {}
    for (_, start_s, series), cell in minutes.items():
        if start_s < hours_until_s:
            hours.setdefault((HOUR_S, start_s - start_s % HOUR_S, series), []).append(cell)
    return minutes | {key: Cell.united(cells) for key, cells in hours.items()}


def _add_to(counts: dict[_K, int], more: Mapping[_K, int]) -> None:
    for key, count in more.items():
        counts[key] = counts.get(key, 0) + count


def numbers(span: Brief, role: UsageRole | None) -> Numbers:
    """What a span adds."""
    if is_copy(span, role):
        return _COPY, _NOTHING, _NO_WORDS
    counted, checks, failed = role == "counted", span.heuristics_failed, span.status == "error"
    cost, words = span.cost_nanousd, _NO_WORDS
    usage = (
        (
            span.input_tokens or 0,
            span.output_tokens or 0,
            span.cache_read_tokens or 0,
            span.cache_write_tokens or 0,
            span.reasoning_tokens or 0,
            cost or 0,
            cost is None,
            cost is not None,
        )
        if counted
        else _NO_USAGE
    )
    if span.finish_reasons is not None or (checks is not None and checks != "[]"):
        words = _words(span.finish_reasons, checks)
    cut = _CUT in words
    if failed:
        words = (*words, f"error:{error_class(span.error_type, span.error_message)}")
    retries, hit, asked, told = span.retry_count, span.cache_hit, span.request_chars, span.response_chars
    sums = (
        1, 0, failed, *usage, span.refused or 0, cut, checks is not None, checks == "[]",
        span.refused is not None, retries is not None, bool(retries),
        hit is not None or (counted and span.cache_read_tokens is not None),
        bool(hit) or bool(counted and span.cache_read_tokens),
        span.kind == "tool" and (failed or span.tool_success == 0),
        *(_NO_TEXT if asked is None and told is None else
          (1, asked or 0, span.request_bytes or 0, told or 0, span.response_bytes or 0)),
    )  # fmt: skip
    values = (
        span.duration_ns,
        span.time_to_first_chunk_ns,
        span.input_tokens if counted else None,
        span.output_tokens if counted else None,
        cost if counted else None,
        _speed(span) if counted else None,
        asked,
        told,
    )
    return sums, values, words


def _speed(span: Brief) -> int | None:
    """Output tokens per 1,000 s between the first chunk and the end; None for what was not streamed."""
    first, whole, tokens = span.time_to_first_chunk_ns, span.duration_ns, span.output_tokens
    if first is None or whole is None or not tokens or whole <= first:
        return None
    return tokens * _PER // (whole - first)


@lru_cache(maxsize=1024)
def _words(finish_reasons: str | None, failed: str | None) -> tuple[str, ...]:
    """Why an answer was over, each reason once, and which heuristics it fails."""
    reasons = msgspec.json.decode(finish_reasons or "[]", type=list[str])
    names = msgspec.json.decode(failed or "[]", type=list[str])
    finishes = sorted({finish_class(reason) for reason in reasons})
    form = [] if FORM_CHECKS.isdisjoint(names) else ["format:failed"]
    return (*[f"finish:{finish}" for finish in finishes], *[f"failed:{name}" for name in names], *form)


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
    for span, role, sign, _ in changes:
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
            buckets[bisect_left(BOUNDS_S, span.duration_ns / 1e9)] += sign
    return added
