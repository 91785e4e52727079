"""OTLP over gRPC: the same spans, the same acknowledgement, the statuses that OTLP names."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from grpc import aio
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from llmwatch.collector.door import Door
from llmwatch.collector.grpcport import open_port
from llmwatch.collector.meter import Meter
from llmwatch.collector.otlp.grpc import listen
from llmwatch.collector.otlp.replies import PROTOBUF
from llmwatch.collector.pipeline import Pipeline
from llmwatch.errors import StoreBusyError, UsageError
from llmwatch.store.database import connect_reader
from llmwatch.store.writer import Writer
from tests.collecting import collector_process
from tests.collector.conftest import CONFIG
from tests.collector.requests import SPAN, attributes, encoded, logs, metrics, span, traces
from tests.dialects.captures import NAMES, records, sent
from tests.dialects.stored import batch_of, details, snapshot, writing

SERVICE = "/opentelemetry.proto.collector"
TRACES = f"{SERVICE}.trace.v1.TraceService/Export"
LOGS = f"{SERVICE}.logs.v1.LogsService/Export"
METRICS = f"{SERVICE}.metrics.v1.MetricsService/Export"
OVER_GRPC = [name for name in NAMES if any(request.protocol == "grpc" for request in sent(name))]

Send = Callable[..., Any]


def door_to(writer: Writer, database: Path) -> Door:
    return Door(writer=writer, pipeline=Pipeline(CONFIG), config=CONFIG, database=database, meter=Meter())


@pytest.fixture
def door(writer: Writer, database: Path) -> Door:
    return door_to(writer, database)


@pytest.fixture
async def port(door: Door) -> AsyncIterator[int]:
    server, port = await listen(door, "127.0.0.1", 0)
    yield port
    await server.stop(None)


@pytest.fixture
async def send(port: int) -> AsyncIterator[Send]:
    """Calls a method with the bytes of a message."""
    async with aio.insecure_channel(f"127.0.0.1:{port}") as channel:

        async def call(method: str, body: bytes, **options: Any) -> bytes:
            answer: bytes = await channel.unary_unary(method)(body, timeout=20, **options)
            return answer

        yield call


def spans_in(database: Path) -> list[str]:
    return [stored.span.span_id for stored in details(database)]


async def refused(call: Any) -> aio.AioRpcError:
    with pytest.raises(aio.AioRpcError) as caught:
        await call
    return caught.value


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_spans_are_committed_when_they_are_acknowledged(
    send: Send, database: Path, door: Door, compression: grpc.Compression
) -> None:
    body = encoded(traces(span(attributes=attributes(gen_ai__request__model="gpt-4o"))), PROTOBUF)
    assert await send(TRACES, body, compression=compression) == b""
    assert spans_in(database) == [SPAN]
    assert (door.meter.requests, door.meter.errors) == (1, 0)


async def test_logs_and_metrics_are_taken(send: Send, database: Path) -> None:
    record = {"timeUnixNano": "1792000000000000000", "body": {"stringValue": "hello"}}
    gauge = {"name": "m", "gauge": {"dataPoints": [{"asInt": "1", "timeUnixNano": "1792000000000000000"}]}}
    assert await send(LOGS, encoded(logs(record), PROTOBUF)) == b""
    assert await send(METRICS, encoded(metrics(gauge), PROTOBUF)) == b""
    with closing(connect_reader(database)) as db:
        counters = dict(db.execute("SELECT name, value FROM counters"))
    assert (counters["log_records"], counters["metric_points"]) == (1, 1)


async def test_a_bad_record_is_told_and_the_rest_is_stored(send: Send, database: Path) -> None:
    request = traces(span(), span("00" * 8), span("c7ad6b7169203331", startTimeUnixNano="0"))
    answer = ExportTraceServiceResponse.FromString(await send(TRACES, encoded(request, PROTOBUF)))
    assert answer.partial_success.rejected_spans == 2
    assert "span id" in answer.partial_success.error_message
    assert spans_in(database) == [SPAN]


async def test_a_bad_log_record_is_told(send: Send) -> None:
    bad = {"timeUnixNano": "1792000000000000000", "traceId": "ab" * 3}
    answer = ExportLogsServiceResponse.FromString(await send(LOGS, encoded(logs(bad), PROTOBUF)))
    assert MessageToDict(answer)["partialSuccess"]["rejectedLogRecords"] == "1"


@pytest.mark.parametrize("method", [TRACES, LOGS, METRICS])
async def test_what_is_no_message_is_an_invalid_argument(send: Send, door: Door, method: str) -> None:
    error = await refused(send(method, b"\xff\xff not protobuf"))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "protobuf" in (error.details() or "")
    assert (door.meter.requests, door.meter.errors) == (1, 1)


async def test_a_full_queue_asks_to_try_again(
    send: Send, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_make: object, _size: int) -> None:
        raise StoreBusyError("1000 spans are waiting to be written")

    monkeypatch.setattr(writer, "prepare", full)
    error = await refused(send(TRACES, encoded(traces(span()), PROTOBUF)))
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    told = dict(error.trailing_metadata() or ())
    status = Status.FromString(told["grpc-status-details-bin"])
    assert status.code == grpc.StatusCode.UNAVAILABLE.value[0] and "waiting" in status.message
    info = RetryInfo()
    assert status.details[0].Unpack(info)
    assert info.retry_delay.seconds == 1
    assert RetryInfo.FromString(told["google.rpc.retryinfo-bin"]) == info


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_a_message_over_the_limit_is_refused_inflated_too(
    send: Send, compression: grpc.Compression
) -> None:
    large = bytes((CONFIG.collector.max_body_mib << 20) + 1)
    error = await refused(send(TRACES, large, compression=compression))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_another_service_is_unimplemented(send: Send) -> None:
    error = await refused(send("/opentelemetry.proto.collector.profiles.v1.ProfilesService/Export", b""))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip])
async def test_the_real_exporter_is_heard(
    port: int, database: Path, compression: grpc.Compression | None
) -> None:
    def app() -> bool:
        exporter = OTLPSpanExporter(
            endpoint=f"http://127.0.0.1:{port}", insecure=True, compression=compression
        )
        provider = TracerProvider(resource=Resource({"service.name": "shop"}))
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        with provider.get_tracer("tests").start_as_current_span("chat gpt-4o") as made:
            made.set_attribute("gen_ai.request.model", "gpt-4o")
        flushed = provider.force_flush()
        provider.shutdown()
        return flushed

    assert await asyncio.to_thread(app)
    (stored,) = details(database)
    assert stored.span.call is not None
    heard = (stored.span.name, stored.span.context.service, stored.span.call.request_model)
    assert heard == ("chat gpt-4o", "shop", "gpt-4o")


@pytest.mark.parametrize("name", OVER_GRPC)
async def test_captures_are_stored_as_their_records_say(name: str, tmp_path: Path) -> None:
    played, expected = tmp_path / "played.db", tmp_path / "expected.db"
    with writing(played) as writer:
        server, port = await listen(door_to(writer, played), "127.0.0.1", 0)
        async with aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            for request in sent(name):
                if request.protocol == "grpc":
                    await channel.unary_unary(request.path)(request.body, timeout=20)
        await server.stop(None)
    with writing(expected) as writer:
        writer.submit(batch_of(records(name))).result()
    told, wanted = snapshot(played), snapshot(expected)
    assert told["spans"] and told["spans"] == wanted["spans"]


# The port


async def test_only_loopback_is_listened_on(door: Door) -> None:
    with pytest.raises(UsageError, match="no authentication"):
        await listen(door, "0.0.0.0", 0)


async def test_a_port_of_another_program_is_done_without(writer: Writer, database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = holder.getsockname()[1]
        config = replace(CONFIG, collector=replace(CONFIG.collector, grpc_port=taken))
        door = replace(door_to(writer, database), config=config)
        async with open_port(door):
            assert door.grpc.port is None
            assert f"{taken} is taken" in door.grpc.problem


async def test_no_port_means_none(writer: Writer, database: Path) -> None:
    config = replace(CONFIG, collector=replace(CONFIG.collector, grpc_port=0))
    door = replace(door_to(writer, database), config=config)
    async with open_port(door):
        assert (door.grpc.port, door.grpc.problem) == (None, "")


async def test_without_grpcio_it_says_what_to_do(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "grpc", None)
    monkeypatch.delitem(sys.modules, "llmwatch.collector.otlp.grpc")
    async with open_port(door):
        assert door.grpc.port is None
        assert "pip install 'llmwatch[grpc]'" in door.grpc.problem
        assert "http/protobuf" in door.grpc.problem and "\n" not in door.grpc.problem


def test_grpcio_is_loaded_by_the_port_alone() -> None:
    code = "import sys, llmwatch.collector.server; sys.exit('grpc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_the_process_serves_it_and_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = tmp_path / "config.toml"
    config.write_text(f"[collector]\ngrpc_port = {port}\n")
    monkeypatch.setitem(os.environ, "LLMWATCH_CONFIG", str(config))
    with collector_process(tmp_path / "llmwatch.db") as running:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            body = encoded(traces(span()), PROTOBUF)
            assert channel.unary_unary(TRACES)(body, timeout=20, wait_for_ready=True) == b""
        running.process.terminate()
        _, logged = running.process.communicate(timeout=20)
        assert running.process.returncode == 0
    assert f"gRPC on http://127.0.0.1:{port}" in running.said + logged
    assert "Traceback" not in logged
    assert spans_in(tmp_path / "llmwatch.db") == [SPAN]
