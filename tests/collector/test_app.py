"""How the parts work together: nothing waits for the wrong thing, and our own mistakes stay small."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from typing import Any

import httpx
import pytest

from llmwatch.collector import dialects
from llmwatch.collector.app import create_app
from llmwatch.collector.otlp.replies import JSON, PROTOBUF
from llmwatch.collector.pipeline import Pipeline
from llmwatch.collector.records import RawSpan
from llmwatch.config import CollectorConfig, Config
from llmwatch.store.span import Span
from tests.collector.conftest import Collector
from tests.collector.requests import ENCODINGS, SPAN, attributes, encoded, span, traces
from tests.collector.test_replies import rpc_status


async def test_health_answers_while_a_large_body_is_worked_on(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, done = threading.Event(), threading.Event()
    pipeline = collector.app.state.door.pipeline
    work = pipeline.spans

    def slow(*arguments: Any) -> Any:
        at_work.set()
        assert done.wait(20)
        return work(*arguments)

    monkeypatch.setattr(pipeline, "spans", slow)
    large = encoded(traces(span(attributes=attributes(text="x" * (1 << 20)))), PROTOBUF)
    sending = asyncio.create_task(collector.export("/v1/traces", large, PROTOBUF))
    assert await asyncio.to_thread(at_work.wait, 20)
    assert (await collector.client.get("/health")).json()["requests_total"] == 0
    done.set()
    assert (await sending).status_code == 200


async def test_health_answers_and_nothing_is_acknowledged_while_the_file_is_locked(
    collector: Collector,
) -> None:
    with closing(sqlite3.connect(collector.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        sending = asyncio.create_task(collector.export("/v1/traces", traces(span()), JSON))
        queued = 0
        async with asyncio.timeout(20):
            while not queued:
                await asyncio.sleep(0)
                queued = (await collector.client.get("/health")).json()["queued_spans"]
        assert not sending.done()
        other.execute("COMMIT")
    assert (await sending).status_code == 200
    assert collector.rows("SELECT span_id FROM spans") == [(SPAN,)]


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_a_mistake_of_ours_costs_one_span_and_is_logged(
    collector: Collector, encoding: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    normalise = dialects.normalise_span

    def faulty(raw: RawSpan) -> Span:
        if raw.name == "bad":
            raise KeyError("oops")
        return normalise(raw)

    monkeypatch.setattr(dialects, "normalise_span", faulty)
    request = traces(span("00f067aa0ba902b7", name="bad"), span())
    response = await collector.export("/v1/traces", request, encoding)
    assert response.status_code == 200
    assert b"KeyError" in response.content
    assert "oops" in caplog.text
    assert collector.rows("SELECT span_id FROM spans") == [(SPAN,)]


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_a_mistake_that_costs_the_request_is_a_status_too(
    collector: Collector, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(collector.app.state.door.pipeline, "spans", fail)
    with pytest.raises(ZeroDivisionError):  # the server logs it
        await collector.export("/v1/traces", traces(span()), encoding)
    transport = httpx.ASGITransport(collector.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        body = encoded(traces(span()), encoding)
        response = await client.post("/v1/traces", content=body, headers={"Content-Type": encoding})
    assert response.status_code == 500
    code = rpc_status(response.content)[0] if encoding == PROTOBUF else response.json()["code"]
    assert code == 13


async def test_a_page_that_is_allowed_may_post(collector: Collector) -> None:
    config = Config(collector=CollectorConfig(allowed_origins=("http://localhost:3000",)))
    app = create_app(collector.writer, Pipeline(config), config, collector.database)
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        for origin, expected in (("http://localhost:3000", 200), ("http://localhost:3001", 403)):
            preflight = await client.options("/v1/traces", headers={"Origin": origin, **asked})
            assert preflight.status_code == expected
            headers = {"Origin": origin, "Content-Type": JSON}
            posted = await client.post("/v1/traces", content=encoded(traces(span()), JSON), headers=headers)
            assert posted.status_code == expected
            allowed = origin if expected == 200 else None
            assert preflight.headers.get("access-control-allow-origin") == allowed
            assert posted.headers.get("access-control-allow-origin") == allowed


async def test_no_page_is_invited(collector: Collector) -> None:
    response = await collector.client.options("/v1/traces")
    assert response.status_code == 405
    assert not [name for name in response.headers if name.startswith("access-control")]


async def test_alerts_are_watched_as_long_as_the_app_lives(collector: Collector) -> None:
    app = collector.app
    async with app.router.lifespan_context(app):
        assert "alerts" in {task.get_name() for task in asyncio.all_tasks()}
    assert "alerts" not in {task.get_name() for task in asyncio.all_tasks()}
