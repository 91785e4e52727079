"""What OTLP answers, byte by byte."""

from __future__ import annotations

import json

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from llmwatch.collector.otlp.replies import JSON, PROTOBUF, Signal, accepted, refused


def rpc_status(data: bytes) -> tuple[int, str]:
    """A google.rpc.Status, read by protobuf itself from its published definition."""
    file = descriptor_pb2.FileDescriptorProto(name="status.proto", package="google.rpc", syntax="proto3")
    message = file.message_type.add(name="Status")
    message.field.add(name="code", number=1, type="TYPE_INT32", label="LABEL_OPTIONAL")
    message.field.add(name="message", number=2, type="TYPE_STRING", label="LABEL_OPTIONAL")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    status = message_factory.GetMessageClass(pool.FindMessageTypeByName("google.rpc.Status")).FromString(data)
    return status.code, status.message  # type: ignore[attr-defined]


@pytest.mark.parametrize("message", ["", "no", "ü" * 63, "ü" * 64, "x" * 900])
def test_a_protobuf_request_is_refused_with_a_status_in_protobuf(message: str) -> None:
    response = refused(400, message, PROTOBUF)
    assert response.headers["content-type"] == PROTOBUF
    assert rpc_status(bytes(response.body)) == (3, message)


@pytest.mark.parametrize("content_type", [JSON, "text/plain", ""])
def test_every_other_request_is_refused_with_a_status_in_json(content_type: str) -> None:
    response = refused(413, "too large", content_type)
    assert response.headers["content-type"] == JSON
    assert json.loads(bytes(response.body)) == {"code": 8, "message": "too large"}


def test_only_503_asks_to_come_back() -> None:
    assert refused(503, "busy", retry_after_s=7).headers["retry-after"] == "7"
    assert "retry-after" not in refused(400, "bad").headers


def test_a_long_message_is_cut() -> None:
    assert len(bytes(refused(400, "x" * 10_000_000).body)) < 2000


@pytest.mark.parametrize("signal", ["spans", "logs", "metrics"])
def test_full_success_sets_nothing(signal: Signal) -> None:
    assert accepted(signal, PROTOBUF).body == b""
    assert accepted(signal, JSON).body == b"{}"


def test_partial_success_of_spans() -> None:
    response = ExportTraceServiceResponse.FromString(bytes(accepted("spans", PROTOBUF, 2, "why").body))
    assert (response.partial_success.rejected_spans, response.partial_success.error_message) == (2, "why")
    assert json.loads(bytes(accepted("spans", JSON, 2, "why").body)) == {
        "partialSuccess": {"rejectedSpans": "2", "errorMessage": "why"}
    }


def test_partial_success_of_logs() -> None:
    response = ExportLogsServiceResponse.FromString(bytes(accepted("logs", PROTOBUF, 1, "why").body))
    assert response.partial_success.rejected_log_records == 1
    assert json.loads(bytes(accepted("logs", JSON, 1, "why").body)) == {
        "partialSuccess": {"rejectedLogRecords": "1", "errorMessage": "why"}
    }
