"""OTLP requests for tests, written once as OTLP/JSON and sent in either encoding."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from typing import Any

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from llmwatch.collector.otlp.replies import JSON, PROTOBUF

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
START = 1_792_000_000_000_000_000

ENCODINGS = (PROTOBUF, JSON)
_IDS = ("traceId", "spanId", "parentSpanId")


def span(span_id: str = SPAN, **fields: Any) -> dict[str, Any]:
    """A span in OTLP/JSON: one second long, without attributes; None leaves a field out."""
    return {
        key: value
        for key, value in {
            "traceId": TRACE,
            "spanId": span_id,
            "name": "chat gpt-4o",
            "startTimeUnixNano": str(START),
            "endTimeUnixNano": str(START + 10**9),
            **fields,
        }.items()
        if value is not None
    }


def attributes(**values: Any) -> list[dict[str, Any]]:
    """Attributes in OTLP/JSON; a double underscore in a name stands for a dot."""
    return [{"key": key.replace("__", "."), "value": value_of(value)} for key, value in values.items()]


def value_of(value: Any) -> dict[str, Any]:
    """An AnyValue in OTLP/JSON."""
    match value:
        case None:
            return {}
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            named = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
            return {"doubleValue": named.get(str(value), value)}
        case str():
            return {"stringValue": value}
        case bytes():
            return {"bytesValue": base64.b64encode(value).decode()}
        case list():
            return {"arrayValue": {"values": [value_of(item) for item in value]}}
        case dict():
            pairs = [{"key": key, "value": value_of(item)} for key, item in value.items()]
            return {"kvlistValue": {"values": pairs}}
    raise TypeError(value)


def traces(*spans: dict[str, Any], **resource: Any) -> dict[str, Any]:
    """An ExportTraceServiceRequest in OTLP/JSON."""
    scoped = {"scope": {"name": "tests", "version": "1"}, "spans": list(spans)}
    return {"resourceSpans": [{"resource": {"attributes": attributes(**resource)}, "scopeSpans": [scoped]}]}


def logs(*records: dict[str, Any], **resource: Any) -> dict[str, Any]:
    """An ExportLogsServiceRequest in OTLP/JSON."""
    scoped = {"scope": {"name": "tests", "version": "1"}, "logRecords": list(records)}
    return {"resourceLogs": [{"resource": {"attributes": attributes(**resource)}, "scopeLogs": [scoped]}]}


def metrics(*metrics: dict[str, Any]) -> dict[str, Any]:
    """An ExportMetricsServiceRequest in OTLP/JSON."""
    return {"resourceMetrics": [{"scopeMetrics": [{"metrics": list(metrics)}]}]}


def encoded(request: dict[str, Any], encoding: str) -> bytes:
    """``request`` as the body of a request of that content type."""
    return json.dumps(request).encode() if encoding == JSON else _protobuf(request)


def answer(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body of the next response."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, response.read()


def _protobuf(request: dict[str, Any]) -> bytes:
    message: Message = {
        "resourceSpans": ExportTraceServiceRequest,
        "resourceLogs": ExportLogsServiceRequest,
        "resourceMetrics": ExportMetricsServiceRequest,
    }[next(iter(request))]()
    ParseDict(_base64_ids(request), message)
    return message.SerializeToString()


def _base64_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_base64_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(item)).decode() if key in _IDS else _base64_ids(item)
        for key, item in value.items()
    }
