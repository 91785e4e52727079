"""The demo's way to the collector: in batches when late, one by one when live, again until taken."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.demo.sender import send_all
from llmwatch.demo.timeline import outgoing
from llmwatch.demo.trace import DemoSpan, due_ns
from tests.serving import serving

OPENED_NS = 1_772_625_600 * 10**9


@dataclass
class Collector:
    """Remembers what it is sent; answers 503 to the first ``busy`` requests."""

    busy: int = 0
    got: list[tuple[str, bytes]] = field(default_factory=list)

    def app(self) -> Starlette:
        async def take(request: Request) -> Response:
            if self.busy > 0:
                self.busy -= 1
                return JSONResponse({}, 503, headers={"Retry-After": "1"})
            self.got.append((request.url.path, await request.body()))
            return JSONResponse({})

        return Starlette(routes=[Route("/{path:path}", take, methods=["POST"])])

    def span_ids(self) -> list[str]:
        return [
            span.span_id.hex()
            for path, body in self.got
            if path == "/v1/traces"
            for group in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]


def _sent_span_ids(items: list[Any]) -> list[str]:
    return sorted(item.span_id for item in items if isinstance(item, DemoSpan))


def test_what_is_overdue_goes_in_large_batches() -> None:
    items = list(itertools.islice(outgoing(1, OPENED_NS), 1200))
    collector = Collector()
    with serving(collector.app()) as origin:
        send_all(origin, items, lambda: OPENED_NS, lambda seconds: False)
    assert sorted(collector.span_ids()) == _sent_span_ids(items)
    assert len(collector.got) < 15


def test_what_is_to_come_is_waited_for() -> None:
    items = list(itertools.islice(outgoing(1, OPENED_NS), 50))
    now_ns = due_ns(items[0])
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        nonlocal now_ns
        waits.append(seconds)
        now_ns += int(seconds * 1e9)
        return False

    collector = Collector()
    with serving(collector.app()) as origin:
        send_all(origin, items, lambda: now_ns, wait)
    assert now_ns >= due_ns(items[-1]) - 1000
    assert sorted(collector.span_ids()) == _sent_span_ids(items)
    assert sum(waits) * 1e9 >= due_ns(items[-1]) - due_ns(items[0]) - 1000


def test_a_busy_collector_gets_it_again() -> None:
    items = list(itertools.islice(outgoing(1, OPENED_NS), 40))
    collector = Collector(busy=3)
    with serving(collector.app()) as origin:
        send_all(origin, items, lambda: OPENED_NS, lambda seconds: False)
    assert sorted(collector.span_ids()) == _sent_span_ids(items)


def test_it_ends_when_told_to() -> None:
    over = threading.Event()
    over.set()
    send_all("http://127.0.0.1:9", outgoing(1, OPENED_NS), lambda: OPENED_NS, over.wait)
