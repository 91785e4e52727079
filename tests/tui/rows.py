"""Rows to build views from: what a test does not say is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmwatch.store.rows import Measured, ScoreSums, SpanRow, Totals, TraceRow

SECOND = 1_000_000_000
NOON = 1_760_000_000 * SECOND


def span_row(span_id: str, parent_id: str | None = None, **known: Any) -> SpanRow:
    """A span that started at ``start`` and ended at ``end`` (seconds after `NOON`; ``end=None`` runs)."""
    start, end = known.pop("start", 0), known.pop("end", 1)
    start_ns = NOON + round(start * SECOND)
    end_ns = None if end is None else NOON + round(end * SECOND)
    defaults: dict[str, Any] = {
        "id": 1, "trace_id": "t1", "span_id": span_id, "parent_id": parent_id, "name": span_id,
        "kind": "span", "state": "started" if end is None else "ended",
        "start_ns": start_ns, "end_ns": end_ns,
        "duration_ns": None if end_ns is None else end_ns - start_ns,
        "status": "unset", "error_type": None, "error_message": None, "provider": None, "model": None,
        "time_to_first_chunk_ns": None, "input_tokens": None, "output_tokens": None, "usage_role": None,
        "cost_nanousd": None, "sender_cost_nanousd": None, "tool_name": None, "finish_reasons": (),
        "retry_count": None, "heuristics_failed": None, "content_captured": True,
    }  # fmt: skip
    return SpanRow(**(defaults | known))


def trace_row(id_: int, **known: Any) -> TraceRow:
    """The trace that arrived ``id_``-th, a second after the one before."""
    start_ns = NOON + id_ * SECOND
    defaults: dict[str, Any] = {
        "id": id_, "trace_id": f"t{id_}", "root_span_id": f"s{id_}", "name": "rag-chat",
        "start_ns": start_ns, "end_ns": start_ns + 2 * SECOND, "duration_ns": 2 * SECOND, "status": "ok",
        "running": False, "span_count": 3, "llm_calls": 1, "error_count": 0, "error_type": None,
        "error_message": None, "service": None, "app_version": None, "environment": None,
        "session_id": None, "user_id": None, "feature": None, "segment": None, "prompt_name": None,
        "prompt_version": None, "model": None, "time_to_first_chunk_ns": None, "input_tokens": None,
        "output_tokens": None, "cost_nanousd": None, "unpriced_calls": 0, "finish_reason": None,
        "heuristics_failed": None,
    }  # fmt: skip
    return TraceRow(**(defaults | known))


def measured(calls: Totals, quality: Sequence[float] = ()) -> Measured:
    """A quarter of an hour with these model calls, some of them marked by a judge."""
    empty = Totals()
    return Measured(
        start_s=0, end_s=900, spans=calls, calls=calls, tools=empty, retrievals=empty, embeddings=empty,
        scores={"quality_score": _sums(quality)} if quality else {}, feedback=_sums(()),
    )  # fmt: skip


def _sums(values: Sequence[float]) -> ScoreSums:
    return ScoreSums(
        scores=len(values), valued=len(values), total=sum(values), negative=sum(v < 0.5 for v in values),
        low=sum(v < 0.7 for v in values), high=sum(v >= 0.8 for v in values),
    )  # fmt: skip
