"""Real clients' requests through the whole collector, against the calls that the provider saw.

What a call cost in tokens, whether it failed and which model it asked comes from each run's record of
provider calls (captures.provider_calls). What only the client's program decided (sessions, users, spans of
its own, whether content was captured) stands in the table.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from llmwatch.collector.app import create_app
from llmwatch.collector.records import RawSpan
from llmwatch.store.rows import SpanDetail
from tests.dialects.captures import NAMES, ProviderCall, provider_calls, records, requests
from tests.dialects.stored import CONFIG, PIPELINE, details, writing


class Row(NamedTuple):
    """One capture: what its program did beside calling the provider."""

    name: str
    spans: int
    first_chunks: int
    """Calls that tell when the first chunk came."""
    tool_calls: int
    """Tool calls that models asked for, in captured content."""
    finish: dict[str, int]
    sessions: set[str]
    users: set[str]
    texts: bool = True
    """Whether answers were captured."""
    scores: int = 0
    reported: tuple[tuple[Any, ...], ...] = ()
    """Calls that the program told of without making them, as `as_told`."""
    otherwise: tuple[tuple[tuple[Any, ...], tuple[Any, ...] | None], ...] = ()
    """Calls that the client tells otherwise than the provider saw them (`as_seen`, `as_told`), or never."""


OPENAI = {"stop": 7, "tool_calls": 2, "length": 1}
"""Finish reasons of the GenAI runs: five chats and two responses stop, two ask for a tool, one is cut."""
HANDMADE = {"stop": 2, "tool_calls": 1}
BROKEN = {**OPENAI, "error": 1}
"""The answer of the broken stream ends with ``error`` in captured content only."""
STREAMED = {"stop": 1, "tool_calls": 1}
"""Langfuse tells why an answer ended for streams only."""
TRACED = {"stop": 6, "tool_call": 3, "end_turn": 2}
"""Traceloop's words; the Anthropic SDK's own of the streams, whose tokens Traceloop counts one too many."""
LIT = {"stop": 5, "tool_calls": 1, "completed": 1, "tool_use": 1, "end_turn": 1}
ACME = ("acme-1", False, 15, 24, 2, 0)
UNTOLD = (
    (("gpt-4o-mini", False, None, None, 0, 0), ("gpt-4o-mini", False, 18, 16, 0, 0)),
    (("o3-mini", False, 906, 82, 896, 64), ("o3-mini", False, 906, 82, 896, 0)),
)
"""OpenLIT estimates the tokens of a stream that told none, and leaves reasoning out."""
OLD = {"stop": 2, "tool_calls": 1, "tool_use": 1, "end_turn": 1}
UNSENT = (
    (("gpt-4o-mini", False, 13, 7, 0, 0), ("gpt-4o-mini", False, None, None, 0, 0)),
    (("claude-sonnet-4-5", False, 9, 11, 0, 0), ("claude-sonnet-4-5", False, None, None, 0, 0)),
    (("claude-fail-429", True, None, None, 0, 0), None),
)
"""Traceloop 0.40 counts no streams; of Anthropic's failure it sent nothing."""
LANGCHAIN = {"stop": 2, "tool_calls": 1, "end_turn": 2}
S42, U7 = {"sess-42"}, {"user-7"}
PHOENIX = {"stop": 5, "tool_calls": 2, "length": 1, "tool_use": 1, "end_turn": 1}
SERVICES = {"support-bot", "support-bot-js", "support-bot-next", "unknown_service:python"}
MADE = {"sess-42", "sess-43"}
THREE = {*MADE, "sess-44"}

