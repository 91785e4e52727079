"""Every metric against what a hand calculation on the spans of ledger.py gives."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmwatch.analysis.metrics import METRICS, Figure, figure
from llmwatch.analysis.metrics.written import written
from llmwatch.errors import UsageError
from llmwatch.store.outcomes import ERROR_CLASSES, FINISH_CLASSES
from llmwatch.store.reads.measuring import measure, measure_by
from llmwatch.store.reads.sliced import By, Where
from llmwatch.store.span import Span
from tests.analysis.ledger import END_S, SCORES, SPANS, START_S, call, stored

S = 1e9

ALL: dict[str, tuple[float | None, int]] = {
    "requests": (6, 6),
    "request_rate": (6 / 60, 6),
    "error_rate": (2 / 6, 6),
    **{f"error_rate:{name}": (0.0, 6) for name in (*ERROR_CLASSES, "4xx")},
    "error_rate:timeout": (1 / 6, 6),
    "error_rate:rate_limit": (1 / 6, 6),
    "error_rate:4xx": (1 / 6, 6),
    "timeout_rate": (1 / 6, 6),
    "retry_rate": (1 / 6, 6),
    "latency_p50": (2 * S, 5),  # 0.1 1 2 3 10
    "latency_p95": (10 * S, 5),
    "latency_p99": (10 * S, 5),
    "latency_mean": (16.1 / 5 * S, 5),
    "ttft_p50": (0.2 * S, 2),
    "ttft_p95": (1 * S, 2),
    "ttft_p99": (1 * S, 2),
    "ttft_mean": (0.6 * S, 2),
    "tokens_per_second": (10, 2),  # 40 in 0.8 s, 20 in 2 s
    "throughput_bytes": ((10 + 4 + 10 + 4 + 10 + 4) / 3600, 3),
    "tool_success_rate": (1 / 3, 3),
    "tool_latency_p50": (0.5 * S, 3),
    "tool_latency_p95": (1.5 * S, 3),
    "tool_latency_p99": (1.5 * S, 3),
    "tool_latency_mean": (0.7 * S, 3),
    "retrieval_latency_p50": (0.25 * S, 1),
    "retrieval_latency_p95": (0.25 * S, 1),
    "retrieval_latency_p99": (0.25 * S, 1),
    "retrieval_latency_mean": (0.25 * S, 1),
    "input_tokens_p50": (200, 3),
    "input_tokens_p95": (300, 3),
    "input_tokens_p99": (300, 3),
    "input_tokens_sum": (1600, 12),
    "output_tokens_p50": (40, 3),
    "output_tokens_p95": (60, 3),
    "output_tokens_p99": (60, 3),
    "output_tokens_sum": (120, 12),
    "prompt_tokens_mean": (200, 3),
    "request_chars_p50": (10, 3),
    "request_chars_p95": (10, 3),
    "request_chars_p99": (10, 3),
    "response_chars_p50": (4, 3),
    "response_chars_p95": (4, 3),
    "response_chars_p99": (4, 3),
    "tokens_per_minute": (1720 / 60, 12),
    "cost_per_request": (2000, 2),
    "cost_per_request_p95": (3000, 2),
    "cost": (4100, 3),
    "cost_per_hour": (4100, 3),
    "cost_per_day": (24 * 4100, 3),
    "cost_per_user": (2000, 2),
    "cost_per_session": (2000, 2),
    "active_users": (2, 2),
    "active_sessions": (2, 2),
    "cache_hit_rate": (1 / 2, 2),
    "cached_token_share": (50 / 600, 3),
    "negative_feedback": (1 / 3, 3),
    "rating": (1.6 / 3, 3),
    "high_score_rate": (1 / 3, 3),
    "feedback_rate": (3 / 6, 6),
    "low_score_rate": (3 / 5, 5),  # 0 0.5 0.6 of 0 0.5 0.6 0.9 1
    "regeneration_rate": (1 / 6, 6),
    "edit_rate": (1 / 6, 6),
    "abandon_rate": (1 / 6, 6),
    "refusal_rate": (1 / 3, 3),
    "heuristic_pass_rate": (1 / 3, 3),
    "format_compliance": (2 / 3, 3),
    "hallucination_rate": (1 / 2, 2),
    "quality_score": (0.7, 2),
    "groundedness": (0.65, 2),
    "safety": (0.6, 2),
    **dict.fromkeys(("correctness", "relevance", "fluency", "factuality", "task_completion"), (None, 0)),
    "safety_failures": (1, 5),
    "truncation_rate": (1 / 3, 3),
    **{f"finish_reason:{name}": (0.0, 3) for name in FINISH_CLASSES},
    "finish_reason:stop": (2 / 3, 3),
    "finish_reason:length": (1 / 3, 3),
}

SOME = (
    "requests", "error_rate", "latency_p50", "cost_per_request", "cost", "input_tokens_sum",
    "heuristic_pass_rate", "refusal_rate", "negative_feedback", "quality_score", "tool_success_rate",
)  # fmt: skip
ANN = (2, 0, 1 * S, 2000, 4000, 400, 1 / 2, 0, 1 / 2, 0.9, 1 / 3)
BOB = (2, 1 / 2, 2 * S, None, None, 200, 0, 1, 0, 0.5, None)
SLICES: list[tuple[Where, tuple[float | None, ...]]] = [
    ({"user": "ann"}, ANN),
    ({"session": "s1"}, ANN),
    ({"segment": "pro"}, ANN),
    ({"feature": "chat"}, ANN),
    ({"environment": "prod"}, (*ANN[:-1], None)),  # the tools name no environment
    ({"app_version": "1.0"}, (*ANN[:-1], None)),
    ({"service": "web"}, (*ANN[:-1], None)),
    ({"user": "ann", "model": "gpt-4o"}, (*ANN[:-1], None)),
    ({"user": "bob"}, BOB),
    ({"segment": "free"}, BOB),
    ({"model": "claude"}, BOB),
    ({"feature": "search", "environment": "dev"}, BOB),
    ({"model": "gpt-4o"}, (3, 1 / 3, 1 * S, 2000, 4000, 400, 1 / 2, 0, 1 / 2, 0.9, None)),
    ({"prompt_version": "v1"}, (1, 0, 1 * S, 1000, 1000, 100, 1, 0, 0, 0.9, None)),
    ({"prompt_name": "greet", "prompt_version": "v2"}, (1, 0, 3 * S, 3000, 3000, 300, 0, 0, 1, None, None)),
    ({"tool_name": "sql"}, (0, None, None, None, 0, 0, None, None, None, None, 1 / 2)),
    ({"user": ""}, (2, 1 / 2, 0.1 * S, None, 100, 1000, None, None, None, None, None)),
    ({"feature": "", "kind": "llm"}, (2, 1 / 2, 0.1 * S, None, 0, 0, None, None, None, None, None)),
    ({"model": "nobody's"}, (0, None, None, None, 0, 0, None, None, None, None, None)),
]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    reader = stored(tmp_path_factory.mktemp("metrics") / "m.db", SPANS, SCORES)
    yield reader
    reader.close()


def close(value: float | None) -> object:
    """Percentiles are within 1 %, the rest is exact."""
    return None if value is None else pytest.approx(value, rel=0.01)


def test_all_metrics_are_tested() -> None:
    assert ALL.keys() == METRICS.keys()


@pytest.mark.parametrize("metric", ALL)
def test_each_metric(db: sqlite3.Connection, metric: str) -> None:
    found = figure(metric, measure(db, START_S, END_S, {}, people=True))
    value, samples = ALL[metric]
    assert (found.value, found.samples) == (close(value), samples)


@pytest.mark.parametrize(("where", "expected"), SLICES)
def test_slices(db: sqlite3.Connection, where: Where, expected: tuple[float | None, ...]) -> None:
    measured = measure(db, START_S, END_S, where)
    assert [figure(metric, measured).value for metric in SOME] == [close(value) for value in expected]


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("model", {"gpt-4o": 3, "claude": 2, "mini": 1, "embed": 0, None: 0}),
        ("segment", {"pro": 2, "free": 2, None: 2}),
        ("feature", {"chat": 2, "search": 2, None: 2}),
        ("prompt_version", {"v1": 1, "v2": 1, None: 4}),
        ("environment", {"prod": 2, "dev": 2, None: 2}),
        ("app_version", {"1.0": 2, "2.0": 2, None: 2}),
        ("user", {"ann": 2, "bob": 2}),
        ("session", {"s1": 2, "s2": 2}),
        ("tool_name", {"sql": 0, "web": 0, None: 6}),
    ],
)
def test_groups(db: sqlite3.Connection, by: By, groups: dict[str | None, int]) -> None:
    found = measure_by(db, START_S, END_S, by, {})
    assert {value: measured.calls.spans for value, measured in found} == groups
    for value, measured in found:
        if by in ("user", "session"):
            alone = measure(db, START_S, END_S, {by: value or ""})
            assert measured.spans.cost_nanousd == alone.spans.cost_nanousd
            assert (measured.calls.errors, measured.spans.input_tokens) == (
                alone.calls.errors, alone.spans.input_tokens,
            )  # fmt: skip
            assert (measured.scores, measured.feedback) == (alone.scores, alone.feedback)
        else:
            assert measured == measure(db, START_S, END_S, {by: value or ""})


def test_groups_of_a_slice(db: sqlite3.Connection) -> None:
    found = measure_by(db, START_S, END_S, "user", {"model": "gpt-4o"})
    assert [(value, measured.calls.spans) for value, measured in found] == [("ann", 2), (None, 1)]
    by_model = measure_by(db, START_S, END_S, "model", {"user": "ann"}, people=True)
    assert [(value, each.spans.spans, each.users and each.users.count) for value, each in by_model] == [
        (None, 5, 1), ("gpt-4o", 2, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("where", "users", "cost"),
    [({}, 2, 4000), ({"model": "gpt-4o"}, 1, 4000), ({"segment": "free"}, 1, 0), ({"user": "bob"}, 1, 0)],
)
def test_people_of_a_slice(db: sqlite3.Connection, where: Where, users: int, cost: int) -> None:
    found = measure(db, START_S, END_S, where, people=True)
    assert found.users is not None
    assert (found.users.count, found.users.cost_nanousd) == (users, cost)
    assert measure(db, START_S, END_S, where).users is None


COUNTS = ("requests", "input_tokens_sum", "output_tokens_sum", "cost", "cost_per_hour", "cost_per_day",
          "request_rate", "tokens_per_minute", "active_users", "active_sessions")  # fmt: skip


def test_of_nothing_sums_are_zero_and_all_else_is_unknown(tmp_path: Path) -> None:
    reader = stored(tmp_path / "m.db", [])
    measured = measure(reader, START_S, END_S, {}, people=True)
    for metric in METRICS:
        assert figure(metric, measured) == Figure(0 if metric in COUNTS else None, 0), metric
    reader.close()


def _one(tmp_path: Path, span: Span) -> dict[str, float | None]:
    reader = stored(tmp_path / "m.db", [span])
    measured = measure(reader, START_S, END_S, {}, people=True)
    reader.close()
    return {metric: value for metric in METRICS if (value := figure(metric, measured).value)}


def test_a_single_call(tmp_path: Path) -> None:
    span = call("c", "t", "m", 2, read=10, written=5, cost=7, finish="stop", refused=False, heuristics=())
    assert _one(tmp_path, span) == {
        "requests": 1, "request_rate": 1 / 60, "tokens_per_minute": 15 / 60,
        **{name: close(2 * S) for name in ("latency_p50", "latency_p95", "latency_p99", "latency_mean")},
        **{f"input_tokens_p{q}": close(10) for q in (50, 95, 99)}, "input_tokens_sum": 10,
        **{f"output_tokens_p{q}": close(5) for q in (50, 95, 99)}, "output_tokens_sum": 5,
        "prompt_tokens_mean": 10, "cost_per_request": 7, "cost_per_request_p95": close(7), "cost": 7,
        "cost_per_hour": 7, "cost_per_day": 168, "heuristic_pass_rate": 1, "format_compliance": 1,
        "finish_reason:stop": 1,
    }  # fmt: skip


def test_a_call_that_says_nothing(tmp_path: Path) -> None:
    found = _one(tmp_path, call("c", "t", "m", None))
    assert found == {"requests": 1, "request_rate": 1 / 60}


def test_when_all_fail(tmp_path: Path) -> None:
    spans = [
        call(f"c{n}", f"t{n}", "m", 1, status="error", error_type=kind)
        for n, kind in enumerate(["RateLimitError", "ReadTimeout", "InternalServerError", None])
    ]
    reader = stored(tmp_path / "m.db", spans)
    measured = measure(reader, START_S, END_S, {})
    reader.close()
    rates = {metric: figure(metric, measured).value for metric in METRICS if metric.startswith("error_rate")}
    assert {metric: value for metric, value in rates.items() if value} == {
        "error_rate": 1, "error_rate:rate_limit": 1 / 4, "error_rate:4xx": 1 / 4,
        "error_rate:timeout": 1 / 4, "error_rate:5xx": 1 / 4, "error_rate:other": 1 / 4,
    }  # fmt: skip
    assert figure("cost", measured).value == 0
    assert figure("heuristic_pass_rate", measured) == Figure(None, 0)


def test_scores_of_any_name(db: sqlite3.Connection) -> None:
    measured = measure(db, START_S, END_S, {})
    assert figure("score:stars", measured) == Figure(0.6, 1)
    assert figure("score:nobody", measured) == Figure(None, 0)
    for metric in ("", "score:", "p95"):
        with pytest.raises(UsageError, match="no metric"):
            figure(metric, measured)


def test_how_values_are_written() -> None:
    assert written(METRICS["error_rate"], 0.031) == "3.1 %"
    assert written(METRICS["cost"], 1_500_000_000) == "$1.50"
    assert written(METRICS["latency_p95"], None) == "–"
    for metric in METRICS.values():
        assert written(metric, 1.0)
