"""A trace's row, computed from all its spans."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from llmwatch.store.heads import first_said, in_order, root_first, root_of
from llmwatch.store.projection import Brief
from llmwatch.store.rows import UsageRole

_LEFT_OUT: Final = ("rollup", "duplicate")


class Summary(NamedTuple):
    """The columns of ``traces`` that follow from its spans, by name and in order."""

    root_span_id: str | None
    name: str
    start_ns: int
    end_ns: int | None
    """End of the last span that has ended, so far."""
    duration_ns: int | None
    status: str
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
    heuristics_failed: str | None


def summarise(spans: Collection[Brief], roles: Mapping[str, UsageRole]) -> Summary:
    """The row of the trace that consists of ``spans`` (at least one), whose usage plays ``roles``.

    Who asked and for what is the root's word, or else that of the first span that says it. The error is
    that of the span that failed first, which lies deepest.
    """
    ordered = in_order(spans)
    begun = [span for span in ordered if span.state != "partial"]
    root, heads = root_of(ordered), root_first(ordered)
    start = (begun or ordered)[0].start_ns
    end = max((span.end_ns for span in begun if span.end_ns is not None), default=None)
    failed = [span for span in ordered if span.status == "error"]
    cause = min(failed, key=_by_failure) if failed else None
    calls = [span for span in ordered if span.kind == "llm" and roles.get(span.span_id) not in _LEFT_OUT]
    counted = [span for span in ordered if roles.get(span.span_id) == "counted"]
    priced = [span.cost_nanousd for span in counted if span.cost_nanousd is not None]
    return Summary(
        root_span_id=root.span_id if root else None,
        name=heads[0].name,
        start_ns=start,
        end_ns=end,
        duration_ns=None if end is None else max(0, end - start),
        status=root.status if root and _has_outcome(root) else "error" if failed else "unset",
        running=root is None or any(span.state == "started" for span in begun),
        span_count=len(ordered),
        llm_calls=len(calls),
        error_count=len(failed),
        error_type=cause.error_type if cause else None,
        error_message=cause.error_message if cause else None,
        service=first_said(heads, "service"),
        app_version=first_said(heads, "app_version"),
        environment=first_said(heads, "environment"),
        session_id=first_said(heads, "session_id"),
        user_id=first_said(heads, "user_id"),
        feature=first_said(heads, "feature"),
        segment=first_said(heads, "segment"),
        prompt_name=first_said(heads, "prompt_name"),
        prompt_version=first_said(heads, "prompt_version"),
        model=first_said(calls, "model"),
        time_to_first_chunk_ns=first_said(calls, "time_to_first_chunk_ns"),
        input_tokens=_sum([span.input_tokens for span in counted]),
        output_tokens=_sum([span.output_tokens for span in counted]),
        cost_nanousd=sum(priced) if priced else None,
        unpriced_calls=len(counted) - len(priced),
        finish_reason=_finish_reason(calls),
        heuristics_failed=_united([span.heuristics_failed for span in ordered]),
    )


def _has_outcome(root: Brief) -> bool:
    """Not before its end; and a trace that a platform has as a thing of its own may have neither."""
    return root.state == "ended" and (root.end_ns is not None or root.status != "unset")


def _by_failure(span: Brief) -> tuple[int, int, str]:
    return span.start_ns if span.end_ns is None else span.end_ns, -span.start_ns, span.span_id


def _sum(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _finish_reason(calls: Sequence[Brief]) -> str | None:
    """Of the last LLM call that says one."""
    reasons = first_said(reversed(calls), "finish_reasons")
    return None if reasons is None else str(json.loads(reasons)[0])


def _united(names: Sequence[str | None]) -> str | None:
    """A JSON array of all names in JSON arrays; None when there is no array."""
    arrays = {array for array in names if array is not None}
    if len(arrays) <= 1:
        return next(iter(arrays), None)
    names = sorted({name for array in arrays for name in json.loads(array)})
    return json.dumps(names, separators=(",", ":"), ensure_ascii=False)
