"""Traces and spans of the openai-agents SDK as spans.

A trace is sent once, when it begins, without times; it becomes the root of its spans. When it began and when
it was over follows from the spans right below it, each of which says so much of the root as it knows.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec.structs import replace

from llmwatch.collector.dialects.build import span_of
from llmwatch.collector.dialects.facts import Dialect, Fact, Rules, read
from llmwatch.collector.dialects.generic import context_facts
from llmwatch.collector.dialects.readers import settings
from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.dialects.usage import usage_of_body
from llmwatch.collector.dialects.values import as_json, count, first, mapping, storable, text
from llmwatch.collector.records import RawSpan, Source
from llmwatch.errors import IngestError
from llmwatch.store.span import Kind, Score, Span

_NAME: Final = "openai_agents"
_KINDS: Final[dict[str, Kind]] = {
    "agent": "agent", "generation": "llm", "response": "llm", "transcription": "llm", "speech": "llm",
    "function": "tool", "guardrail": "guardrail", "turn": "chain", "task": "chain",
}  # fmt: skip
"""Of span_data.type; of data.sdk_span_type where that is ``custom``."""
_OWN: Final = frozenset({"sdk_span_type", "usage", "name"})
_LATEST: Final = (1 << 63) - 1
_SOURCE: Final = Source()

_FACTS: Final = {
    "model": Fact("call", "request_model", text),
    "model_config": Fact("call", "invocation", settings),
    "response_id": Fact("call", "response_id", text),
    "usage": Fact("call", "usage", usage_of_body),
    "data.usage.input_tokens": Fact("usage", "input_tokens", count),
    "data.usage.output_tokens": Fact("usage", "output_tokens", count),
    "data.usage.total_tokens": Fact("usage", "total_tokens", count),
    "data.usage.cached_input_tokens": Fact("usage", "cache_read_tokens", count),
    "data.usage.cache_write_input_tokens": Fact("usage", "cache_write_tokens", count),
    "input": Fact("content", "input_value", as_json),
    "output": Fact("content", "output_value", as_json),
    "group_id": Fact("context", "session_id", text),
    **context_facts("metadata."),
}
_RULES: Final = Rules([Dialect(_NAME, _FACTS, prefixes={"metadata.": Fact("metadata", "", storable)})])


def spans_and_scores(item: Any) -> tuple[list[Span], list[Score]]:
    """The spans that a trace or a span makes; neither carries scores.

    Raises:
        IngestError: It is neither.
    """
    if isinstance(item, dict) and text(item.get("id")):
        if item.get("object") == "trace":
            return [_trace(item)], []
        if item.get("object") == "trace.span" and text(item.get("trace_id")):
            return list(_spans(item)), []
    raise IngestError('an item is an object "trace" or "trace.span" with its ids')


def _trace(item: dict[str, Any]) -> Span:
    own = str(item["id"])
    raw = RawSpan(
        trace_id=own, span_id=own, parent_id=None, name=text(item.get("workflow_name")) or "",
        start_ns=time.time_ns(), end_ns=None, status_code=0, status_message="", attributes=item,
        source=_SOURCE,
    )  # fmt: skip
    facts = read({"group_id": item.get("group_id"), **_named("metadata.", item.get("metadata"))}, _RULES)
    facts["span"]["kind"] = "chain"
    return replace(span_of(raw, facts), state="partial")


def _spans(item: dict[str, Any]) -> Iterator[Span]:
    trace, parent = str(item["trace_id"]), text(item.get("parent_id"))
    start, end = time_ns(item.get("started_at")), time_ns(item.get("ended_at"))
    if (begun := start or end) is None:
        raise IngestError("a span has started_at or ended_at")
    data, error = mapping(item.get("span_data")) or {}, item.get("error")
    raw = RawSpan(
        trace_id=trace, span_id=str(item["id"]), parent_id=parent or trace, name=_name(data), start_ns=begun,
        end_ns=end, status_code=2 if error else 0, status_message=_message(error), attributes=item,
        source=_SOURCE,
    )  # fmt: skip
    facts = read(_told(data), _RULES)
    facts["span"]["kind"] = _KINDS.get(_type(data), "span")
    yield span_of(raw, facts)
    if parent is None:
        root = Span(trace_id=trace, span_id=trace, kind="chain", dialect=_NAME, start_ns=begun)
        # In the order of revisions the earliest start comes last, and of the ends the latest.
        yield replace(root, state="started", revision=_LATEST - begun)
        if end is not None:
            yield replace(root, state="partial", end_ns=end, revision=end)


def _type(data: Mapping[str, Any]) -> str:
    inner = mapping(data.get("data")) or {}
    return text(inner.get("sdk_span_type")) or text(data.get("type")) or ""


def _name(data: Mapping[str, Any]) -> str:
    """The name of what ran, else what it is."""
    inner = mapping(data.get("data")) or {}
    said = text(inner.get("name")) or text(data.get("name")) or text(data.get("server"))
    if data.get("type") == "handoff":
        said = f"{text(data.get('from_agent'))} -> {text(data.get('to_agent'))}"
    return said or text(data.get("type")) or ""


def _told(data: Mapping[str, Any]) -> dict[str, Any]:
    """A span's data by the names of the table; what comes of other kinds of spans is their output."""
    inner = mapping(data.get("data")) or {}
    found = {**data, **_named("data.usage.", inner.get("usage")), **_named("metadata.", data.get("metadata"))}
    if "output" not in data:
        rest = {name: value for name, value in inner.items() if name not in _OWN}
        found["output"] = rest or first(data, ("result", "triggered"))
    return found


def _named(prefix: str, value: Any) -> dict[str, Any]:
    return {prefix + name: item for name, item in (mapping(value) or {}).items()}


def _message(error: Any) -> str:
    """What went wrong: the exception, which is in ``data``, says more than the message."""
    told = mapping(error)
    if told is None:
        return as_json(error) or ""
    inner = mapping(told.get("data")) or {}
    return text(inner.get("error")) or text(told.get("message")) or ""
