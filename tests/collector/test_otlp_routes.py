"""OTLP over the real app into a real database."""

from __future__ import annotations

import gzip
from concurrent.futures import Future
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from llmwatch.collector.otlp.replies import JSON, PROTOBUF
from llmwatch.errors import StoreBusyError, StoreUnusableError
from llmwatch.store.batch import WriteResult
from tests.collector.conftest import Collector
from tests.collector.requests import (
    ENCODINGS,
    SPAN,
    START,
    TRACE,
    attributes,
    encoded,
    logs,
    metrics,
    span,
    traces,
)
from tests.collector.test_replies import rpc_status

both = pytest.mark.parametrize("encoding", ENCODINGS)

CALL = attributes(
    gen_ai__operation__name="chat",
    gen_ai__provider__name="openai",
    gen_ai__request__model="gpt-4o",
    gen_ai__response__model="gpt-4o",
    gen_ai__usage__input_tokens=1000,
    gen_ai__usage__output_tokens=100,
)


@both
@pytest.mark.parametrize("compression", ["identity", "gzip"])
async def test_a_span_is_stored_before_it_is_acknowledged(
    collector: Collector, encoding: str, compression: str
) -> None:
    body = encoded(traces(span(attributes=CALL), service__name="shop"), encoding)
    body = gzip.compress(body) if compression == "gzip" else body
    response = await collector.export("/v1/traces", body, encoding, Content_Encoding=compression)
    assert (response.status_code, response.headers["content-type"]) == (200, encoding)
    assert response.content == (b"" if encoding == PROTOBUF else b"{}")
    sql = "SELECT span_id, kind, duration_ns, model, input_tokens, output_tokens, cost_nanousd FROM spans"
    # gpt-4o: $2.50 and $10 a million tokens.
    assert collector.rows(sql) == [(SPAN, "llm", 10**9, "gpt-4o", 1000, 100, 3_500_000)]


@both
async def test_the_same_bytes_again_change_nothing(collector: Collector, encoding: str) -> None:
    body = encoded(traces(span(attributes=CALL), span("00f067aa0ba902b7")), encoding)
    for _ in range(3):
        assert (await collector.export("/v1/traces", body, encoding)).status_code == 200
    assert collector.rows("SELECT count(*) FROM spans") == [(2,)]
    assert collector.rows("SELECT sum(spans) FROM rollups WHERE width_s = 60") == [(2,)]


@both
async def test_what_cannot_be_taken_is_told_and_counted(collector: Collector, encoding: str) -> None:
    response = await collector.export("/v1/traces", traces(span(spanId="0" * 16), span()), encoding)
    assert response.status_code == 200
    if encoding == PROTOBUF:
        partial = ExportTraceServiceResponse.FromString(response.content).partial_success
        told = (partial.rejected_spans, partial.error_message)
    else:
        partial = response.json()["partialSuccess"]
        told = (int(partial["rejectedSpans"]), partial["errorMessage"])
    assert told[0] == 1
    assert "span id" in told[1]
    assert collector.rows("SELECT span_id FROM spans") == [(SPAN,)]
    assert collector.rows("SELECT value FROM counters WHERE name = 'spans_rejected'") == [(1,)]


@both
@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/v1/metrics"])
async def test_an_undecodable_request_is_a_400_with_a_status(
    collector: Collector, encoding: str, path: str
) -> None:
    response = await collector.export(path, b"\xff\xff not a request", encoding)
    assert (response.status_code, response.headers["content-type"]) == (400, encoding)
    code = rpc_status(response.content)[0] if encoding == PROTOBUF else response.json()["code"]
    assert code == 3


@both
@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/v1/metrics"])
async def test_an_empty_request_succeeds(collector: Collector, encoding: str, path: str) -> None:
    response = await collector.export(path, b"" if encoding == PROTOBUF else b"{}", encoding)
    assert response.status_code == 200


async def test_logs_join_their_span_and_metrics_are_counted(collector: Collector) -> None:
    record = {
        "traceId": TRACE,
        "spanId": SPAN,
        "timeUnixNano": str(START),
        "eventName": "gen_ai.user.message",
        "body": {"kvlistValue": {"values": attributes(content="hi")}},
    }
    assert (await collector.export("/v1/logs", logs(record), PROTOBUF)).status_code == 200
    assert collector.rows("SELECT span_id, state FROM spans") == [(SPAN, "partial")]
    assert (await collector.export("/v1/traces", traces(span()), JSON)).status_code == 200
    assert collector.rows("SELECT span_id, state, content_captured FROM spans") == [(SPAN, "ended", 1)]
    points = metrics({"name": "a", "gauge": {"dataPoints": [{"asInt": "1"}, {"asInt": "2"}]}})
    assert (await collector.export("/v1/metrics", points, PROTOBUF)).status_code == 200
    counted = dict(collector.rows("SELECT name, value FROM counters"))
    assert (counted["log_records"], counted["metric_points"]) == (1, 2)


