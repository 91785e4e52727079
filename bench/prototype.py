"""A bare OTLP collector, the yardstick of bench/ingest.py: decode, flatten, insert, and nothing else.

uvicorn with a raw ASGI app, decoding on the event loop, one writer thread with group commit, one table of 29
columns with six indexes, WAL, acknowledge after commit. No limits, no merging, no prices, no rollups.

usage: python bench/prototype.py DB PORT
"""

from __future__ import annotations

import asyncio
import json
import queue
import sqlite3
import sys
import threading
from typing import Any

import uvicorn
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

COLUMNS = (
    "trace_id",
    "span_id",
    "parent_id",
    "name",
    "kind",
    "start_ns",
    "end_ns",
    "duration_ns",
    "status",
    "status_message",
    "service",
    "scope",
    "operation",
    "provider",
    "request_model",
    "response_model",
    "response_id",
    "input_tokens",
    "output_tokens",
    "temperature",
    "max_tokens",
    "finish_reasons",
    "session_id",
    "user_id",
    "error_type",
    "prompt",
    "response",
    "attributes",
    "events",
)
INDEXES = ("start_ns", "trace_id", "status, start_ns", "request_model, start_ns", "session_id", "user_id")
# OpenInference's copies of the prompt are dropped, so that a row holds 1.5 KB of text and not 2.3.
_APART = {"gen_ai.input.messages", "gen_ai.output.messages", "input.value", "output.value"}

Row = tuple[Any, ...]


def _value(value: Any) -> Any:
    which = value.WhichOneof("value")
    if which == "array_value":
        return [_value(item) for item in value.array_value.values]
    if which == "kvlist_value":
        return {kv.key: _value(kv.value) for kv in value.kvlist_value.values}
    return None if which is None else getattr(value, which)


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value


def rows_of(body: bytes) -> list[Row]:
    """One row a span of an ExportTraceServiceRequest."""
    request = ExportTraceServiceRequest.FromString(body)
    rows: list[Row] = []
    for resource_spans in request.resource_spans:
        resource = {kv.key: _value(kv.value) for kv in resource_spans.resource.attributes}
        service = resource.get("service.name")
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                a = {kv.key: _value(kv.value) for kv in span.attributes}
                start, end = span.start_time_unix_nano, span.end_time_unix_nano
                events = [
                    (e.name, e.time_unix_nano, {kv.key: _value(kv.value) for kv in e.attributes})
                    for e in span.events
                ]
                rows.append(
                    (
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        span.name,
                        span.kind,
                        start,
                        end,
                        end - start,
                        span.status.code,
                        span.status.message,
                        service,
                        scope_spans.scope.name,
                        a.get("gen_ai.operation.name"),
                        a.get("gen_ai.provider.name"),
                        a.get("gen_ai.request.model"),
                        a.get("gen_ai.response.model"),
                        _cell(a.get("gen_ai.response.id")),
                        a.get("gen_ai.usage.input_tokens"),
                        a.get("gen_ai.usage.output_tokens"),
                        a.get("gen_ai.request.temperature"),
                        a.get("gen_ai.request.max_tokens"),
                        json.dumps(a.get("gen_ai.response.finish_reasons")),
                        _cell(a.get("session.id")),
                        _cell(a.get("user.id")),
                        a.get("error.type"),
                        _cell(a.get("gen_ai.input.messages") or a.get("input.value")),
                        _cell(a.get("gen_ai.output.messages") or a.get("output.value")),
                        json.dumps({k: v for k, v in a.items() if k not in _APART}),
                        json.dumps(events),
                    )
                )
    return rows


class Writer(threading.Thread):
    """One connection, one thread; everything that waits shares a transaction."""

    def __init__(self, path: str, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(daemon=True)
        self.jobs: queue.SimpleQueue[tuple[list[Row], asyncio.Future[None]]] = queue.SimpleQueue()
        self.loop = loop
        self.path = path

    def run(self) -> None:
        db = sqlite3.connect(self.path, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute(f"CREATE TABLE spans (id INTEGER PRIMARY KEY, {', '.join(COLUMNS)})")
        for i, columns in enumerate(INDEXES):
            db.execute(f"CREATE INDEX i{i} ON spans ({columns})")
        insert = f"INSERT INTO spans ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
        while True:
            jobs = [self.jobs.get()]
            while not self.jobs.empty():
                jobs.append(self.jobs.get())
            db.execute("BEGIN IMMEDIATE")
            for rows, _ in jobs:
                db.executemany(insert, rows)
            db.execute("COMMIT")
            self.loop.call_soon_threadsafe(self._done, [future for _, future in jobs])

    @staticmethod
    def _done(futures: list[asyncio.Future[None]]) -> None:
        for future in futures:
            if not future.done():
                future.set_result(None)


class App:
    """POST anything: a trace export."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.writer: Writer | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        loop = asyncio.get_running_loop()
        if self.writer is None:
            self.writer = Writer(self.path, loop)
            self.writer.start()
        parts: list[bytes] = []
        more = True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        done: asyncio.Future[None] = loop.create_future()
        self.writer.jobs.put((rows_of(b"".join(parts)), done))
        await done
        headers = [(b"content-type", b"application/x-protobuf"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    uvicorn.run(
        App(sys.argv[1]),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        lifespan="off",
    )
