"""Spans and scores of one hour that metrics are computed from by hand, and a database of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from llmwatch.store.database import connect_reader
from llmwatch.store.span import Call, Content, Context, Cost, Retrieval, Score, Span, Tool, Usage
from llmwatch.store.writer import Batch, Writer
from tests.store.builders import SECOND, T0, said

START_S = T0 // SECOND
END_S = START_S + 3600

_PRO = Context(
    service="web", environment="prod", app_version="1.0", user_id="ann", session_id="s1", segment="pro",
    feature="chat",
)  # fmt: skip
_FREE = Context(
    service="api", environment="dev", app_version="2.0", user_id="bob", session_id="s2", segment="free",
    feature="search",
)  # fmt: skip


def call(
    span_id: str, trace_id: str, model: str, seconds: float | None, *, read: int | None = None,
    written: int | None = None, cached: int | None = None, cost: int | None = None,
    first: float | None = None, texts: tuple[str, str] | None = None, finish: str | None = None,
    refused: bool | None = None, context: Context | None = None, **fields: Any,
) -> Span:  # fmt: skip
    """An LLM call; its times are in seconds, its cost in nano-dollars."""
    counted = read is not None or written is not None
    usage = Usage(input_tokens=read, output_tokens=written, cache_read_tokens=cached) if counted else None
    content = (
        Content(input_messages=(said(texts[0]),), output_messages=(said(texts[1], "assistant"),))
        if texts
        else Content()
    )
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        kind="llm",
        start_ns=T0,
        end_ns=None if seconds is None else T0 + round(seconds * SECOND),
        context=context or Context(),
        call=Call(
            request_model=model,
            finish_reasons=(finish,) if finish else None,
            time_to_first_chunk_ns=None if first is None else round(first * SECOND),
            refused=refused,
            usage=usage,
        ),
        content=content,
        cost=Cost(nanousd=cost) if counted else None,
        **fields,
    )


def step(span_id: str, trace_id: str, kind: Any, seconds: float, **fields: Any) -> Span:
    """Any other span."""
    end_ns = T0 + round(seconds * SECOND)
    return Span(trace_id=trace_id, span_id=span_id, kind=kind, start_ns=T0, end_ns=end_ns, **fields)


SPANS = (
    step("root", "a", "chain", 6, context=_PRO),
    call("c1", "a", "gpt-4o", 1, read=100, written=40, cached=50, cost=1000, first=0.2, finish="stop",
         texts=("0123456789", "four"), refused=False, heuristics=(), parent_id="root",
         context=Context(service="web", environment="prod", app_version="1.0", prompt_name="greet",
                         prompt_version="v1", retry_count=0)),
    call("c2", "a", "gpt-4o", 3, read=300, written=20, cached=0, cost=3000, first=1, finish="length",
         texts=("0123456789", "four"), refused=False, heuristics=("truncated",), parent_id="root",
         context=Context(service="web", environment="prod", app_version="1.0", prompt_name="greet",
                         prompt_version="v2", retry_count=2)),
    step("t1", "a", "tool", 0.5, parent_id="root", tool=Tool(name="sql", success=True)),
    step("t2", "a", "tool", 1.5, parent_id="root", tool=Tool(name="sql"), status="error"),
    step("t3", "a", "tool", 0.1, parent_id="root", tool=Tool(name="web", success=False)),
    step("r1", "a", "retriever", 0.25, parent_id="root", retrieval=Retrieval(query="q")),
    call("c3", "b", "claude", 2, read=200, written=60, finish="end_turn", texts=("ééééé", "nope"),
         refused=True, heuristics=("refusal", "json_invalid"), context=_FREE),
    call("c4", "b", "claude", 10, parent_id="c3x", status="error", error_type="openai.APITimeoutError",
         context=_FREE),
    call("c5", "c", "gpt-4o", 0.1, status="error", error_type="429", error_message="slow down"),
    call("c6", "d", "mini", None),
    step("e1", "c", "embedding", 0.2, cost=Cost(nanousd=100),
         call=Call(request_model="embed", usage=Usage(input_tokens=1000))),
)  # fmt: skip


def score(name: str, value: float | None, span_id: str, trace_id: str, source: str = "judge") -> Score:
    """A judgement of a span."""
    return Score(
        score_id=f"{name}:{span_id}", name=name, time_ns=T0 + 60 * SECOND, trace_id=trace_id, span_id=span_id,
        value=value, source=source,
    )  # fmt: skip


SCORES = (
    score("user_feedback", 1.0, "c1", "a", "user"),
    score("user_feedback", 0.0, "c2", "a", "user"),
    score("stars", 0.6, "c3", "b", "user"),
    score("retry", None, "c2", "a", "user"),
    score("edit", None, "c1", "a", "user"),
    score("abandon", None, "c3", "b", "user"),
    score("judge_groundedness", 0.9, "c1", "a"),
    score("judge_groundedness", 0.4, "c3", "b"),
    score("judge_safety", 1.0, "c1", "a"),
    score("judge_safety", 0.2, "c3", "b"),
    score("quality_score", 0.9, "c1", "a"),
    score("quality_score", 0.5, "c3", "b"),
)


def stored(path: Path, spans: Iterable[Span], scores: Sequence[Score] = ()) -> sqlite3.Connection:
    """A database of ``spans`` and ``scores``, which come first, to be read."""
    writer = Writer(path, enrich=lambda span, _: span, queue_spans=1000, synchronous="NORMAL")
    writer.start()
    writer.submit(Batch(scores=list(scores))).result(10)
    for span in spans:
        writer.submit(Batch(spans=[span]))
    writer.close()
    return connect_reader(path)
