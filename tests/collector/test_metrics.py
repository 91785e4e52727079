"""GET /metrics through the real app: text that Prometheus reads, JSON, and counters that go on."""

import asyncio
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from llmwatch.collector.app import create_app
from llmwatch.collector.pipeline import Pipeline
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.span import Call, Cost, Span, Status, Usage
from llmwatch.store.writer import Writer
from tests.collector.conftest import CONFIG, Collector


def call(number: int, status: Status = "ok", seconds: float = 0.7) -> Span:
    start_ns = time.time_ns() - 10**9
    return Span(
        trace_id=f"t{number}", span_id=f"s{number}", kind="llm", status=status,
        start_ns=start_ns, end_ns=start_ns + round(seconds * 10**9),
        call=Call(response_model="gpt-4o", usage=Usage(input_tokens=100, output_tokens=20)),
        cost=Cost(nanousd=450_000),
    )  # fmt: skip


def replace_model(span: Span, model: str) -> Call:
    assert span.call is not None
    return replace(span.call, response_model=model)


def values(text: str, name: str) -> dict[tuple[str, ...], float]:
    """Samples of a name by the values of their labels."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


async def stored(writer: Writer, *spans: Span) -> None:
    await asyncio.wrap_future(writer.submit(Batch(spans=spans)))


async def test_prometheus_reads_what_was_ingested(collector: Collector) -> None:
    await stored(collector.writer, call(1), call(2, "error", 12), call(3))
    await stored(collector.writer, call(4))
    response = await collector.client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    assert values(response.text, "llm_requests_total") == {("gpt-4o", "success"): 3, ("gpt-4o", "error"): 1}
    assert values(response.text, "llm_tokens_total") == {("gpt-4o", "input"): 400, ("gpt-4o", "output"): 80}
    assert values(response.text, "llm_cost_usd_total") == {("gpt-4o",): 0.0018}
    buckets = values(response.text, "llm_latency_seconds_bucket")
    assert buckets["0.5", "gpt-4o"] == 0
    assert buckets["1.0", "gpt-4o"] == 3
    assert buckets["10.0", "gpt-4o"] == 3
    assert buckets["30.0", "gpt-4o"] == 4
    assert buckets["+Inf", "gpt-4o"] == 4
    assert values(response.text, "llmwatch_queued_spans") == {(): 0}


async def test_a_span_that_comes_again_is_counted_as_a_duplicate_only(collector: Collector) -> None:
    span = call(1)
    await stored(collector.writer, span)
    await stored(collector.writer, span)
    text = (await collector.client.get("/metrics")).text
    assert values(text, "llm_requests_total")["gpt-4o", "success"] == 1
    assert values(text, "llmwatch_events_total") == {("acknowledged",): 2, ("duplicates",): 1}
    assert values(text, "llmwatch_stored_spans") == {(): 1}


async def test_counters_go_on_after_a_restart(tmp_path: Path) -> None:
    database = tmp_path / "llmwatch.db"
    seen = []
    for number in range(3):
        writer = Writer(database, enrich=Pipeline(CONFIG).enrich, queue_spans=1000, synchronous="NORMAL")
        writer.start()
        try:
            await stored(writer, call(number))
            app = create_app(writer, Pipeline(CONFIG), CONFIG, database)
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:4318") as client:
                text = (await client.get("/metrics")).text
        finally:
            writer.close()
        seen.append(values(text, "llm_requests_total")["gpt-4o", "success"])
    assert seen == [1, 2, 3]


async def test_counters_do_not_go_down_when_a_sum_is_corrected_after_a_restart(tmp_path: Path) -> None:
    """A wrapper comes first and counts; the call below it names another model and counts in its place."""
    database = tmp_path / "llmwatch.db"
    wrapper = call(1)
    below = replace(wrapper, span_id="below", parent_id=wrapper.span_id, call=replace_model(wrapper, "other"))
    texts = []
    for spans in ([wrapper, call(2)], [below], []):
        writer = Writer(database, enrich=Pipeline(CONFIG).enrich, queue_spans=1000, synchronous="NORMAL")
        writer.start()
        try:
            await stored(writer, *spans)
            app = create_app(writer, Pipeline(CONFIG), CONFIG, database)
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:4318") as client:
                texts.append((await client.get("/metrics")).text)
        finally:
            writer.close()
    with closing(connect_reader(database)) as db:
        sums = dict(db.execute("SELECT model, success FROM totals"))
    assert sums == {"gpt-4o": 1, "other": 1}
    for text in texts[1:]:
        assert values(text, "llm_requests_total")["gpt-4o", "success"] == 2
        assert values(text, "llm_tokens_total")["gpt-4o", "input"] == 200
        assert values(text, "llm_latency_seconds_bucket")["+Inf", "gpt-4o"] == 2
        assert values(text, "llm_requests_total")["other", "success"] == 1


async def test_json_for_those_who_accept_it(collector: Collector) -> None:
    await stored(collector.writer, call(1), call(2, "error", 12), call(3))
    response = await collector.client.get("/metrics", headers={"Accept": "application/json"})
    assert response.headers["content-type"] == "application/json"
    found: dict[str, Any] = response.json()
    assert found["requests"] == {"total": 3, "success": 2, "errors": 1, "error_rate": 1 / 3}
    assert found["tokens"] == {"input": 300, "output": 60}
    assert found["cost"] == {"total_usd": 0.00135}
    assert found["latency"] == {"count": 3, "mean_ms": 4466.667}
    assert found["window"]["minutes"] == 15
    assert found["window"]["requests"]["total"] == 3
    assert found["window"]["latency"]["count"] == 3
    assert found["health"]["level"] == "OK", "three calls are too few to judge"
    assert found["metrics"]["error_rate"] == {"value": 1 / 3, "unit": "share", "samples": 3}
    assert found["metrics"]["cost"] == {"value": 1_350_000, "unit": "nanousd", "samples": 3}
    assert "tool_success_rate" not in found["metrics"]
    assert found["alerts"] == []
    assert found["judge"] == {"judged": 0, "cost_usd": 0.0, "unpriced": 0}
    assert found["collector"]["queued_spans"] == 0


async def test_nothing_collected_yet(collector: Collector) -> None:
    text = (await collector.client.get("/metrics")).text
    assert values(text, "llm_requests_total") == {}
    assert values(text, "llmwatch_status") == {(): 0}
    found = (await collector.client.get("/metrics", headers={"Accept": "application/json"})).json()
    assert found["requests"] == {"total": 0, "success": 0, "errors": 0, "error_rate": None}
    assert found["health"]["level"] == "IDLE"


async def test_it_answers_while_spans_are_written(collector: Collector) -> None:
    written = [
        asyncio.create_task(stored(collector.writer, *map(call, range(n, n + 50)))) for n in range(0, 500, 50)
    ]
    texts = [(await collector.client.get("/metrics")).text for _ in range(5)]
    await asyncio.gather(*written)
    counts = [sum(values(text, "llm_requests_total").values()) for text in texts]
    assert counts == sorted(counts)
    final = (await collector.client.get("/metrics")).text
    assert sum(values(final, "llm_requests_total").values()) == 500
