"""Tokens, lengths and money."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final, Literal

from llmwatch.analysis.metrics.metric import UNKNOWN, Figure, Metric, minutes, percentile, share
from llmwatch.analysis.metrics.traffic import PERCENTILES
from llmwatch.store.rows import Crowd, Measured

_HOUR: Final = 60
_DAY: Final = 24 * _HOUR


def _tokens_per_minute(measured: Measured) -> Figure:
    spans, length = measured.spans, minutes(measured)
    if not length:
        return UNKNOWN
    return Figure((spans.input_tokens + spans.output_tokens) / length, spans.spans)


def _sum_of(column: Literal["input_tokens", "output_tokens"], measured: Measured) -> Figure:
    return Figure(getattr(measured.spans, column), measured.spans.spans)


def _mean_of(column: str, histogram: str, measured: Measured) -> Figure:
    return share(getattr(measured.calls, column), getattr(measured.calls, histogram).count)


def _cost(measured: Measured) -> Figure:
    """Nothing called costs nothing; calls of which none has a price cost nobody knows what."""
    spans = measured.spans
    return Figure(None if spans.unpriced and not spans.priced else spans.cost_nanousd, spans.priced)


def _cost_per(length: int, measured: Measured) -> Figure:
    cost, whole = _cost(measured), minutes(measured)
    return cost if cost.value is None or not whole else Figure(cost.value * length / whole, cost.samples)


def _cost_per_head(crowd: Crowd | None) -> Figure:
    if crowd is None or not crowd.priced:
        return UNKNOWN
    return share(crowd.cost_nanousd, crowd.count)


def _head_count(crowd: Crowd | None) -> Figure:
    return UNKNOWN if crowd is None else Figure(crowd.count, crowd.count)


def _cached_share(measured: Measured) -> Figure:
    calls = measured.calls
    if not calls.cache_lookups or not calls.input_tokens:
        return UNKNOWN
    return Figure(calls.cache_read_tokens / calls.input_tokens, calls.input.count)


def _lengths(
    prefix: str, title: str, about: str, of: str, unit: Literal["tokens", "characters"]
) -> Iterator[Metric]:
    for q in PERCENTILES:
        yield Metric(
            id=f"{prefix}_p{q}",
            title=f"p{q} {title}",
            about=f"{about}, {q}th percentile, within 1 %.",
            unit=unit,
            better=None,
            compute=partial(_length, of, q / 100),
        )


def _length(of: str, q: float, measured: Measured) -> Figure:
    return percentile(getattr(measured.calls, of), q)


SPENDING: Final = (
    *_lengths(
        "input_tokens", "input tokens", "Input tokens of an LLM call, cached ones included", "input", "tokens"
    ),
    Metric(
        id="input_tokens_sum",
        title="input tokens",
        about="Input tokens of all spans whose usage counts.",
        unit="tokens",
        better=None,
        compute=partial(_sum_of, "input_tokens"),
    ),
    *_lengths(
        "output_tokens",
        "output tokens",
        "Output tokens of an LLM call, reasoning included",
        "output",
        "tokens",
    ),
    Metric(
        id="output_tokens_sum",
        title="output tokens",
        about="Output tokens of all spans whose usage counts.",
        unit="tokens",
        better=None,
        compute=partial(_sum_of, "output_tokens"),
    ),
    Metric(
        id="prompt_tokens_mean",
        title="tokens of a prompt",
        about="Input tokens per LLM call that says them.",
        unit="tokens",
        better=None,
        compute=partial(_mean_of, "input_tokens", "input"),
    ),
    *_lengths(
        "request_chars", "length of requests", "Characters of what an LLM was asked", "request", "characters"
    ),
    *_lengths(
        "response_chars", "length of answers", "Characters of what an LLM answered", "response", "characters"
    ),
    Metric(
        id="tokens_per_minute",
        title="tokens per minute",
        about="Input and output tokens of all spans whose usage counts, per minute.",
        unit="tokens_per_minute",
        better=None,
        compute=_tokens_per_minute,
    ),
    Metric(
        id="cost_per_request",
        title="cost per request",
        about="Cost of an LLM call that has a price, mean.",
        unit="nanousd",
        better="lower",
        compute=lambda measured: share(measured.calls.cost_nanousd, measured.calls.priced),
    ),
    Metric(
        id="cost_per_request_p95",
        title="p95 cost per request",
        about="Cost of an LLM call that has a price, 95th percentile, within 1 %.",
        unit="nanousd",
        better="lower",
        compute=lambda measured: percentile(measured.calls.cost, 0.95),
    ),
    Metric(
        id="cost",
        title="cost",
        about="Cost of everything that has a price; unknown when nothing has one.",
        unit="nanousd",
        better="lower",
        compute=_cost,
    ),
    Metric(
        id="cost_per_hour",
        title="cost per hour",
        about="The cost of the window, for an hour of it.",
        unit="nanousd",
        better="lower",
        compute=partial(_cost_per, _HOUR),
    ),
    Metric(
        id="cost_per_day",
        title="cost per day",
        about="The cost of the window, for a day of it.",
        unit="nanousd",
        better="lower",
        compute=partial(_cost_per, _DAY),
    ),
    Metric(
        id="cost_per_user",
        title="cost per user",
        about="What the users of the window cost, mean.",
        unit="nanousd",
        better="lower",
        people=True,
        compute=lambda measured: _cost_per_head(measured.users),
    ),
    Metric(
        id="cost_per_session",
        title="cost per session",
        about="What the sessions of the window cost, mean.",
        unit="nanousd",
        better="lower",
        people=True,
        compute=lambda measured: _cost_per_head(measured.sessions),
    ),
    Metric(
        id="active_users",
        title="active users",
        about="Users of the window.",
        unit="count",
        better=None,
        people=True,
        compute=lambda measured: _head_count(measured.users),
    ),
    Metric(
        id="active_sessions",
        title="sessions",
        about="Sessions of the window.",
        unit="count",
        better=None,
        people=True,
        compute=lambda measured: _head_count(measured.sessions),
    ),
    Metric(
        id="cache_hit_rate",
        title="cache hits",
        about="LLM calls that a cache helped, one of answers or the provider's of prompts, of those that say "
        "whether one did.",
        unit="share",
        better="higher",
        compute=lambda measured: share(measured.calls.cache_hits, measured.calls.cache_lookups),
    ),
    Metric(
        id="cached_token_share",
        title="cached tokens",
        about="Input tokens read from the provider's cache, of all.",
        unit="share",
        better="higher",
        compute=_cached_share,
    ),
)
