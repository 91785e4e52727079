"""What reads return: frozen rows, each named for the question it answers.

Those that are read by the thousand are msgspec Structs, ten thousand of which take 10 ms to make, not 80.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from llmwatch.store.histogram import Histogram
from llmwatch.store.span import Kind, Replay, Score, Span, State, Status

UsageRole: TypeAlias = Literal["counted", "rollup", "duplicate"]
Dimension: TypeAlias = Literal[
    "kind", "service", "environment", "app_version", "feature", "segment", "prompt_name", "prompt_version",
    "provider", "model", "tool_name",
]  # fmt: skip
_EMPTY: Final = Histogram()  # one for all: a pane by user would make 12,800 of them

Person: TypeAlias = Literal["user", "session"]
"""What numbers are also asked for by, though there are too many for sums of their own by the minute."""


class TraceRow(Struct, frozen=True):
    """One line of the trace list."""

    id: int
    """Arrival order, dense: the position in the unfiltered list."""
    trace_id: str
    root_span_id: str | None
    name: str
    start_ns: int
    end_ns: int | None
    duration_ns: int | None
    status: Status
    running: bool
    span_count: int
    llm_calls: int
    error_count: int
    error_type: str | None
    error_message: str | None
    service: str | None
    app_version: str | None
    environment: str | None
    session_id: str | None
    user_id: str | None
    feature: str | None
    segment: str | None
    prompt_name: str | None
    prompt_version: str | None
    model: str | None
    time_to_first_chunk_ns: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost_nanousd: int | None
    unpriced_calls: int
    finish_reason: str | None
    heuristics_failed: tuple[str, ...] | None


class SpanRow(Struct, frozen=True):
    """One span without its content: a node of the trace tree."""

    id: int
    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    kind: Kind
    state: State
    start_ns: int
    end_ns: int | None
    duration_ns: int | None
    status: Status
    error_type: str | None
    error_message: str | None
    provider: str | None
    model: str | None
    time_to_first_chunk_ns: int | None
    input_tokens: int | None
    output_tokens: int | None
    usage_role: UsageRole | None
    cost_nanousd: int | None
    sender_cost_nanousd: int | None
    tool_name: str | None
    finish_reasons: tuple[str, ...]
    retry_count: int | None
    heuristics_failed: tuple[str, ...] | None
    content_captured: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanDetail:
    """One span with everything known about it."""

    row: SpanRow
    span: Span
    """All records of it merged, content included."""
    scores: tuple[Score, ...]
    """Of the span, of its trace and of its session, oldest first."""
    replays: tuple[Replay, ...]
    """Oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the rest of its trace says about a span."""

    received_ns: int
    """When the last record of it came."""
    parent_arrived: bool
    """True for one that names no parent, too."""
    root_arrived: bool
    """Whether its trace has a root."""
    person_known: bool
    """Whether the span or its trace names a session or a user."""
    usage_above: bool
    """Whether a span above it carries usage that counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Senders:
    """Those who sent spans of one dialect lately."""

    dialect: str
    spans: int
    last_ns: int
    """When the last of them came."""
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over a window and a slice. Rates over an empty window are None, never 0."""

    spans: int = 0
    errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost_nanousd: int = 0
    unpriced: int = 0
    """Spans whose usage counts and has no price."""
    priced: int = 0
    refused: int = 0
    truncated: int = 0
    checked: int = 0
    passed: int = 0
    answered: int = 0
    """Of which it is known whether the model refused."""
    retry_told: int = 0
    """Whose sender says how often they were tried."""
    retried: int = 0
    cache_lookups: int = 0
    """Of which it is known whether a cache helped: one of answers, or the provider's of prompts."""
    cache_hits: int = 0
    tool_failures: int = 0
    texts: int = 0
    """Of which some text was captured; the lengths are of these."""
    request_chars: int = 0
    request_bytes: int = 0
    response_chars: int = 0
    response_bytes: int = 0
    duration_ns: Histogram = _EMPTY
    first_chunk_ns: Histogram = _EMPTY
    input: Histogram = _EMPTY
    output: Histogram = _EMPTY
    cost: Histogram = _EMPTY
    """Nano-dollars."""
    speed: Histogram = _EMPTY
    """Output tokens per 1,000 s between the first chunk and the end."""
    request: Histogram = _EMPTY
    """Characters, as the next."""
    response: Histogram = _EMPTY
    words: Mapping[str, int] = field(default_factory=dict)
    """Counts of ``finish:…``, ``error:…`` (outcomes.py) and ``failed:…`` with the name of a heuristic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSums:
    """Scores that are counted together."""

    scores: int = 0
    valued: int = 0
    """Those with a number; the others have a label, or tell that something happened (a retry, an edit)."""
    total: float = 0.0
    """Sum of the numbers."""
    negative: int = 0
    """Number below 0.5."""
    low: int = 0
    """Number below 0.7."""
    high: int = 0
    """Number of 0.8 or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How many users or sessions there were, and what all of them cost together."""

    count: int
    cost_nanousd: int
    priced: int
    """Calls with a price, on which the cost rests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All that metrics are made of (llmwatch.analysis.metrics), of one window and one slice."""

    start_s: int
    end_s: int
    """Whole minutes; the end is not included."""
    spans: Totals
    """Everything; cost and tokens of a window are these."""
    calls: Totals
    """LLM calls."""
    tools: Totals
    retrievals: Totals
    embeddings: Totals
    scores: Mapping[str, ScoreSums]
    """By name, in the window in which they were given."""
    feedback: ScoreSums
    """Those of users, under any name."""
    users: Crowd | None = None
    """None when it was not asked for."""
    sessions: Crowd | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One step of a trend."""

    start_s: int
    """Start of the step, Unix seconds UTC."""
    totals: Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One value of a dimension and its sums. ``value`` is None where the spans do not say."""

    value: str | None
    totals: Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePoint:
    """Scores of one name in one step of a trend."""

    start_s: int
    name: str
    source: str
    scores: int
    valued: int
    total: float
    negative: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """A version of a prompt, a model or an app, or of the servers of a model, and when it was live."""

    kind: Literal["prompt", "model", "app", "fingerprint"]
    name: str
    version: str
    first_seen_ns: int
    last_seen_ns: int
    spans: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTotals:
    """All calls of a model since the first day: what Prometheus reads."""

    model: str
    success: int
    error: int
    input_tokens: int
    output_tokens: int
    cost_nanousd: int
    duration_sum_ns: int
    durations: tuple[int, ...]
    """Calls per bucket 0.1 0.5 1 2 5 10 30 +Inf s, not cumulative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """What ``llmwatch status`` prints."""

    spans: int
    llm_calls: int
    errors: int
    """LLM calls that failed."""
    input_tokens: int
    output_tokens: int
    cost_nanousd: int
    unpriced_calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Spans whose usage counts with others, and what they would cost."""

    role: Literal["rollup", "duplicate"]
    spans: int
    cost_nanousd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpriced:
    """Counted calls of a model without a price; ``id``, ``trace_id`` and ``span_id`` are of the last one."""

    provider: str | None
    model: str | None
    spans: int
    id: int
    trace_id: str
    span_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStats:
    """Size of what is kept."""

    spans: int
    traces: int
    last_received_ns: int | None
    file_bytes: int
    """The database with its WAL."""
    counters: dict[str, int]


AlertLevel: TypeAlias = Literal["CRIT", "WARN", "INFO"]
AlertState: TypeAlias = Literal["pending", "firing", "resolved"]
Tier: TypeAlias = Literal[1, 2, 3]
LEVELS: Final[Mapping[Tier, AlertLevel]] = {1: "CRIT", 2: "WARN", 3: "INFO"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One time a rule held of the traffic or of a slice of it."""

    id: int
    """0 before it is stored."""
    rule: str
    """Its name in the configuration."""
    slice: str
    """What of the traffic, as filter terms; empty for all of it."""
    tier: Tier
    """1 tells now, 2 within the hour, 3 in the daily digest."""
    state: AlertState
    """Pending until it has held for long enough."""
    reason: str
    """For a person: ``error rate 8.1 %, over 5 %``."""
    value: float | None
    threshold: float | None
    """Both in the metric's unit."""
    filter: str
    """The filter expression that opens the traces that made it fire."""
    traces: tuple[str, ...]
    """Ids of the worst of them, the worst first."""
    pending_ns: int
    """Since when it holds."""
    seen_ns: int
    """When it was last seen to hold."""
    fired_ns: int | None
    resolved_ns: int | None
    acknowledged_ns: int | None
    snoozed_until_ns: int | None

    @property
    def level(self) -> AlertLevel:
        """What it means for the verdict: tier 1 CRIT, tier 2 WARN, tier 3 nothing."""
        return LEVELS[self.tier]

    def snoozed(self, now_ns: int) -> bool:
        """Whether nobody wants to hear of it just now."""
        return self.snoozed_until_ns is not None and now_ns < self.snoozed_until_ns

    def loud(self, now_ns: int) -> bool:
        """Whether it fires and nobody has taken it on: what a banner shows and a bell rings for."""
        return self.state == "firing" and self.acknowledged_ns is None and not self.snoozed(now_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One thing that was, or is to be, told over a channel."""

    id: int
    channel: str
    event: Literal["firing", "resolved", "test", "digest"]
    alert: int | None
    """The alert's id; None for a digest and a test."""
    message: bytes
    """What is told, encoded by the collector."""
    created_ns: int
    attempts: int
    next_ns: int | None
    """When it is tried (again); None when it was delivered or given up."""
    delivered_ns: int | None
    error: str | None
    """Of the last attempt that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """A span that people should look at."""

    trace_id: str
    span_id: str
    name: str
    time_ns: int
    """When it began."""
    why: str
    """Why it is in the queue: ``checks: refusal; judge: correctness 0.30``."""
    question: str
    """The beginning of what the user asked, on one line; empty when it was not captured."""
    answer: str
    """The beginning of the answer, on one line."""
