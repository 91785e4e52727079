"""The demo's spans as OTLP protobuf, the way an SDK's exporter sends them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from llmwatch.demo.trace import DemoSpan, Service, SpanKind, Value

_KINDS: Final[Mapping[SpanKind, Span.SpanKind.ValueType]] = {
    "internal": Span.SPAN_KIND_INTERNAL,
    "server": Span.SPAN_KIND_SERVER,
    "client": Span.SPAN_KIND_CLIENT,
}


def encode(spans: Iterable[DemoSpan]) -> bytes:
    """The body of ``POST /v1/traces``: one ResourceSpans a service."""
    by_service: dict[Service, list[DemoSpan]] = {}
    for span in spans:
        by_service.setdefault(span.service, []).append(span)
    return ExportTraceServiceRequest(
        resource_spans=[_group(service, group) for service, group in by_service.items()]
    ).SerializeToString()


def _group(service: Service, spans: Iterable[DemoSpan]) -> ResourceSpans:
    resource = {
        "service.name": service.name,
        "service.version": service.version,
        "deployment.environment.name": "production",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.language": service.language,
    }
    scope = InstrumentationScope(name=service.scope, version="1.0")
    return ResourceSpans(
        resource=Resource(attributes=_attributes(resource)),
        scope_spans=[ScopeSpans(scope=scope, spans=[_span(span) for span in spans])],
    )


def _span(span: DemoSpan) -> Span:
    return Span(
        trace_id=bytes.fromhex(span.trace_id),
        span_id=bytes.fromhex(span.span_id),
        parent_span_id=bytes.fromhex(span.parent_id or ""),
        name=span.name,
        kind=_KINDS[span.kind],
        start_time_unix_nano=span.start_ns,
        end_time_unix_nano=span.end_ns,
        attributes=_attributes(span.attributes),
        events=[
            Span.Event(name=name, time_unix_nano=time_ns, attributes=_attributes(attributes))
            for name, time_ns, attributes in span.events
        ],
        status=Status(code=Status.STATUS_CODE_ERROR, message=span.error) if span.error else None,
    )


def _attributes(attributes: Mapping[str, Value]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(value)) for key, value in attributes.items()]


def _value(value: Value) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=value)
        case _:
            return AnyValue(array_value=ArrayValue(values=[_value(item) for item in value]))
