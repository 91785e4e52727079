"""Raw records for tests, with everything a test does not care about filled in."""

from __future__ import annotations

from typing import Any

from llmwatch.collector import dialects
from llmwatch.collector.records import RawEvent, RawLink, RawLog, RawSpan, Source
from llmwatch.store.span import Call, Span, Usage

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
START = 1_792_000_000_000_000_000
SECOND = 1_000_000_000


def raw_span(attributes: dict[str, Any], **fields: Any) -> RawSpan:
    """A span of one second that succeeded."""
    known: dict[str, Any] = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "parent_id": None,
        "name": "step",
        "start_ns": START,
        "end_ns": START + SECOND,
        "status_code": 0,
        "status_message": "",
        "source": Source(),
    }
    return RawSpan(attributes=attributes, **(known | fields))


def raw_log(
    event_name: str, body: Any = None, attributes: dict[str, Any] | None = None, **fields: Any
) -> RawLog:
    """A log record of the span that `raw_span` makes."""
    known: dict[str, Any] = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "time_ns": START,
        "severity_number": 0,
        "severity_text": "",
        "source": Source(),
    }
    return RawLog(event_name=event_name, body=body, attributes=attributes or {}, **(known | fields))


def event(name: str, after_ns: int = 0, **attributes: Any) -> RawEvent:
    """An event so long after the start; a double underscore in a name stands for a dot."""
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    return RawEvent(name=name, time_ns=START + after_ns, attributes=named)


def link(trace_id: str, span_id: str) -> RawLink:
    """A link to another span."""
    return RawLink(trace_id=trace_id, span_id=span_id)


def read(attributes: dict[str, Any], **fields: Any) -> Span:
    """The canonical span of one with these attributes."""
    return dialects.normalise_span(raw_span(attributes, **fields))


def call_of(attributes: dict[str, Any], **fields: Any) -> Call:
    """What a span with these attributes says of its call."""
    call = read(attributes, **fields).call
    assert call is not None
    return call


def usage_in(attributes: dict[str, Any]) -> Usage | None:
    """The usage that a span with these attributes says."""
    return call_of({"gen_ai.request.model": "m", **attributes}).usage
