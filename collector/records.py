"""Raw records: what a protocol's body says, before anyone knows which dialect it speaks.

msgspec Structs, as in store/span.py: 0.2 us to build a RawSpan against 2.7 as a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class RawEvent(Struct, frozen=True, kw_only=True):
    """A span event as sent."""

    name: str
    time_ns: int
    attributes: Mapping[str, Any] = {}


class RawLink(Struct, frozen=True, kw_only=True):
    """A span link as sent."""

    trace_id: str
    span_id: str
    attributes: Mapping[str, Any] = {}


class Source(Struct, frozen=True, kw_only=True):
    """Who sent the records: resource and instrumentation scope, shared by many records of a request."""

    resource: Mapping[str, Any] = {}
    scope_name: str = ""
    scope_version: str = ""
    scope_attributes: Mapping[str, Any] = {}


class RawSpan(Struct, frozen=True, kw_only=True):
    """An OTel span as sent.

    Ids are lowercase hex; attribute values are None, bool, int, float, str, bytes, list or dict of them.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    start_ns: int
    end_ns: int | None
    status_code: int
    """OTel: 0 unset, 1 ok, 2 error. Only 2 is a failure."""
    status_message: str
    attributes: Mapping[str, Any]
    events: tuple[RawEvent, ...] = ()
    links: tuple[RawLink, ...] = ()
    dropped_attributes: int = 0
    source: Source


class RawLog(Struct, frozen=True, kw_only=True):
    """An OTel log record as sent. The ids are empty when the record belongs to no span."""

    trace_id: str
    span_id: str
    time_ns: int
    event_name: str
    severity_number: int
    severity_text: str
    body: Any
    attributes: Mapping[str, Any]
    source: Source
