"""The canonical span: what every dialect is turned into, and what is kept.

Field names follow the OpenTelemetry GenAI conventions. Unknown is None, never 0; times are integer
nanoseconds UTC since 1970; money is integer nano-dollars. Nothing here knows SQL or HTTP.

These are msgspec Structs rather than dataclasses because every span of a burst is built, copied and
encoded: 10 us against 27 to build one with its messages, 0.3 against 7 to copy it, 5 against 9 to encode
it. Copies are made with ``msgspec.structs.replace``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct, field

from llmwatch.store.price import Price

JsonObject: TypeAlias = Mapping[str, Any]

Kind: TypeAlias = Literal[
    "llm", "embedding", "retriever", "reranker", "tool", "agent", "chain",
    "guardrail", "evaluator", "prompt", "span",
]  # fmt: skip
Status: TypeAlias = Literal["unset", "ok", "error"]
State: TypeAlias = Literal["partial", "started", "ended"]
"""How much of the span this record knows: ``partial`` says something about a span (a log record),
``started`` has begun and not ended, ``ended`` is final."""

PartType: TypeAlias = Literal[
    "text", "reasoning", "tool_call", "tool_call_response", "blob", "uri", "file", "generic"
]


class Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One part of a message, as in the GenAI message schema (gen-ai-input-messages.json)."""

    type: PartType
    text: str | None = None
    """Content of text and reasoning; result of a tool_call_response; JSON of a generic part."""
    id: str | None = None
    """Id of a tool call, or the id that a response answers."""
    name: str | None = None
    """Tool name; ``refusal`` for a text that the API itself calls one."""
    arguments: str | None = None
    """Arguments of a tool call as the JSON text that was sent; it may be malformed."""
    modality: str | None = None
    """image, audio, video or document."""
    mime_type: str | None = None
    size_bytes: int | None = None
    """Decoded size of a blob, when its data is at hand."""
    data: str | None = None
    """Base64 of a blob."""
    uri: str | None = None
    """Where a uri part points, or the id of a file part. Never fetched."""


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message: who says it, and its parts in order."""

    role: str
    parts: tuple[Part, ...] = ()
    name: str | None = None
    finish_reason: str | None = None


class Document(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A retrieved or reranked document."""

    id: str | None = None
    content: str | None = None
    score: float | None = None
    metadata: JsonObject | None = None


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A span event. An exception has the name ``exception`` and the OTel ``exception.*`` attributes."""

    name: str
    time_ns: int
    attributes: JsonObject = field(default_factory=dict)


class Link(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A link to another span."""

    trace_id: str
    span_id: str
    attributes: JsonObject = field(default_factory=dict)


class Usage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Tokens of one call. ``input_tokens`` includes cached ones, ``output_tokens`` includes reasoning."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    """All tokens written to the provider's prompt cache."""
    cache_write_1h_tokens: int | None = None
    """Those of them kept for an hour, which cost more than the usual five minutes."""
    reasoning_tokens: int | None = None
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    estimated: bool = False
    """True when no one counted and the numbers are a guess."""


