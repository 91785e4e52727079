"""A trace's row, computed from all its spans."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Final, NamedTuple

from llmwatch.store.heads import first_said, in_order, root_first, root_of
from llmwatch.store.projection import Brief
from llmwatch.store.rows import UsageRole

_LEFT_OUT: Final = ("rollup", "duplicate")
_WHO: Final = attrgetter(
    "service", "app_version", "environment", "session_id", "user_id", "feature", "segment", "prompt_name",
    "prompt_version",
)  # fmt: skip
_ANSWERED: Final = attrgetter("model", "time_to_first_chunk_ns")
_NO_ANSWER: Final = (None, None)


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
    end = max([span.end_ns for span in begun if span.end_ns is not None], default=None)
    failed = [span for span in ordered if span.status == "error"]
    cause = min(failed, key=_by_failure) if failed else None
    calls = [span for span in ordered if span.kind == "llm" and roles.get(span.span_id) not in _LEFT_OUT]
    counted = [span for span in ordered if roles.get(span.span_id) == "counted"]
    return Summary._make((
        root.span_id if root else None,
        heads[0].name,
        start,
        end,
        None if end is None else max(0, end - start),
        root.status if root and _has_outcome(root) else "error" if failed else "unset",
        root is None or any(span.state == "started" for span in begun),
        len(ordered),
        len(calls),
        len(failed),
        cause.error_type if cause else None,
        cause.error_message if cause else None,
        *first_said(map(_WHO, heads)),
        *(first_said(map(_ANSWERED, calls)) if calls else _NO_ANSWER),
        _sum([span.input_tokens for span in counted]),
        _sum([span.output_tokens for span in counted]),
        _sum([span.cost_nanousd for span in counted]),
        [span.cost_nanousd for span in counted].count(None),
        _finish_reason(calls),
        _united([span.heuristics_failed for span in ordered]),
    ))  # fmt: skip


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
    reasons = [call.finish_reasons for call in calls if call.finish_reasons is not None]
    return _first_of(reasons[-1]) if reasons else None


@lru_cache(maxsize=1024)
def _first_of(array: str) -> str:
    return str(json.loads(array)[0])


def _united(names: Sequence[str | None]) -> str | None:
    """A JSON array of all names in JSON arrays; None when there is no array."""
    arrays = {array for array in names if array is not None}
    if len(arrays) <= 1:
        return next(iter(arrays), None)
    names = sorted({name for array in arrays for name in json.loads(array)})
    return json.dumps(names, separators=(",", ":"), ensure_ascii=False)
