"""Recorded calls to replay."""

from __future__ import annotations

from typing import Any

from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Call, Content, Replay, Span, Usage
from tests.providers.conversations import says
from tests.tui.rows import NOON, SECOND, span_row

QUESTION = (says("system", "Answer in one sentence."), says("user", "What is the capital of France?"))
ANSWER = "The capital of France is Paris."


def failed_call(**span: Any) -> SpanDetail:
    """A call that ended with a 429."""
    told: dict[str, Any] = {
        "status": "error", "error_type": "RateLimitError", "error_message": "429 rate limit reached",
        "content": Content(input_messages=QUESTION),
    }  # fmt: skip
    return call_detail(**(told | span))


def answered_call(**span: Any) -> SpanDetail:
    """A call that was answered."""
    content = Content(input_messages=QUESTION, output_messages=(says("assistant", ANSWER),))
    told: dict[str, Any] = {"status": "ok", "content": content}
    return call_detail(**(told | span))


def call_detail(*, replays: tuple[Replay, ...] = (), **known: Any) -> SpanDetail:
    """A call as the store gives it."""
    call = Call(
        provider="openai", request_model="gpt-4o", parameters={"temperature": 0.7},
        usage=Usage(input_tokens=21, output_tokens=8),
    )  # fmt: skip
    told: dict[str, Any] = {
        "trace_id": "t1", "span_id": "s1", "name": "chat gpt-4o", "kind": "llm", "start_ns": NOON,
        "end_ns": NOON + 2 * SECOND, "call": call,
    }  # fmt: skip
    span = Span(**(told | known))
    row = span_row(
        span.span_id, name=span.name, kind=span.kind, status=span.status, end=2, model="gpt-4o",
        provider="openai", input_tokens=21, output_tokens=8, cost_nanousd=132_500,
        finish_reasons=() if span.status == "error" else ("stop",),
        heuristics_failed=None if span.status == "error" else (),
    )  # fmt: skip
    return SpanDetail(row=row, span=span, scores=(), replays=replays)


def replay(number: int = 1, **known: Any) -> Replay:
    """A stored replay of it."""
    told: dict[str, Any] = {
        "replay_id": f"r{number}", "trace_id": "t1", "span_id": "s1", "time_ns": NOON + number * 60 * SECOND,
        "provider": "openai", "url": "https://api.openai.com/v1/chat/completions", "model": "gpt-4o",
        "request": "{}", "response": "It is Paris, the capital of France.", "status": "ok",
        "usage": Usage(input_tokens=21, output_tokens=10), "cost_nanousd": 152_500, "duration_ns": 3 * SECOND,
        "time_to_first_chunk_ns": SECOND // 2, "finish_reason": "stop",
    }  # fmt: skip
    return Replay(**(told | known))
