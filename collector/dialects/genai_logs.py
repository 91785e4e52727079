"""GenAI log records: messages one by one, whole calls, evaluations, exceptions; joined to spans by their ids.

A record becomes a ``partial`` span with the ids of the span it belongs to, in which it is an event; the
store merges both whichever comes first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from llmwatch.collector.dialects.build import span_of
from llmwatch.collector.dialects.facts import Rules, read
from llmwatch.collector.dialects.genai_events import DETAILS, EVALUATION, EXCEPTION, ROLES
from llmwatch.collector.dialects.scores import evaluation
from llmwatch.collector.dialects.values import parsed, text
from llmwatch.collector.records import RawEvent, RawLog, RawSpan
from llmwatch.store.span import Call, Score, Span

_encode: Final = msgspec.msgpack.Encoder(order="deterministic").encode


def log_of(raw: RawLog, rules: Rules) -> Span | Score | None:
    """What ``raw`` says of a span or as a judgement; None when it says neither."""
    name = raw.event_name or text(raw.attributes.get("event.name"))
    if name == EVALUATION:
        return evaluation(_whole(raw), raw.trace_id or None, raw.span_id or None, raw.time_ns)
    if name == DETAILS:
        return _details(raw, rules)
    if name not in ROLES and name != EXCEPTION:
        return None
    if not raw.trace_id or not raw.span_id:
        return None  # one message of no one knows which call
    happened = "exception" if name == EXCEPTION else name
    body = raw.attributes if name == EXCEPTION else _body(raw)
    event = RawEvent(name=happened, time_ns=raw.time_ns, attributes=body)
    return _partial(raw, rules, raw.attributes, raw.trace_id, raw.span_id, (event,))


def _details(raw: RawLog, rules: Rules) -> Span:
    """A whole call. Its span says the usage too: without the span's id (OpenLIT's streams) it is left out."""
    attributes = _whole(raw)
    if raw.trace_id and raw.span_id:
        return _partial(raw, rules, attributes, raw.trace_id, raw.span_id)
    made = hashlib.blake2b(_encode((raw.time_ns, attributes)), digest_size=16).hexdigest()
    span = _partial(raw, rules, attributes, raw.trace_id or made, made[:16])
    return replace(span, call=replace(span.call, usage=None)) if span.call else span


def _partial(
    raw: RawLog,
    rules: Rules,
    attributes: Mapping[str, Any],
    trace_id: str,
    span_id: str,
    events: tuple[RawEvent, ...] = (),
) -> Span:
    record = RawSpan(
        trace_id=trace_id,
        span_id=span_id,
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
    span = span_of(record, read(attributes, rules))
    call = span.call or Call()
    name = f"{call.operation or 'chat'} {call.request_model or call.response_model or ''}".strip()
    return replace(span, name=name, kind="llm" if span.kind == "span" else span.kind, state="partial")


def _whole(raw: RawLog) -> Mapping[str, Any]:
    body = _body(raw)
    return {**body, **raw.attributes} if body else raw.attributes


def _body(raw: RawLog) -> Mapping[str, Any]:
    body = parsed(raw.body)
    if isinstance(body, dict):
        return body
    return {"content": body} if body else {}
