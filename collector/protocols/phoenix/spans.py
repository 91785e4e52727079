"""Spans that Phoenix's client posts as JSON, which are OpenInference's."""

from __future__ import annotations

from typing import Any, Final

from llmwatch.collector.dialects import normalise_span
from llmwatch.collector.dialects.plainrecord import events_in, identity
from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.dialects.values import mapping, text
from llmwatch.collector.records import RawSpan, Source
from llmwatch.errors import IngestError
from llmwatch.store.span import Span

_CODES: Final = {"OK": 1, "ERROR": 2}


def span(item: Any, project: str) -> Span:
    """The span of one posted object of ``project``. Raises IngestError when it is none."""
    sent = mapping(item) or {}
    ids = mapping(sent.get("context")) or {}
    trace, own = identity(ids.get("trace_id")), identity(ids.get("span_id"))
    start = time_ns(sent.get("start_time"))
    if trace is None or own is None or start is None:
        raise IngestError("a span has context.trace_id, context.span_id and start_time")
    attributes = {**(mapping(sent.get("attributes")) or {})}
    if kind := text(sent.get("span_kind")):
        attributes.setdefault("openinference.span.kind", kind)
    return normalise_span(
        RawSpan(
            trace_id=trace,
            span_id=own,
            parent_id=identity(sent.get("parent_id")),
            name=text(sent.get("name")) or "",
            start_ns=start,
            end_ns=time_ns(sent.get("end_time")),
            status_code=_CODES.get(text(sent.get("status_code")) or "", 0),
            status_message=text(sent.get("status_message")) or "",
            attributes=attributes,
            events=tuple(events_in(sent.get("events"), start)),
            source=Source(resource={"openinference.project.name": project}),
        )
    )
