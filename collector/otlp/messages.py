"""The messages of OTLP/JSON, as far as they are read: every field may be missing or null."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Int64: TypeAlias = int | str | None
"""A 64-bit integer, as a number or as text; or the name of an enumeration's value."""


class Message(msgspec.Struct, rename="camel"):
    """Any of them."""


class Values(Message):
    """The values of an ArrayValue."""

    values: list[AnyValue] | None = None


class Pairs(Message):
    """The values of a KeyValueList."""

    values: list[KeyValue] | None = None


class AnyValue(Message):
    """One of its fields is set; none means no value."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Int64 = None
    double_value: float | str | None = None
    array_value: Values | None = None
    kvlist_value: Pairs | None = None
    bytes_value: str | None = None


class KeyValue(Message):
    """An attribute."""

    key: str = ""
    value: AnyValue | None = None


class Resource(Message):
    """Who sends."""

    attributes: list[KeyValue] | None = None


class Scope(Message):
    """InstrumentationScope."""

    name: str | None = None
    version: str | None = None
    attributes: list[KeyValue] | None = None


class Status(Message):
    """Of a span."""

    code: Int64 = None
    message: str | None = None


class Event(Message):
    """Of a span."""

    time_unix_nano: Int64 = None
    name: str | None = None
    attributes: list[KeyValue] | None = None


class Link(Message):
    """Of a span."""

    trace_id: str | None = None
    span_id: str | None = None
    attributes: list[KeyValue] | None = None


class Span(Message):
    """Of a trace."""

    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    name: str | None = None
    start_time_unix_nano: Int64 = None
    end_time_unix_nano: Int64 = None
    attributes: list[KeyValue] | None = None
    events: list[Event] | None = None
    links: list[Link] | None = None
    status: Status | None = None
    dropped_attributes_count: Int64 = None


class LogRecord(Message):
    """Of a log."""

    trace_id: str | None = None
    span_id: str | None = None
    time_unix_nano: Int64 = None
    observed_time_unix_nano: Int64 = None
    event_name: str | None = None
    severity_number: Int64 = None
    severity_text: str | None = None
    body: AnyValue | None = None
    attributes: list[KeyValue] | None = None


class Scoped(Message):
    """ScopeSpans, ScopeLogs or ScopeMetrics: one of the lists is there."""

    scope: Scope | None = None
    spans: list[msgspec.Raw] | None = None
    log_records: list[msgspec.Raw] | None = None
    metrics: list[Metric] | None = None


class Group(Message):
    """ResourceSpans, ResourceLogs or ResourceMetrics: one of the lists is there."""

    resource: Resource | None = None
    scope_spans: list[Scoped] | None = None
    scope_logs: list[Scoped] | None = None
    scope_metrics: list[Scoped] | None = None


class Request(Message):
    """ExportTraceServiceRequest, ExportLogsServiceRequest or ExportMetricsServiceRequest."""

    resource_spans: list[Group] | None = None
    resource_logs: list[Group] | None = None
    resource_metrics: list[Group] | None = None


class Points(Message):
    """The data of a metric."""

    data_points: list[msgspec.Raw] | None = None


class Metric(Message):
    """One of its fields is set."""

    gauge: Points | None = None
    sum: Points | None = None
    histogram: Points | None = None
    exponential_histogram: Points | None = None
    summary: Points | None = None
