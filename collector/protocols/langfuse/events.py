"""Events of the ingestion API as spans and scores: each is one record of what has the id in its body.

A trace is a span of its own at the root of its observations, with its id. Creates and updates come in any
order; their timestamps say which is the later word. What a create says of the model was asked for, what an
update says came back (so do Langfuse's wrappers).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from llmwatch.collector.dialects.build import span_of
from llmwatch.collector.dialects.facts import read
from llmwatch.collector.dialects.kinds import kind_of_model, kind_of_word
from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.dialects.values import first, text
from llmwatch.collector.dialects.vectors import without_vectors
from llmwatch.collector.protocols.langfuse.names import RULES
from llmwatch.collector.protocols.langfuse.scores import score_of
from llmwatch.collector.records import RawEvent, RawSpan, Source
from llmwatch.errors import IngestError
from llmwatch.store.span import Kind, Score, Span

FIRST_CHUNK: Final = "completionStartTime"
"""Name of the event that marks the first chunk: the update that brings it does not know the start."""
_OBSERVATION: Final = re.compile(
    r"(?P<type>span|generation|event|observation|agent|tool|chain|retriever|evaluator|embedding|guardrail)"
    r"-(?P<verb>create|update)"
)
_STARTS: Final = ("startTime", "start_time")
_ENDS: Final = ("endTime", "end_time")


class Event(NamedTuple):
    """An event, checked."""

    id: str
    type: str
    time_ns: int
    body: dict[str, Any]
    """Without what is null."""


def event_of(item: Any, now_ns: int) -> Event:
    """The event in one object of a batch; ``now_ns`` is its time if it has none.

    Raises:
        IngestError: It is none.
    """
    body = item.get("body") if isinstance(item, dict) else None
    if not isinstance(body, dict):
        raise IngestError("an event is an object with id, type, timestamp and body")
    return Event(
        text(item.get("id")) or "",
        text(item.get("type")) or "",
        time_ns(item.get("timestamp")) or now_ns,
        {name: value for name, value in body.items() if value is not None},
    )


def spans_and_scores(event: Event, source: Source) -> tuple[Sequence[Span], Sequence[Score]]:
    """What an event says; logs of the SDK say nothing of an application.

    Raises:
        IngestError: Its type is not known, or its body lacks an id.
    """
    if event.type == "trace-create":
        return [_trace(event, source)], ()
    if event.type == "score-create":
        return (), [score_of(event.body, event.time_ns)]
    if found := _OBSERVATION.fullmatch(event.type):
        return _observation(event, found["type"], found["verb"] == "create", source), ()
    if event.type == "sdk-log":
        return (), ()
    raise IngestError(f"{event.type[:100]!r} is no type of event")


def _trace(event: Event, source: Source) -> Span:
    """A trace has neither an end nor an outcome; what a decorator adds is taken all the same.

    Every update of it has a timestamp of its own: the earliest is when it began.
    """
    body = event.body
    trace_id = text(body.get("id")) or event.id
    name = text(body.get("name")) or ""
    start, end = time_ns(first(body, (*_STARTS, "timestamp"))), time_ns(first(body, _ENDS))
    raw = RawSpan(
        trace_id=_named(trace_id),
        span_id=trace_id,
        parent_id=None,
        name=name,
        start_ns=start or _latest_start(event, end),
        end_ns=end,
        status_code=0,
        status_message="",
        attributes={**body, "traceName": name},
        source=source,
    )
    return replace(_read(raw, "chain"), state="ended", revision=event.time_ns)


def _observation(event: Event, word: str, is_new: bool, source: Source) -> list[Span]:
    body = event.body
    word = (text(body.get("type")) or word).lower() if word == "observation" else word
    span_id = text(body.get("id")) or (event.id if is_new else "")
    trace_id = text(body.get("traceId")) or (span_id if is_new else "")
    parent_id = text(body.get("parentObservationId"))
    start, end = time_ns(first(body, _STARTS)), time_ns(first(body, _ENDS))
    begun = is_new or start is not None
    start = start or _latest_start(event, end)
    if is_new and word == "event":
        end = end or start
    first_chunk = time_ns(body.get("completionStartTime"))
    raw = RawSpan(
        trace_id=_named(trace_id),
        span_id=_named(span_id),
        parent_id=parent_id or (trace_id if is_new and trace_id != span_id else None),
        name=text(body.get("name")) or "",
        start_ns=start,
        end_ns=end,
        status_code=0,
        status_message="",
        attributes=_attributes(body, word, is_new),
        events=(RawEvent(name=FIRST_CHUNK, time_ns=first_chunk),) if first_chunk else (),
        source=source,
    )
    kind, certain = _kind(word, raw.name, body, is_new)
    span = replace(_read(raw, kind), revision=event.time_ns)
    if not certain:
        span = replace(span, kind="span")
    if not begun:
        return [_unbegun(span)]
    return [span] if parent_id or trace_id == span_id else [_implied(span), span]


def _latest_start(event: Event, end_ns: int | None) -> int:
    return event.time_ns if end_ns is None else min(end_ns, event.time_ns)


def _named(identity: str) -> str:
    if not identity:
        raise IngestError("the body lacks id, or traceId")
    return identity


def _attributes(body: Mapping[str, Any], word: str, is_new: bool) -> dict[str, Any]:
    found = {**body, "type": word.upper()}
    if not is_new and "model" in found:
        found["servedModel"] = found.pop("model")
    return without_vectors(found) if isinstance(found.get("output"), list) and word != "span" else found


def _kind(word: str, name: str, body: Mapping[str, Any], is_new: bool) -> tuple[Kind, bool]:
    """The kind, and whether it is certain: an update without a model may be one of an embedding."""
    model = text(body.get("model"))
    if word == "generation":
        return (kind_of_model(name, model), True) if model else ("llm", is_new)
    return kind_of_word(word) or "span", True


def _read(raw: RawSpan, kind: Kind) -> Span:
    facts = read(raw.attributes, RULES)
    facts["span"]["kind"] = kind
    return span_of(raw, facts)


def _unbegun(span: Span) -> Span:
    """What an update says: no start, so that nothing can be measured from it."""
    call = span.call and replace(span.call, time_to_first_chunk_ns=None)
    return replace(span, state="partial", call=call)


def _implied(child: Span) -> Span:
    """The trace of an observation without a parent, in case nothing else is sent of it."""
    return Span(
        trace_id=child.trace_id,
        span_id=child.trace_id,
        name=child.name,
        kind="chain",
        dialect=child.dialect,
        state="ended",
        start_ns=child.start_ns,
    )
