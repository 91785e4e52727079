"""GenAI log records: messages one by one, whole calls, evaluations, exceptions; joined to spans by their ids.

A record becomes a ``partial`` span with the ids of the span it belongs to, in which it is an event; the
store merges both whichever comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from llmwatch.collector.dialects.build import span_from
from llmwatch.collector.dialects.facts import Rules
from llmwatch.collector.dialects.genai_events import DETAILS, EVALUATION, EXCEPTION, ROLES
from llmwatch.collector.dialects.scores import evaluation
from llmwatch.collector.dialects.values import parsed, text
from llmwatch.collector.records import RawEvent, RawLog, RawSpan
from llmwatch.store.span import Call, Score, Span


def log_of(raw: RawLog, rules: Rules) -> Span | Score | None:
    """What ``raw`` says of a span or as a judgement; None when it says neither.

    A whole call without the ids of its span (OpenLIT's streams) is joined to it by the id of the response, in
    the store (writes/strays.py).
    """
    name = raw.event_name or text(raw.attributes.get("event.name"))
    if name == EVALUATION:
        return evaluation(_whole(raw), raw.trace_id or None, raw.span_id or None, raw.time_ns)
    if name == DETAILS:  # a whole call, also its usage, which merging does not add up
        told = _partial(raw, rules, _whole(raw))
        if raw.trace_id and raw.span_id:
            return told
        return replace(told, span_id="") if told.call and told.call.response_id else None
    if not raw.trace_id or not raw.span_id:
        return None
    if name == EXCEPTION:
        return _partial(raw, rules, raw.attributes, _event(raw, "exception", raw.attributes))
    return _partial(raw, rules, raw.attributes, _event(raw, name, _body(raw))) if name in ROLES else None


def _partial(raw: RawLog, rules: Rules, attributes: Mapping[str, Any], *events: RawEvent) -> Span:
    record = RawSpan(
        trace_id=raw.trace_id,
        span_id=raw.span_id,
        parent_id=None,
        name="",
        start_ns=raw.time_ns,
        end_ns=None,
        status_code=0,
        status_message="",
        attributes=attributes,
        events=events,
        source=raw.source,
    )
    span = span_from(record, rules)
    call = span.call or Call()
    name = f"{call.operation or 'chat'} {call.request_model or call.response_model or ''}".strip()
    return replace(span, name=name, kind="llm" if span.kind == "span" else span.kind, state="partial")


def _event(raw: RawLog, name: str, attributes: Mapping[str, Any]) -> RawEvent:
    return RawEvent(name=name, time_ns=raw.time_ns, attributes=attributes)


def _whole(raw: RawLog) -> Mapping[str, Any]:
    body = _body(raw)
    return {**body, **raw.attributes} if body else raw.attributes


def _body(raw: RawLog) -> Mapping[str, Any]:
    body = parsed(raw.body)
    if isinstance(body, dict):
        return body
    return {"content": body} if body else {}
