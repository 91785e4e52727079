"""Posted JSON objects as raw spans: their ids, times and outcome, under whichever names they are sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from llmwatch.collector.dialects.judgements import digest
from llmwatch.collector.dialects.times import (
    microseconds,
    milliseconds,
    nanoseconds,
    seconds,
    seconds_or_ms,
    time_ns,
)
from llmwatch.collector.dialects.values import first, flag, number, text
from llmwatch.collector.records import RawEvent, RawSpan, Source
from llmwatch.errors import IngestError

SPAN_IDS: Final = ("span_id", "observation_id", "generation_id", "message_id", "run_id", "id", "request_id")
TRACE_IDS: Final = ("trace_id", "traceid")
PARENT_IDS: Final = ("parent_id", "parent_span_id", "parent_run_id", "parent_observation_id", "parent")
_NAMES: Final = (
    "name", "span_name", "operation_name", "tool_name", "function_name", "operation", "event", "feature",
    "endpoint", "type", "model",
)  # fmt: skip
STARTS: Final = ("start_time", "start", "started_at", "start_ns", "start_time_unix_nano", "created_at")
_ENDS: Final = ("end_time", "end", "ended_at", "completed_at", "finished_at", "end_ns", "end_time_unix_nano")
_STAMPS: Final = ("timestamp", "time", "ts", "datetime", "@timestamp")
_EVENT_STAMPS: Final = ("time_ns", "time_unix_nano", *_STAMPS)
_DURATIONS: Final = {
    "duration_ns": nanoseconds, "duration_us": microseconds,
    "latency_ms": milliseconds, "duration_ms": milliseconds, "elapsed_ms": milliseconds,
    "response_time_ms": milliseconds,
    "latency_s": seconds, "duration_s": seconds, "latency_seconds": seconds, "duration_seconds": seconds,
    "elapsed": seconds, "elapsed_seconds": seconds,
    "latency": seconds_or_ms, "duration": seconds_or_ms,
}  # fmt: skip
_INHERITED: Final = (*TRACE_IDS, "session_id", "user_id", "environment", "service", "app_version", "feature")
"""What the spans of a posted trace take from it."""

_CONTAINERS: Final = (
    "llm", "gen_ai", "retrieval", "tool", "user", "session", "eval", "cache", "app", "error",
)  # fmt: skip
"""Objects whose entries are facts of their own: ``{"retrieval": {"query": …}}`` is ``retrieval.query``."""
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GOOD: Final = frozenset({"ok", "success", "successful", "succeeded", "completed", "complete", "done", "200"})
_BAD: Final = frozenset({"error", "failed", "failure", "fail", "exception", "timeout", "status_code_error"})
_BAD_LEVELS: Final = frozenset({"error", "critical", "fatal"})
_NAMED_ERROR: Final = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Timeout|Interrupt))\b")
_SOURCE: Final = Source()


def objects_in(item: Any, inherited: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """The spans in a posted object: itself, or the spans of a trace, with those nested in each.

    Raises:
        IngestError: It is no object, or an empty one.
    """
    if not isinstance(item, dict) or not item:
        raise IngestError("a span is a JSON object with something in it", hint='{"name": "…", "model": "…"}')
    body = dict(inherited or {}) | snake_names(item)
    spans, children = body.pop("spans", None), body.pop("children", None)
    shared = {key: body[key] for key in _INHERITED if body.get(key) is not None}
    if isinstance(spans, list) and spans:
        for span in spans:
            yield from objects_in(span, shared)
        return
    _settle_ids(body)
    yield body
    for child in children if isinstance(children, list) else ():
        yield from objects_in(child, {**shared, "trace_id": body["trace_id"], "parent_id": body["span_id"]})


def _settle_ids(body: dict[str, Any]) -> None:
    """Settle the ids: as sent, in lower case; else made of the body, so that sending it again is a repeat."""
    own, trace = identity(first(body, SPAN_IDS)), identity(first(body, TRACE_IDS))
    if own is None or trace is None:
        made = digest(body)
        own, trace = own or made[:16], trace or own or made
    body["span_id"], body["trace_id"] = own, trace


def identity(value: Any) -> str | None:
    """An id in any form, in lower case."""
    found = text(value)
    return found.strip().lower() or None if found else None


def record(body: dict[str, Any], now_ns: int) -> RawSpan:
    """The raw span of a posted object with its ids settled; ``now_ns`` is its time if it has none."""
    start, end = _times(body, now_ns)
    failed = _failed(body)
    error = body.get("error")
    message = error if isinstance(error, str) else first(body, ("error_message", "status_message"))
    return RawSpan(
        trace_id=body["trace_id"],
        span_id=body["span_id"],
        parent_id=identity(first(body, PARENT_IDS)),
        name=text(first(body, _NAMES)) or "span",
        start_ns=start,
        end_ns=end,
        status_code=0 if failed is None else 2 if failed else 1,
        status_message=text(message) or "",
        attributes=_attributes(body),
        events=tuple(events_in(body.get("events"), start)),
        source=_SOURCE,
    )


def snake_names(item: Mapping[str, Any]) -> dict[str, Any]:
    """``item`` with its names in snake case; dotted ones stay, they are some convention's."""
    return {
        name if "." in name else _CAMEL.sub("_", name).replace("-", "_").lower(): value
        for name, value in item.items()
    }