class Call(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a span says of one model call."""

    operation: str | None = None
    """gen_ai.operation.name: chat, text_completion, generate_content, embeddings, …"""
    provider: str | None = None
    request_model: str | None = None
    response_model: str | None = None
    response_id: str | None = None
    parameters: JsonObject | None = None
    """temperature, top_p, max_tokens, seed, stop, … under their GenAI names."""
    finish_reasons: tuple[str, ...] | None = None
    stream: bool | None = None
    time_to_first_chunk_ns: int | None = None
    cache_hit: bool | None = None
    """An answer from a response cache, which costs nothing; not the provider's prompt cache."""
    refused: bool | None = None
    usage: Usage | None = None
    sender_cost_nanousd: int | None = None
    """The sender's own figure, kept beside ours."""


class Tool(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tool that ran."""

    name: str | None = None
    call_id: str | None = None
    description: str | None = None
    arguments: str | None = None
    """As the JSON text that was sent."""
    result: str | None = None
    success: bool | None = None


class Retrieval(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A search for documents, or their reranking."""

    query: str | None = None
    top_k: int | None = None
    document_count: int | None = None
    documents: tuple[Document, ...] = ()


class Context(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who asked, for what, in which version: the keys that numbers are grouped by."""

    service: str | None = None
    app_version: str | None = None
    environment: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    segment: str | None = None
    """What sort of user: a tier, a plan."""
    feature: str | None = None
    request_id: str | None = None
    prompt_name: str | None = None
    prompt_version: str | None = None
    prompt_template: str | None = None
    prompt_variables: JsonObject | None = None
    tags: tuple[str, ...] = ()
    metadata: JsonObject = field(default_factory=dict)
    retry_count: int | None = None


class Content(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was said, and everything that was sent: kept apart from the span's row."""

    input_messages: tuple[Message, ...] = ()
    output_messages: tuple[Message, ...] = ()
    input_text: str | None = None
    """Input of a span without messages (a chain, a tool), as sent."""
    output_text: str | None = None
    tool_definitions: tuple[JsonObject, ...] = ()
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()
    attributes: JsonObject = field(default_factory=dict)
    """The raw attributes, never thrown away: a later version can read them anew."""
    resource: JsonObject = field(default_factory=dict)
    scope_name: str | None = None
    scope_version: str | None = None
    dropped_attributes: int | None = None
    truncated: tuple[str, ...] = ()
    """``key: original length`` of every value that was cut."""


class Span(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record of a span, as a dialect read it. Several records of one span merge (merge.py)."""

    trace_id: str
    span_id: str
    parent_id: str | None = None
    name: str = ""
    kind: Kind = "span"
    dialect: str = ""
    state: State = "ended"
    start_ns: int
    """For a ``partial`` record the time it was made, which the real start replaces."""
    end_ns: int | None = None
    status: Status = "unset"
    error_type: str | None = None
    error_message: str | None = None
    level: str | None = None
    context: Context = field(default_factory=Context)
    call: Call | None = None
    tool: Tool | None = None
    retrieval: Retrieval | None = None
    content: Content = field(default_factory=Content)
    cost: Cost | None = None
    heuristics: tuple[str, ...] | None = None
    """Names of failed heuristics; empty when all passed; None when none was run."""
    revision: int | None = None
    """Where its sender updates spans: the record's place in the order of updates (a time, a counter)."""


class CostLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One factor of a bill: so many tokens of a sort at a rate."""

    what: str
    """input, cache_read, cache_write, cache_write_1h, output, input_audio, output_audio; cache_read_audio,
    reasoning and requests where they have a price of their own."""
    tokens: int
    nanousd_per_million: int
    """Dollars per million tokens × 10⁹, exact for every published price."""


class Cost(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Our price of a call and how it was computed. ``nanousd`` is None for a call without a known price."""

    nanousd: int | None
    lines: tuple[CostLine, ...] = ()
    price: Price | None = None
    """The price that the call was matched to, as it was then: a later list does not change it."""
    note: str = ""
    """Why there is no price, or what is special about it."""


class Score(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A judgement of a span, a trace or a session: feedback, an evaluation, a label.

    What it is about may come later, and ids may be written otherwise than those of spans (names.py).
    """

    score_id: str
    """The sender's id, or a digest of the score: sending it again changes nothing."""
    name: str
    time_ns: int
    trace_id: str | None = None
    span_id: str | None = None
    session_id: str | None = None
    request_id: str | None = None
    """Any other name that the sender has for the call: the provider's response id, a request id, …"""
    value: float | None = None
    """0 to 1 where the scale is known; the sender's number otherwise."""
    raw_value: str | None = None
    """What was sent, before it was brought to the scale."""
    label: str | None = None
    comment: str | None = None
    source: str = "app"
    """app, user, judge, heuristic or human."""
    user_id: str | None = None


class Replay(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A recorded call sent again, and what came back. The recording itself is never altered."""

    replay_id: str
    trace_id: str
    span_id: str
    time_ns: int
    provider: str
    """Name of the endpoint in the configuration."""
    url: str
    model: str
    request: str
    """JSON of the body that was sent, without keys."""
    response: str
    """Text of the answer, as far as it came."""
    status: Status
    error: str | None = None
    usage: Usage | None = None
    cost_nanousd: int | None = None
    duration_ns: int | None = None
    time_to_first_chunk_ns: int | None = None
    finish_reason: str | None = None
    tool_calls: tuple[Part, ...] = ()
