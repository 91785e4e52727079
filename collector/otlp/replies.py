"""What OTLP answers: the responses of its services and google.rpc.Status, in the request's encoding."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.responses import Response

Signal: TypeAlias = Literal["spans", "logs", "metrics"]

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"

_LONGEST_MESSAGE: Final = 1000  # a response must stay under 4 MiB, and nobody reads more than a line
INVALID_ARGUMENT: Final = 3
_CODES: Final = {
    400: INVALID_ARGUMENT,
    403: 7,
    404: 5,
    405: 12,
    408: 4,
    413: 8,
    415: INVALID_ARGUMENT,
    500: 13,
    503: 14,
}
"""google.rpc.Code of an HTTP status."""


def accepted(signal: Signal, encoding: str, rejected: int = 0, reason: str = "") -> Response:
    """200, with a partial success when some records were not taken (their sender must not retry them)."""
    if encoding == PROTOBUF:
        return Response(export_response(signal, rejected, reason), media_type=PROTOBUF)
    if not rejected:
        return Response(b"{}", media_type=JSON)
    name = "rejectedSpans" if signal == "spans" else "rejectedLogRecords"
    # 64-bit integers are text in proto3's JSON.
    partial = {name: str(rejected), "errorMessage": shortened(reason)}
    return Response(msgspec.json.encode({"partialSuccess": partial}), media_type=JSON)


def refused(status: int, message: str, content_type: str = JSON, *, retry_after_s: int = 1) -> Response:
    """An error as google.rpc.Status: in protobuf for a protobuf request, else in JSON.

    A 503 says after how many seconds to try again.
    """
    code, message = code_of(status), shortened(message)
    headers = {"Retry-After": str(retry_after_s)} if status == 503 else {}
    if content_type == PROTOBUF:
        return Response(status_message(code, message), status, headers, PROTOBUF)
    return Response(msgspec.json.encode({"code": code, "message": message}), status, headers, JSON)


def code_of(status: int) -> int:
    """The google.rpc.Code that an HTTP status is told as; UNKNOWN for one that is never used."""
    return _CODES.get(status, 2)


def shortened(message: str) -> str:
    """``message`` at the length in which it is told."""
    return message[:_LONGEST_MESSAGE]


def status_message(code: int, message: str, detail: Any | None = None) -> bytes:
    """The bytes of google.rpc.Status: field 1 the code, field 2 the message, field 3 the details.

    Written by hand because its package would be a dependency for these fields.
    """
    status = b"\x08" + _varint(code) + _field(2, message.encode("utf-8", "replace"))
    return status if detail is None else status + _field(3, detail.SerializeToString())


def retry_info(after_s: int) -> Any:
    """A google.rpc.RetryInfo: field 1 is how long to wait before the request is sent again."""
    delay = Duration(seconds=after_s).SerializeToString()
    return Any(type_url="type.googleapis.com/google.rpc.RetryInfo", value=_field(1, delay))


def _field(number: int, content: bytes) -> bytes:
    """A field of bytes, text or a message."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def export_response(signal: Signal, rejected: int = 0, reason: str = "") -> bytes:
    """The bytes of the response of a signal's Export."""
    if signal == "metrics" or not rejected:
        return b""  # all three responses are empty messages on full success; no metric is ever rejected
    if signal == "spans":
        spans = ExportTraceServiceResponse()
        spans.partial_success.rejected_spans = rejected
        spans.partial_success.error_message = shortened(reason)
        return spans.SerializeToString()
    logs = ExportLogsServiceResponse()
    logs.partial_success.rejected_log_records = rejected
    logs.partial_success.error_message = shortened(reason)
    return logs.SerializeToString()