TABLE = [
    Row("otel-genai-openai-1.3b0/default-http", 18, 5, 0, OPENAI, S42, U7, texts=False),
    Row("otel-genai-openai-1.3b0/default-nocontent-http", 18, 5, 0, OPENAI, S42, U7, texts=False),
    Row("otel-genai-openai-1.3b0/experimental-event-http", 18, 5, 2, BROKEN, S42, U7),
    Row("otel-genai-openai-1.3b0/experimental-span-http-gzip", 18, 5, 2, BROKEN, S42, U7),
    Row("otel-genai-openai-1.3b0/experimental-span_and_event-grpc", 18, 5, 2, BROKEN, S42, U7),
    Row("openinference-openai-0.1.66/phoenix-otel-0.17.2-grpc", 24, 3, 3, PHOENIX, THREE, U7),
    Row("openinference-openai-0.1.66/phoenix-otel-0.17.2-http", 24, 3, 3, PHOENIX, THREE, U7),
    Row("openinference-openai-0.1.66/plain-http", 21, 2, 3, PHOENIX, THREE, U7),
    Row("otel-sdk-1.45.2/handmade-http", 15, 1, 0, HANDMADE, MADE, U7, scores=1),
    Row("otel-sdk-1.45.2/handmade-http-gzip", 15, 1, 0, HANDMADE, MADE, U7, scores=1),
    Row("otel-sdk-1.45.2/handmade-http-retry-503", 15, 1, 0, HANDMADE, MADE, U7, scores=1),
    Row("otel-sdk-1.45.2/handmade-grpc", 15, 1, 0, HANDMADE, MADE, U7, scores=1),
    Row("otel-sdk-1.45.2/handmade-grpc-gzip", 15, 1, 0, HANDMADE, MADE, U7, scores=1),
    Row("js-otlp-http-json-0.223.1/handmade", 8, 1, 0, {"stop": 1}, S42, U7),
    Row("js-otlp-http-json-0.223.1/handmade-gzip", 8, 1, 0, {"stop": 1}, S42, U7),
    Row("traceloop-sdk-0.62.4/default", 32, 4, 3, TRACED, S42, U7, reported=(ACME,)),
    Row("traceloop-sdk-0.62.4/with-api-key", 33, 4, 3, TRACED, S42, U7, reported=(ACME,)),
    Row("traceloop-sdk-0.40.14/default", 11, 1, 2, OLD, S42, U7, otherwise=UNSENT),
    Row("litellm-1.106.2/default", 9, 0, 1, {"stop": 2, "tool_calls": 1}, set(), U7),
    Row("openinference-langchain-0.1.80/default", 14, 1, 1, LANGCHAIN, S42, U7),
    Row("openlit-1.45.0/default", 27, 3, 2, LIT, MADE, U7, scores=2, otherwise=UNTOLD),
    Row("openlit-1.45.0/with-pricing", 27, 3, 2, LIT, MADE, U7, scores=2, otherwise=UNTOLD),
    Row("logfire-5.2.0/default", 14, 0, 1, {"stop": 2, "tool_calls": 1}, set(), U7, scores=1),
    Row("vercel-ai-6.0.326/otlp-json", 20, 2, 1, {"stop": 5, "tool_calls": 1}, S42, U7),
    Row(
        "langfuse-5.0.4/default", 24, 2, 2, STREAMED, MADE, U7, reported=(("acme-1", False, 200, 30, 80, 0),)
    ),
]  # fmt: skip


async def ingest(name: str, database: Path) -> list[SpanDetail]:
    """Everything that is stored after the requests of a capture went through the collector."""
    with writing(database) as writer:
        app = create_app(writer, PIPELINE, CONFIG, database)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:4318") as client:
            for request in requests(name):
                headers = {"Content-Type": request.content_type}
                reply = await client.post(f"/v1/{request.signal}", content=request.body, headers=headers)
                assert reply.status_code == 200
                assert reply.content in (b"", b"{}"), "nothing was rejected"
    return details(database)


_DATE = re.compile(r"-\d{4}-\d{2}-\d{2}$")
"""What the stub adds to the model asked for; Langfuse tells only the model that answered."""


