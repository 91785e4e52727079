"""OTLP over gRPC: the three Export methods, to the same pipeline and with the same acknowledgement as HTTP.

Needs grpcio, which is an extra, so nothing but `llmwatch.collector.grpcport` imports this. Bytes go in and
out, without generated stubs, because the decoders for HTTP read the same messages. No page in a browser can
get here: none speaks HTTP/2 without TLS.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any, Final, NoReturn

import grpc
from grpc import aio

from llmwatch.addresses import bracketed, need_loopback
from llmwatch.collector.door import Door
from llmwatch.collector.otlp.intake import Rejected, take
from llmwatch.collector.otlp.reading import Request
from llmwatch.collector.otlp.replies import (
    Signal,
    code_of,
    export_response,
    retry_info,
    shortened,
    status_message,
)
from llmwatch.errors import IngestError, StoreError, UsageError

_SERVICES: Final[dict[Signal, str]] = {
    "spans": "opentelemetry.proto.collector.trace.v1.TraceService",
    "logs": "opentelemetry.proto.collector.logs.v1.LogsService",
    "metrics": "opentelemetry.proto.collector.metrics.v1.MetricsService",
}
_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}
_STREAMS: Final = 16
"""Requests of one connection at a time; more wait at their sender."""


async def listen(door: Door, host: str, port: int) -> tuple[aio.Server, int]:
    """A server that takes requests on ``port`` (0: a free one) of a loopback address, and its port.

    Raises:
        UsageError: ``host`` is no loopback address, or another program has the port.
    """
    need_loopback(host)
    server = aio.server(
        options=[
            ("grpc.max_receive_message_length", door.config.collector.max_body_mib << 20),  # inflated, too
            ("grpc.max_concurrent_streams", _STREAMS),
            ("grpc.so_reuseport", 0),  # or two collectors would share the port and each get half
        ],
        handlers=[_handler(door, signal) for signal in _SERVICES],
    )
    first = "127.0.0.1" if host == "localhost" else host
    try:
        port = server.add_insecure_port(f"{bracketed(first)}:{port}")
        if first == "127.0.0.1":
            with contextlib.suppress(RuntimeError):  # no IPv6 here, or someone else's port there
                server.add_insecure_port(f"[::1]:{port}")
    except RuntimeError as error:
        raise UsageError(f"{bracketed(first)}:{port} is taken by another program") from error
    await server.start()
    return server, port


def _handler(door: Door, signal: Signal) -> grpc.GenericRpcHandler:
    async def export(body: bytes, context: aio.ServicerContext[bytes, bytes]) -> bytes:
        try:
            rejected = await _metered(door, signal, body)
        except IngestError as error:
            await _refuse(context, code_of(error.status), error.explain())
        except StoreError as error:
            await _refuse(context, code_of(503), error.explain(), error.retry_after_s)
        return export_response(signal, rejected.records, rejected.reason)

    method = grpc.unary_unary_rpc_method_handler(export)
    return grpc.method_handlers_generic_handler(_SERVICES[signal], {"Export": method})


async def _metered(door: Door, signal: Signal, body: bytes) -> Rejected:
    began, failed = time.perf_counter(), True
    try:
        rejected = await take(door, Request(signal, "protobuf", body))
        failed = False
        return rejected
    finally:
        door.meter.add(time.perf_counter() - began, failed=failed)


async def _refuse(context: Any, code: int, message: str, wait_s: int | None = None) -> NoReturn:
    """End the call with a status; with ``wait_s`` the sender is asked to try again."""
    told = shortened(message)
    metadata: list[tuple[str, bytes]] = []
    if wait_s is not None:
        # Where google.rpc.Status belongs, which Go, Java and the Collector read, and where Python looks.
        wait = retry_info(wait_s)
        metadata.append(("grpc-status-details-bin", status_message(code, told, wait)))
        metadata.append(("google.rpc.retryinfo-bin", wait.value))
    await context.abort(_CODES[code], told, tuple(metadata))
    raise AssertionError("abort raises")
