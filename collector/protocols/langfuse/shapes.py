"""Traces, observations and scores as Langfuse's API gives them.

Where its clients insist on a number, Langfuse says 0 for what is unknown, and so does this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from llmwatch.collector.dialects.values import parsed
from llmwatch.collector.protocols.langfuse.asking import PROJECT
from llmwatch.collector.protocols.langfuse.replies import iso
from llmwatch.store.rows import SpanDetail, TraceRow
from llmwatch.store.span import Call, Kind, Message, Score, Usage

TYPES: Final[Mapping[Kind, str]] = {
    "llm": "GENERATION", "embedding": "EMBEDDING", "retriever": "RETRIEVER", "tool": "TOOL",
    "agent": "AGENT", "chain": "CHAIN", "guardrail": "GUARDRAIL", "evaluator": "EVALUATOR",
    "reranker": "SPAN", "prompt": "SPAN", "span": "SPAN",
}  # fmt: skip
"""Types of observations by kind."""
_SOURCES: Final = {"human": "ANNOTATION", "judge": "EVAL"}
_DEFAULT: Final = "default"
"""The environment of what names none."""


def trace(row: TraceRow, root: SpanDetail | None) -> dict[str, Any]:
    """A trace, without what is in it."""
    span = root.span if root else None
    context = span.context if span else None
    return {
        "id": row.trace_id, "projectId": PROJECT, "timestamp": iso(row.start_ns), "name": row.name or None,
        "input": _value(root, "input"), "output": _value(root, "output"),
        "sessionId": row.session_id, "userId": row.user_id, "release": row.app_version, "version": None,
        "metadata": dict(context.metadata) if context else {},
        "tags": list(context.tags) if context else [],
        "public": False, "bookmarked": False, "environment": row.environment or _DEFAULT,
        "createdAt": iso(row.start_ns), "updatedAt": iso(row.end_ns or row.start_ns),
        "htmlPath": f"/project/{PROJECT}/traces/{row.trace_id}",
        "latency": _seconds(row.duration_ns) or 0.0, "totalCost": _dollars(row.cost_nanousd) or 0.0,
    }  # fmt: skip


def is_trace(detail: SpanDetail) -> bool:
    """Whether a span stands for a trace of Langfuse's, which is no observation."""
    return detail.row.span_id == detail.row.trace_id


def observation(detail: SpanDetail) -> dict[str, Any]:
    """An observation."""
    row, span = detail.row, detail.span
    call = span.call or Call()
    first_chunk, cost = call.time_to_first_chunk_ns, row.cost_nanousd
    version = span.context.prompt_version
    return {
        "id": row.span_id, "traceId": row.trace_id, "projectId": PROJECT, "type": _type(detail),
        "parentObservationId": None if row.parent_id == row.trace_id else row.parent_id,
        "name": row.name or None, "startTime": iso(row.start_ns), "endTime": iso(row.end_ns),
        "completionStartTime": None if first_chunk is None else iso(row.start_ns + first_chunk),
        "level": "ERROR" if row.status == "error" else span.level or "DEFAULT",
        "statusMessage": row.error_message, "version": span.context.app_version,
        "environment": span.context.environment or _DEFAULT,
        "model": call.response_model or call.request_model, "modelId": None,
        "modelParameters": dict(call.parameters or {}),
        "input": _value(detail, "input"), "output": _value(detail, "output"),
        "metadata": dict(span.context.metadata),
        **_usage(call.usage or Usage()),
        "costDetails": {} if cost is None else {"total": _dollars(cost)},
        "calculatedInputCost": None, "calculatedOutputCost": None, "calculatedTotalCost": _dollars(cost),
        "inputPrice": None, "outputPrice": None, "totalPrice": None,
        "promptId": None, "promptName": span.context.prompt_name,
        "promptVersion": int(version) if version and version.isdecimal() else None,
        "latency": _seconds(row.duration_ns), "timeToFirstToken": _seconds(first_chunk),
        "createdAt": iso(row.start_ns), "updatedAt": iso(row.end_ns or row.start_ns),
    }  # fmt: skip


def score(given: Score) -> dict[str, Any]:
    """A score; one without a number is a category."""
    found: dict[str, Any] = {
        "id": given.score_id, "projectId": PROJECT, "traceId": given.trace_id,
        "observationId": given.span_id, "sessionId": given.session_id, "name": given.name,
        "source": _SOURCES.get(given.source, "API"), "timestamp": iso(given.time_ns),
        "createdAt": iso(given.time_ns), "updatedAt": iso(given.time_ns), "comment": given.comment,
        "metadata": {}, "authorUserId": given.user_id, "configId": None, "queueId": None,
        "environment": _DEFAULT,
    }  # fmt: skip
    if given.label is None and given.value is not None:
        return {**found, "dataType": "NUMERIC", "value": given.value}
    word = given.label or given.raw_value or ""
    return {**found, "dataType": "CATEGORICAL", "value": given.value or 0.0, "stringValue": word}


def score_v3(given: Score) -> dict[str, Any]:
    """A score in the third form of the API: with its subject, and a category as its value."""
    found = score(given)
    return {**found, "value": found.get("stringValue", found["value"]), "subject": _subject(given)}


def _subject(given: Score) -> dict[str, Any] | None:
    if given.span_id:
        return {"kind": "observation", "id": given.span_id, "traceId": given.trace_id}
    if given.trace_id:
        return {"kind": "trace", "id": given.trace_id}
    return {"kind": "session", "id": given.session_id} if given.session_id else None


def _type(detail: SpanDetail) -> str:
    sent = detail.span.content.attributes.get("type")
    return "EVENT" if sent == "EVENT" else TYPES[detail.row.kind]


def _usage(usage: Usage) -> dict[str, Any]:
    said, answered = usage.input_tokens, usage.output_tokens
    total = usage.total_tokens or (said or 0) + (answered or 0)
    known = {"input": said, "output": answered, "total": total or None}
    return {
        "usage": {"input": said or 0, "output": answered or 0, "total": total, "unit": "TOKENS"},
        "usageDetails": {name: tokens for name, tokens in known.items() if tokens is not None},
    }


def _value(detail: SpanDetail | None, side: str) -> Any:
    """Input or output: as it was sent, else what was read of it."""
    if detail is None:
        return None
    content = detail.span.content
    for name in (side, f"langfuse.observation.{side}", f"langfuse.trace.{side}"):
        if (sent := content.attributes.get(name)) is not None:
            return parsed(sent)
    messages = content.input_messages if side == "input" else content.output_messages
    text = content.input_text if side == "input" else content.output_text
    return _messages(messages) if messages else parsed(text)


def _messages(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [
        {
            "role": message.role,
            "content": "\n".join(part.text or part.arguments or "" for part in message.parts),
        }
        for message in messages
    ]


def _seconds(duration_ns: int | None) -> float | None:
    return None if duration_ns is None else duration_ns / 1e9


def _dollars(nanousd: int | None) -> float | None:
    return None if nanousd is None else nanousd / 1e9