@both
async def test_credentials_are_not_in_the_database(collector: Collector, encoding: str) -> None:
    secret = "sk-canary0123456789"
    sent = attributes(
        http__request__header__authorization=[f"Bearer {secret}"],
        openai__api_key=secret,
        llm__headers=f"{{'x-api-key': '{secret}'}}",
    )
    await collector.export("/v1/traces", traces(span(attributes=sent)), encoding)
    assert "[redacted]" in repr(collector.detail(TRACE, SPAN))
    assert secret not in repr(collector.detail(TRACE, SPAN))
    collector.writer.close()
    assert secret.encode() not in b"".join(path.read_bytes() for path in collector.database.parent.iterdir())


@pytest.mark.parametrize(
    ("error", "retry_after"),
    [
        (StoreBusyError("30000 spans are waiting"), "1"),
        (StoreBusyError("wait", retry_after_s=7), "7"),
        (StoreUnusableError("disk full"), "5"),
    ],
)
@both
async def test_what_cannot_be_stored_now_must_come_again(
    collector: Collector, encoding: str, error: Exception, retry_after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_make: object, _size: int) -> Future[WriteResult]:
        raise error

    monkeypatch.setattr(collector.writer, "prepare", refuse)
    response = await collector.export("/v1/traces", traces(span()), encoding)
    assert (response.status_code, response.headers["retry-after"]) == (503, retry_after)
    code, message = (
        rpc_status(response.content)
        if encoding == PROTOBUF
        else (response.json()["code"], response.json()["message"])
    )
    assert (code, message.splitlines()[0]) == (14, str(error))


async def test_a_body_with_more_spans_than_the_queue_holds_is_taken(collector: Collector) -> None:
    many = traces(*(span(f"{number:016x}") for number in range(1, 2501)))
    response = await collector.export("/v1/traces", many, PROTOBUF)
    assert response.status_code == 200
    assert collector.rows("SELECT count(*) FROM spans") == [(2500,)]


async def test_long_values_are_cut_and_the_cut_is_told(collector: Collector) -> None:
    sent = attributes(note="x" * 20_000, short="y")
    assert (await collector.export("/v1/traces", traces(span(attributes=sent)), PROTOBUF)).status_code == 200
    content = collector.detail(TRACE, SPAN).span.content
    assert content.attributes == {"note": "x" * 8192, "short": "y"}
    assert content.truncated == ("note: 20000",)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/v1/traces", 405),
        ("PUT", "/v1/logs", 405),
        ("POST", "/health", 405),
        ("GET", "/nothing", 404),
    ],
)
async def test_there_is_no_such_thing_here(
    collector: Collector, method: str, path: str, expected: int
) -> None:
    response = await collector.client.request(method, path)
    assert response.status_code == expected
    assert response.json()["code"] in (5, 12)


async def test_the_guards_stand_before_the_routes(collector: Collector) -> None:
    request: Any = encoded(traces(span()), JSON)
    refused = await collector.export("/v1/traces", request, JSON, Host="evil.example")
    assert refused.status_code == 403
    assert (
        await collector.export("/v1/traces", request, JSON, Origin="http://evil.example")
    ).status_code == 403
    assert (await collector.export("/v1/traces", request, "text/plain")).status_code == 415
    assert (await collector.export("/v1/traces", bytes((4 << 20) + 1), PROTOBUF)).status_code == 413
    assert collector.rows("SELECT count(*) FROM spans") == [(0,)]


async def test_health_tells_who_is_listening(collector: Collector) -> None:
    assert (await collector.export("/v1/traces", traces(span()), JSON)).status_code == 200
    assert (await collector.export("/v1/traces", b"{", JSON)).status_code == 400
    health = (await collector.client.get("/health")).json()
    assert health["service"] == "llmwatch"
    assert health["status"] == "ok"
    assert health["db"] == str(collector.database)
    assert (health["queued_spans"], health["requests_total"], health["error_rate"]) == (0, 2, 0.5)
    assert health["avg_latency_ms"] > 0


@both
async def test_a_coding_agents_event_is_a_call_and_its_prompt(collector: Collector, encoding: str) -> None:
    said = attributes(
        event__name="claude_code.api_request",
        session__id="s-1",
        prompt__id="p-1",
        model="claude-sonnet-4-5-20250929",
        input_tokens="1000",
        output_tokens="100",
        duration_ms="500",
    )
    record = {"timeUnixNano": str(START), "attributes": said}
    for _ in range(2):
        reply = await collector.export("/v1/logs", logs(record), encoding)
        assert reply.status_code == 200
    sql = "SELECT kind, state, duration_ns, input_tokens, cost_nanousd FROM spans ORDER BY kind"
    # claude-sonnet-4-5: $3 and $15 a million tokens.
    assert collector.rows(sql) == [
        ("agent", "partial", None, None, None),
        ("llm", "ended", 500_000_000, 1000, 4_500_000),
    ]
    assert collector.rows("SELECT session_id, llm_calls FROM traces") == [("s-1", 1)]
