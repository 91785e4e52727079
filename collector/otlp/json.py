"""OTLP in JSON: the bytes of a request to raw records.

To the letter of the specification: hex ids, 64-bit integers as text or number, lowerCamelCase names,
unknown fields ignored. Beyond it: names of enumerations, and null for a field that is left out.
Spans are cut out raw and read one by one, so that one of the wrong type does not spoil the others.
"""

from __future__ import annotations

import base64
import binascii
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec
from opentelemetry.proto.logs.v1.logs_pb2 import SeverityNumber
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from llmwatch.collector.otlp import decoded, messages
from llmwatch.collector.otlp.decoded import Decoded, gather
from llmwatch.collector.otlp.messages import Int64
from llmwatch.collector.records import RawEvent, RawLink, RawLog, RawSpan, Source
from llmwatch.collector.safejson import MAX_DEPTH, number_name, repaired, text
from llmwatch.collector.secrets import redact
from llmwatch.errors import IngestError

S = TypeVar("S", bound=messages.Message)

_STATUS: Final = dict(Status.StatusCode.items())
_SEVERITY: Final = dict(SeverityNumber.items())
_INT64: Final = 1 << 63

_REQUEST: Final = msgspec.json.Decoder(messages.Request)
_SPAN: Final = msgspec.json.Decoder(messages.Span)
_LOG: Final = msgspec.json.Decoder(messages.LogRecord)


def spans(body: bytes) -> Decoded[RawSpan]:
    """The spans of an ExportTraceServiceRequest. Raises IngestError when it is none."""
    pairs = [
        (raw, source)
        for group in _request(body).resource_spans or ()
        for scoped, source in _sources(group, group.scope_spans)
        for raw in scoped.spans or ()
    ]
    return gather(pairs, _span)


def logs(body: bytes) -> Decoded[RawLog]:
    """The records of an ExportLogsServiceRequest. Raises IngestError when it is none."""
    pairs = [
        (raw, source)
        for group in _request(body).resource_logs or ()
        for scoped, source in _sources(group, group.scope_logs)
        for raw in scoped.log_records or ()
    ]
    return gather(pairs, _log)


def metric_points(body: bytes) -> int:
    """How many data points an ExportMetricsServiceRequest has. Raises IngestError when it is none."""
    return sum(
        len(points.data_points or ())
        for group in _request(body).resource_metrics or ()
        for scoped in group.scope_metrics or ()
        for metric in scoped.metrics or ()
        for points in (
            metric.gauge,
            metric.sum,
            metric.histogram,
            metric.exponential_histogram,
            metric.summary,
        )
        if points
    )


def _request(body: bytes) -> messages.Request:
    try:
        return _read(_REQUEST, body)
    except (ValueError, RecursionError) as error:
        raise IngestError(f"the body is no OTLP request in JSON: {error}") from error


def _read(decoder: msgspec.json.Decoder[S], data: bytes | msgspec.Raw) -> S:
    try:
        return decoder.decode(data)
    except ValueError:  # NaN, 1e999, half a surrogate pair: worth a second look
        return decoder.decode(repaired(bytes(data)))


def _sources(
    group: messages.Group, scopes: list[messages.Scoped] | None
) -> Iterator[tuple[messages.Scoped, Source]]:
    try:
        resource = _attributes(group.resource.attributes if group.resource else None)
        for scoped in scopes or ():
            scope = scoped.scope or messages.Scope()
            yield (
                scoped,
                Source(
                    resource=resource,
                    scope_name=text(scope.name or ""),
                    scope_version=text(scope.version or ""),
                    scope_attributes=_attributes(scope.attributes),
                ),
            )
    except ValueError as error:
        raise IngestError(f"the resource or scope cannot be read: {error}") from error


def _span(pair: tuple[msgspec.Raw, Source]) -> RawSpan:
    span = _read(_SPAN, pair[0])
    status = span.status or messages.Status()
    return RawSpan(
        trace_id=decoded.trace_id(_id(span.trace_id)),
        span_id=decoded.span_id(_id(span.span_id)),
        parent_id=decoded.span_id_if_any(_id(span.parent_span_id)) or None,
        name=text(span.name or ""),
        start_ns=decoded.start_time(_int(span.start_time_unix_nano)),
        end_ns=decoded.end_time(_int(span.end_time_unix_nano)),
        status_code=_enum(status.code, _STATUS),
        status_message=text(status.message or ""),
        attributes=_attributes(span.attributes),
        events=tuple(map(_event, span.events or ())),
        links=tuple(map(_link, span.links or ())),
        dropped_attributes=_int(span.dropped_attributes_count),
        source=pair[1],
    )


def _event(event: messages.Event) -> RawEvent:
    return RawEvent(
        name=text(event.name or ""),
        time_ns=decoded.end_time(_int(event.time_unix_nano)) or 0,
        attributes=_attributes(event.attributes),
    )


def _link(link: messages.Link) -> RawLink:
    return RawLink(
        trace_id=text(link.trace_id or "").lower(),
        span_id=text(link.span_id or "").lower(),
        attributes=_attributes(link.attributes),
    )


def _log(pair: tuple[msgspec.Raw, Source]) -> RawLog:
    record = _read(_LOG, pair[0])
    time_ns = _int(record.time_unix_nano) or _int(record.observed_time_unix_nano)
    return RawLog(
        trace_id=decoded.trace_id_if_any(_id(record.trace_id)),
        span_id=decoded.span_id_if_any(_id(record.span_id)),
        time_ns=decoded.end_time(time_ns) or time.time_ns(),
        event_name=text(record.event_name or ""),
        severity_number=_enum(record.severity_number, _SEVERITY),
        severity_text=text(record.severity_text or ""),
        body=_value(record.body, MAX_DEPTH),
        attributes=_attributes(record.attributes),
        source=pair[1],
    )


def _attributes(pairs: Iterable[messages.KeyValue] | None, depth: int = MAX_DEPTH) -> dict[str, Any]:
    return redact({text(pair.key): _value(pair.value, depth) for pair in pairs or ()})


def _value(value: messages.AnyValue | None, depth: int) -> Any:
    if value is None:
        return None
    if value.string_value is not None:
        return text(value.string_value)
    if value.int_value is not None:
        return _int_or_text(value.int_value)
    if value.bool_value is not None:
        return value.bool_value
    if value.double_value is not None:
        return _float_or_text(value.double_value)
    if value.bytes_value is not None:
        return _bytes_or_text(value.bytes_value)
    if depth == 0:
        raise ValueError(f"a value is nested deeper than {MAX_DEPTH} levels")
    if value.array_value is not None:
        return [_value(item, depth - 1) for item in value.array_value.values or ()]
    if value.kvlist_value is not None:
        return _attributes(value.kvlist_value.values, depth - 1)
    return None


def _id(value: str | None) -> bytes:
    # fromhex skips spaces, which then make the id too short and so refused.
    return bytes.fromhex(value) if value else b""


def _int(value: Int64) -> int:
    return int(value) if value is not None else 0


def _enum(value: Int64, names: Mapping[str, int]) -> int:
    return names[value] if isinstance(value, str) and value in names else _int(value)


def _int_or_text(value: int | str) -> int | str:
    try:
        number = int(value)
    except ValueError:
        return text(str(value))
    return number if -_INT64 <= number < _INT64 else str(value)


def _float_or_text(value: float | str) -> float | str:
    try:
        number = float(value)
    except ValueError:
        return text(str(value))
    return number if math.isfinite(number) else number_name(number)


def _bytes_or_text(value: str) -> bytes | str:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        return text(value)