def _times(body: Mapping[str, Any], now_ns: int) -> tuple[int, int | None]:
    """Start and end: either is found from the other and the duration.

    A lone timestamp with a duration is when the record was written, which is when the call was over.
    """
    start, end = time_ns(first(body, STARTS)), time_ns(first(body, _ENDS))
    stamp = time_ns(first(body, _STAMPS))
    lengths = (read(body.get(name)) for name, read in _DURATIONS.items())
    took = next((length for length in lengths if length is not None), None)
    if start is None and end is None and took is not None:
        end = stamp or now_ns
    start = start or (end - took if end and took is not None else None) or stamp or end or now_ns
    if end is None and took is not None:
        end = start + took
    return start, end


def _failed(body: Mapping[str, Any]) -> bool | None:
    """Whether it failed: by success, an error, a status (word, HTTP's or OTel's number) or a level."""
    success = flag(body.get("success"))
    if success is not None:
        return not success
    error = body.get("error")
    if (error and flag(error) is not False) or text(first(body, ("error_message", "error_type"))):
        return True
    status = first(body, ("status", "status_code"))
    if isinstance(status, dict):
        status = status.get("code")
    code, word = number(status), str(status).lower()
    if code is not None and (code >= 400 or code == 2):
        return True
    if word in _BAD or str(body.get("level")).lower() in _BAD_LEVELS:
        return True
    return False if word in _GOOD or code is not None else None


def _attributes(body: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a posted object by name, with those nested in ``attributes`` or in a container."""
    nested = body.get("attributes")
    found = {**nested, **body} if isinstance(nested, dict) else dict(body)
    found.pop("attributes", None)
    if isinstance(link := found.get("prompt"), dict) and "version" in link:  # which prompt, not its text
        del found["prompt"]
        found |= {"prompt_name": link.get("name"), "prompt_version": link["version"]}
    for container in _CONTAINERS:
        if isinstance(held := found.get(container), dict):
            del found[container]
            found = {f"{container}.{key}": value for key, value in held.items()} | found
    error = found.get("error")
    if isinstance(error, str) and (named := _NAMED_ERROR.match(error)):
        found.setdefault("error_type", named[1])
    return found


def events_in(events: Any, start_ns: int) -> Iterator[RawEvent]:
    """The events in a list of objects; one without a time happened at ``start_ns``."""
    for event in events if isinstance(events, list) else ():
        if isinstance(event, dict):
            attributes = event.get("attributes")
            yield RawEvent(
                name=text(event.get("name")) or "event",
                time_ns=time_ns(first(event, _EVENT_STAMPS)) or start_ns,
                attributes=attributes if isinstance(attributes, dict) else {},
            )