def counted(stored: list[SpanDetail]) -> list[SpanDetail]:
    """The spans that stand for a provider call each."""
    return [
        detail
        for detail in stored
        if detail.row.kind in ("llm", "embedding") and detail.row.usage_role not in ("rollup", "duplicate")
    ]


def as_told(detail: SpanDetail) -> tuple[Any, ...]:
    """A call as the client told it."""
    call = detail.span.call
    assert call is not None
    usage = call.usage
    return (
        call.request_model or _DATE.sub("", call.response_model or ""),
        detail.span.status == "error",
        usage and usage.input_tokens,
        usage and usage.output_tokens,
        (usage and usage.cache_read_tokens) or 0,
        (usage and usage.reasoning_tokens) or 0,
    )


def as_seen(call: ProviderCall) -> tuple[Any, ...]:
    """A call as the provider saw it."""
    return (
        call.model,
        call.failed,
        call.input_tokens,
        call.output_tokens,
        call.cached_tokens,
        call.reasoning_tokens,
    )


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
async def test_every_call_is_counted_once_with_its_tokens(row: Row, tmp_path: Path) -> None:
    stored = await ingest(row.name, tmp_path / "llmwatch.db")
    calls = counted(stored)
    truth = provider_calls(row.name)
    otherwise = dict(row.otherwise)
    seen = [otherwise.get(call, call) for call in map(as_seen, truth)]
    assert Counter(map(as_told, calls)) == Counter([*filter(None, seen), *row.reported])
    assert len(stored) == row.spans
    told = [detail.span.call for detail in calls if detail.span.call]
    assert Counter(reason for call in told for reason in call.finish_reasons or ()) == row.finish
    assert sum(call.time_to_first_chunk_ns is not None for call in told) == row.first_chunks
    contexts = [detail.span.context for detail in stored]
    assert {context.session_id for context in contexts} - {None} == row.sessions
    assert {context.user_id for context in contexts} - {None} == row.users
    assert {context.service for context in contexts} <= SERVICES
    answers = [
        m for detail in stored for m in detail.span.content.output_messages if detail.row.kind == "llm"
    ]
    parts = [part for message in answers for part in message.parts]
    assert sum(part.type == "tool_call" for part in parts) == row.tool_calls
    texts = {part.text for part in parts}
    if row.texts:
        assert texts >= {call.text for call in truth if call.text and not call.failed}
    else:
        assert not texts
    assert len({score.score_id for detail in stored for score in detail.scores}) == row.scores


STREAMED_NS = 113_844_315
"""What a log of Logfire says a stream took, which ended when it was written."""


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_that_was_sent_is_lost(name: str, tmp_path: Path) -> None:
    stored = await ingest(name, tmp_path / "llmwatch.db")
    sent = {(r.trace_id, r.span_id): r for r in records(name) if isinstance(r, RawSpan)}
    kept = {(d.row.trace_id, d.row.span_id): d for d in stored if d.row.state != "partial"}
    assert kept.keys() == sent.keys()
    for key, raw in sent.items():
        span = kept[key].span
        assert span.name in (raw.name, raw.attributes.get("logfire.msg"))
        taken = STREAMED_NS if raw.name.startswith("streaming response") else 0
        assert (span.parent_id, span.end_ns) == (raw.parent_id, raw.end_ns)
        assert span.start_ns == raw.start_ns - taken
        assert raw.attributes.keys() <= span.content.attributes.keys()
        assert len(span.content.events) >= len(raw.events)
        assert len(span.content.links) == len(raw.links)
        assert span.content.resource == raw.source.resource
        assert (span.status == "error") == (raw.status_code == 2)


def test_every_capture_of_a_known_dialect_is_in_the_table() -> None:
    known = (
        "otel-genai-openai",
        "openinference",
        "otel-sdk",
        "js-otlp",
        "traceloop",
        "litellm",
        "openlit",
        "logfire",
        "vercel",
        "langfuse-5",
    )
    assert sorted(row.name for row in TABLE) == [name for name in NAMES if name.startswith(known)]
