"""One number wherever it is shown: on the screen, by the commands, in JSON, for Prometheus.

Some numbers of each set are worked out by hand; then every metric must be the same in every place.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from llmwatch.analysis.health import windows
from llmwatch.analysis.metrics import METRICS, figure
from llmwatch.analysis.metrics.written import written
from llmwatch.cli import cli
from llmwatch.collector.app import create_app
from llmwatch.collector.pipeline import Pipeline
from llmwatch.config import Config
from llmwatch.format import duration, percent
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.reads.measuring import measure
from llmwatch.store.rows import Measured
from llmwatch.store.span import Call, Context, Cost, Retrieval, Score, Span, Tool, Usage
from llmwatch.store.writer import Writer
from llmwatch.tui.models.columns import COST, QUALITY, STATUS
from llmwatch.tui.panes.grouped import read_groups
from llmwatch.tui.panes.status import load

S = 10**9
NOW = 1_772_463_630 * S
"""2 March 2026, 15:00:30 UTC."""


def call(
    number: int, ago_s: int, seconds: float | None = 1, *, usd: float | None = 0.01, tokens: int | None = 100,
    first_s: float | None = None, finish: str | None = "stop", error: str | None = None,
    checks: tuple[str, ...] | None = (), refused: bool | None = False, retries: int | None = None,
    **context: Any,
) -> Span:  # fmt: skip
    start_ns = NOW - ago_s * S
    usage = None if tokens is None else Usage(input_tokens=tokens, output_tokens=tokens // 10)
    return Span(
        trace_id=f"t{number}", span_id=f"c{number}", name="chat", kind="llm", start_ns=start_ns,
        end_ns=None if seconds is None else start_ns + round(seconds * S),
        status="error" if error else "ok", error_message=error, error_type="APIError" if error else None,
        context=Context(service="app", retry_count=retries, **context), heuristics=checks,
        call=Call(
            request_model="gpt-4o", usage=usage, refused=refused, stream=first_s is not None,
            time_to_first_chunk_ns=None if first_s is None else round(first_s * S),
            finish_reasons=None if finish is None else (finish,),
        ),
        cost=None if usage is None else Cost(nanousd=None if usd is None else round(usd * 1e9)),
    )  # fmt: skip


def other(span_id: str, kind: Any, seconds: float, **fields: Any) -> Span:
    start_ns = NOW - 100 * S
    return Span(
        trace_id="t1", span_id=span_id, kind=kind, start_ns=start_ns, end_ns=start_ns + round(seconds * S),
        context=Context(service="app"), **fields,
    )  # fmt: skip


def score(number: int, name: str, value: float | None, source: str = "judge") -> Score:
    return Score(
        score_id=f"s{number}", name=name, time_ns=NOW - number * S, trace_id="t1", span_id="c1", value=value,
        source=source,
    )  # fmt: skip


@dataclass(frozen=True)
class Set:
    """A set of spans and scores, and some of its figures by hand: None where nothing can be told."""

    spans: Sequence[Span]
    scores: Sequence[Score]
    by_hand: Mapping[str, float | None]


MIXED = Set(
    [
        call(1, 60, 1, first_s=0.2, user_id="ann", session_id="s1", usd=0.02),
        call(2, 120, 2, first_s=0.4, user_id="ann", finish="length", checks=("empty",)),
        call(3, 180, 4, user_id="bob", refused=True, usd=0.03),
        call(4, 240, 8, error="429 rate limit", tokens=None, finish=None, checks=None, refused=None),
        call(5, 300, 1, usd=None, retries=1),
        call(6, 3600, 99, usd=9),  # outside the window
        other("tool", "tool", 1, tool=Tool(name="search", success=True)),
        other("bad", "tool", 3, tool=Tool(name="search"), status="error"),
        other("find", "retriever", 2, retrieval=Retrieval(query="q")),
    ],
    [score(1, "quality_score", 0.8), score(2, "quality_score", 0.4), score(3, "user_feedback", 0.0, "user"),
     score(4, "user_feedback", 1.0, "user"), score(5, "retry", None, "user"), score(6, "mine", 0.25, "app")],
    {
        "requests": 5, "error_rate": 0.2, "error_rate:rate_limit": 0.2, "timeout_rate": 0.0,
        "retry_rate": 0.2, "refusal_rate": 0.25, "truncation_rate": 0.25, "heuristic_pass_rate": 0.75,
        "cost": 60_000_000, "cost_per_request": 20_000_000, "input_tokens_sum": 400,
        "prompt_tokens_mean": 100, "quality_score": 0.6, "negative_feedback": 0.5, "rating": 0.5,
        "regeneration_rate": 0.2, "tool_success_rate": 0.5, "active_users": 2, "request_rate": 5 / 16,
    },
)  # fmt: skip
EMPTY = Set([], [], {"requests": 0, "error_rate": None, "latency_p95": None, "cost": 0, "rating": None})
SINGLE = Set([call(1, 60)], [], {"requests": 1, "error_rate": 0.0, "cost_per_request": 10_000_000})
FAILED = Set(
    [
        call(n, 60 + n, error="timed out", tokens=None, finish=None, checks=None, refused=None)
        for n in range(3)
    ],
    [],
    {"requests": 3, "error_rate": 1.0, "timeout_rate": 1.0, "cost_per_request": None, "refusal_rate": None},
)
BARE = Set(
    [Span(trace_id="t", span_id="s", kind="llm", start_ns=NOW - 60 * S)], [],
    {"requests": 1, "error_rate": 0.0, "latency_p95": None, "cost_per_request": None, "quality_score": None},
)  # fmt: skip
SETS = {"mixed": MIXED, "empty": EMPTY, "single": SINGLE, "failed": FAILED, "bare": BARE}


@dataclass(frozen=True)
class Places:
    """What every place says of one set."""

    expected: Measured
    prometheus: Mapping[tuple[str, str], float]
    metrics: Any
    """GET /metrics, JSON."""
    status: Any
    quality: Any
    report: Any
    database: Path

    @property
    def told(self) -> dict[str, float | None]:
        """Every metric, from the one function that computes it."""
        return {name: figure(name, self.expected).value for name in METRICS}


@pytest.fixture(params=SETS)
def places(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setattr(time, "time_ns", lambda: NOW)
    monkeypatch.setenv("LLMWATCH_CONFIG", str(tmp_path / "config.toml"))
    path, given = tmp_path / "llmwatch.db", SETS[request.param]
    writer = Writer(path, enrich=lambda span, _: span, queue_spans=100, synchronous="NORMAL")
    writer.start()
    try:
        writer.submit(Batch(spans=given.spans, scores=given.scores)).result(10)
        text, found = asyncio.run(_asked(writer, path))
    finally:
        writer.close()
    with closing(connect_reader(path)) as db:
        expected = measure(db, *windows(NOW, Config()).status, {}, people=True)
    samples = {
        (sample.labels["metric"], sample.labels["unit"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "llmwatch_metric"
    }
    return Places(
        expected=expected,
        prometheus=samples,
        metrics=found,
        status=_command(path, "status", "--json"),
        quality=_command(path, "quality", "--json", "--since", "15m"),
        report=_command(path, "report", "daily", "--format", "json"),
        database=path,
    )


async def _asked(writer: Writer, path: Path) -> tuple[str, Any]:
    app = create_app(writer, Pipeline(Config()), Config(), path)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:4318") as client:
        text = (await client.get("/metrics")).text
        return text, (await client.get("/metrics", headers={"Accept": "application/json"})).json()


def _command(path: Path, *arguments: str) -> Any:
    result = CliRunner().invoke(cli, [*arguments, "--db", str(path)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return json.loads(result.stdout)


def test_figures_by_hand(places: Places, request: pytest.FixtureRequest) -> None:
    given = SETS[request.node.callspec.params["places"]]
    for name, value in given.by_hand.items():
        found = figure(name, places.expected).value
        assert found is value if value is None else found == pytest.approx(value), name


def test_json_of_the_collector_and_of_status(places: Places) -> None:
    for found in (places.metrics["metrics"], places.status["metrics"]):
        for name, value in places.told.items():
            assert found.get(name, {"value": None})["value"] == value, name
    for name, sums in places.expected.scores.items():
        told = places.metrics["metrics"].get(f"score:{name}")
        assert told == places.status["metrics"].get(f"score:{name}")
        assert (told is None) == (sums.valued == 0)


def test_prometheus(places: Places) -> None:
    scales = {"ns": ("seconds", S), "nanousd": ("usd", S), "share": ("ratio", 1), "mark": ("ratio", 1)}
    shown = set()
    for name, value in places.told.items():
        unit, scale = scales.get(METRICS[name].unit, (METRICS[name].unit, 1))
        found = places.prometheus.get((name, unit))
        assert (found is None) == (value is None), name
        if value is not None and found is not None:
            assert math.isclose(found, value / scale, rel_tol=1e-12), name
            shown.add((name, unit))
    assert shown == places.prometheus.keys()


def test_reports(places: Places) -> None:
    told = places.told
    for name, found in places.quality["figures"].items():
        assert found["value"] == told[name], name
    assert places.quality["answers"] == told["requests"]


def test_the_window_in_json(places: Places) -> None:
    window, told = places.metrics["window"], places.told
    assert window["requests"]["total"] == told["requests"]
    assert window["requests"]["error_rate"] == told["error_rate"] == places.status["error_rate"]
    assert window["requests"]["heuristic_pass_rate"] == told["heuristic_pass_rate"]
    for section, prefix in (("latency", "latency"), ("time_to_first_token", "ttft")):
        for q in ("p50", "p95", "p99"):
            value = told[f"{prefix}_{q}"]
            assert window[section][f"{q}_ms"] == (None if value is None else round(value / 1e6, 3))
    assert places.status["llm_calls"] == told["requests"]
    assert places.status["cost_usd"] == pytest.approx((told["cost"] or 0) / 1e9)


def test_the_screen(places: Places) -> None:
    told = places.told
    with closing(connect_reader(places.database)) as db:
        view = load(db, NOW, Config())
        window = windows(NOW, Config()).status
        tables = {layout: read_groups(db, "model", window, {}, layout) for layout in (STATUS, QUALITY, COST)}
    shown = {metric.label: metric.value for metric in view.metrics}
    assert shown["errors"] == percent(told["error_rate"])
    assert shown["p95"] == duration(told["latency_p95"])
    assert shown["TTFT p95"] == duration(told["ttft_p95"])
    assert view.calls == told["requests"]
    columns = {
        "errors": "error_rate", "p95": "latency_p95", "p50": "latency_p50", "p99": "latency_p99",
        "TTFT p95": "ttft_p95", "timeouts": "timeout_rate", "retries": "retry_rate",
        "tok/s": "tokens_per_second", "checks": "heuristic_pass_rate", "refusals": "refusal_rate",
        "cut off": "truncation_rate", "format": "format_compliance", "$/call": "cost_per_request",
    }  # fmt: skip
    models = [
        measured for grouping in tables.values() for value, measured in grouping.groups if value == "gpt-4o"
    ]
    for layout, grouping in tables.items():
        for value, measured in grouping.groups:
            for column in layout.columns:
                metric = columns.get(column.title)
                if value == "gpt-4o" and metric is not None:
                    number = told[metric]
                    assert column.write(measured)[0] == written(METRICS[metric], number)
    assert len(models) == (3 if places.expected.calls.words else 0), "one in each table"
