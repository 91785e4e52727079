"""What reads of costs return: frozen rows, each named for the question it answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What calls cost together. A call is a span of kind llm, embedding or reranker."""

    calls: int = 0
    errors: int = 0
    """Calls that failed."""
    priced: int = 0
    """Spans with usage and a known price."""
    unpriced: int = 0
    """Spans with usage and without one."""
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost_nanousd: int = 0
    """Of everything whose usage counts, agents that report usage in their calls' stead included."""

    @property
    def mean_nanousd(self) -> int | None:
        """What one costs on average, of those with a price, rounded down; None when there is none."""
        return self.cost_nanousd // self.priced if self.priced else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentBy:
    """One value of what was grouped by. ``value`` is None where the spans do not say."""

    value: str | None
    spent: Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySpent:
    """A model on one day. ``start_s`` is when the day began, Unix seconds."""

    start_s: int
    model: str | None
    spent: Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSpent:
    """A version of a prompt; ``name`` and ``version`` are None where the spans do not say.

    The durations are of its LLM calls that ended, exact to the histogram's bucket (two percent).
    """

    name: str | None
    version: str | None
    spent: Spent
    duration_p50_ns: int | None
    duration_p95_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DearCall:
    """A call that is dear or long, and where to find it."""

    trace_id: str
    span_id: str
    name: str
    start_ns: int
    provider: str | None
    model: str | None
    user_id: str | None
    session_id: str | None
    feature: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost_nanousd: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowOperation:
    """LLM calls of one feature (or, without one, of one span name) that took too long."""

    operation: str
    calls: int
    """Those that took too long."""
    mean_ns: int
    slowest_ns: int
    trace_id: str
    """Of the slowest."""
    span_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCount:
    """Spans that failed alike; the ids are of the last one."""

    kind: str
    error_type: str | None
    error_message: str | None
    spans: int
    last_ns: int
    trace_id: str
    span_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverCeiling:
    """How many calls of a window cost more than a ceiling."""

    calls: int
    """All whose usage counts."""
    over: int
    dearest: DearCall | None
