"""A span as a row: the columns of ``spans``, in two halves.

`Brief` is what the rest of its trace needs to know of a span (usage roles, the trace's row, rollups,
facets); `DETAILS` are the other columns. Both are tuples in the order of their columns, because a row is
built for every span that arrives and read for every span of a trace that grows.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from llmwatch.store.lengths import UNKNOWN, length_of
from llmwatch.store.span import Call, Content, JsonObject, Retrieval, Span, Tool, Usage

Traits: TypeAlias = tuple[str | None, ...]
"""See `Brief.traits`."""

_json = msgspec.json.Encoder().encode


class Brief(NamedTuple):
    """What the rest of its trace needs to know of a span. Names are those of the columns."""

    span_id: str
    parent_id: str | None
    name: str
    state: str
    start_ns: int
    end_ns: int | None
    duration_ns: int | None
    status: str
    error_type: str | None
    error_message: str | None
    session_id: str | None
    user_id: str | None
    kind: str
    service: str | None
    environment: str | None
    app_version: str | None
    feature: str | None
    segment: str | None
    prompt_name: str | None
    prompt_version: str | None
    provider: str | None
    model: str | None
    tool_name: str | None
    response_model: str | None
    finish_reasons: str | None
    heuristics_failed: str | None
    request_model: str | None
    response_id: str | None
    time_to_first_chunk_ns: int | None
    refused: int | None
    input_tokens: int | None
    output_tokens: int | None
    total_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    cost_nanousd: int | None
    dialect: str
    retry_count: int | None
    cache_hit: int | None
    tool_success: int | None
    request_chars: int | None
    request_bytes: int | None
    response_chars: int | None
    response_bytes: int | None
    fingerprint: str | None

    @property
    def dimensions(self) -> tuple[str | None, ...]:
        """Kind to tool: what rollups are kept by, in the order of ``series``."""
        return self[12:23]

    @property
    def traits(self) -> Traits:
        """Kind to heuristics: what few different spans have, so that what follows from it can be cached."""
        return self[12:26]

    @property
    def usage(self) -> tuple[int | None, ...]:
        """The token counts that say whether a span carries usage."""
        return self[30:36]

    @property
    def carries_usage(self) -> bool:
        """Whether any token was counted. A usage of zeros says nothing that another span may not say."""
        return any(self[30:36])


DETAILS: Final = (
    "trace_id", "level", "request_id", "tags", "operation", "temperature", "max_tokens", "stream",
    "cache_write_1h_tokens", "input_audio_tokens", "output_audio_tokens", "tokens_estimated",
    "sender_cost_nanousd", "price", "tool_call_id", "document_count", "content_captured", "received_ns",
)  # fmt: skip

_FINGERPRINTS: Final = (
    "openai.response.system_fingerprint", "gen_ai.openai.response.system_fingerprint",
    "gen_ai.openai.system_fingerprint", "llm.openai.system_fingerprint", "gen_ai.response.system_fingerprint",
)  # fmt: skip
_LONGEST_FINGERPRINT: Final = 100

_NO_CALL: Final = Call()
_NO_TOOL: Final = Tool()
_NO_USAGE: Final = Usage()
_NO_RETRIEVAL: Final = Retrieval()


def project(span: Span, received_ns: int) -> tuple[Brief, tuple[Any, ...]]:
    """The columns of ``span``: its brief, and its details in the order of `DETAILS`."""
    context, call, tool = span.context, span.call or _NO_CALL, span.tool or _NO_TOOL
    usage, retrieval = call.usage or _NO_USAGE, span.retrieval or _NO_RETRIEVAL
    parameters, content = call.parameters or {}, span.content
    request = length_of(content.input_messages, content.input_text)
    response = length_of(content.output_messages, content.output_text)
    end = span.end_ns if span.state == "ended" else None
    brief = Brief(
        span.span_id,
        span.parent_id,
        span.name,
        span.state,
        span.start_ns,
        end,
        None if end is None else max(0, end - span.start_ns),
        span.status,
        span.error_type,
        span.error_message,
        context.session_id,
        context.user_id,
        span.kind,
        context.service,
        context.environment,
        context.app_version,
        context.feature,
        context.segment,
        context.prompt_name,
        context.prompt_version,
        call.provider,
        # A failed call has no answering model: grouped by the answered one, errors would have a model of
        # their own and every other model would have none.
        call.request_model or call.response_model,
        tool.name,
        call.response_model,
        _array(call.finish_reasons),
        None if span.heuristics is None else _array(span.heuristics, empty="[]"),
        call.request_model,
        call.response_id,
        call.time_to_first_chunk_ns,
        call.refused,
        usage.input_tokens,
        usage.output_tokens,
        usage.total_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.reasoning_tokens,
        None if span.cost is None else span.cost.nanousd,
        span.dialect,
        context.retry_count,
        call.cache_hit,
        tool.success,
        *request,
        *response,
        None if span.call is None else _fingerprint(content.attributes),
    )
    details = (
        span.trace_id,
        span.level,
        context.request_id,
        _array(context.tags),
        call.operation,
        _number(parameters.get("temperature")),
        _number(parameters.get("max_tokens")),
        call.stream,
        usage.cache_write_1h_tokens,
        usage.input_audio_tokens,
        usage.output_audio_tokens,
        usage.estimated or None,
        call.sender_cost_nanousd,
        span.cost.price.id if span.cost and span.cost.price else None,
        tool.call_id,
        retrieval.document_count,
        int(request != UNKNOWN or response != UNKNOWN or _captured(content, tool, retrieval)),
        received_ns,
    )
    return brief, details


@lru_cache(maxsize=1024)
def _array(values: tuple[str, ...] | None, empty: str | None = None) -> str | None:
    """A JSON array, as the database keeps lists."""
    return _json(values).decode() if values else empty


def _fingerprint(attributes: JsonObject) -> str | None:
    """Which configuration of its servers answered, as OpenAI and those who speak like it tell."""
    found = [attributes[name] for name in _FINGERPRINTS if name in attributes]
    return found[0][:_LONGEST_FINGERPRINT] if found and isinstance(found[0], str) else None


def _number(value: object) -> int | float | None:
    """A sampling parameter: senders may put anything there."""
    return value if isinstance(value, int | float) else None


def _captured(content: Content, tool: Tool, retrieval: Retrieval) -> bool:
    """Whether anything is kept that has no length: what a tool or a search was asked, an image and such."""
    if tool.arguments or tool.result or retrieval.query or retrieval.documents:
        return True
    return any(message.parts for message in (*content.input_messages, *content.output_messages))
