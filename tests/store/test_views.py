"""Queries as they are written for hand-made logs of LLM calls, on a fixed set of calls, answered by hand.

The dialect is SQLite's: ``NOW() - INTERVAL '7 days'`` is ``datetime(:now, '-7 days')``, and shares are
averages of 1.0 and 0.0 where others divide whole numbers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.questions import connect
from llmwatch.store.span import Call, Context, Cost, Retrieval, Score, Span, Tool, Usage
from llmwatch.store.writer import Writer

NOW = "2026-03-02 23:00:00"
MS = 1_000_000
LIMITED = "429 Too Many Requests"


def at(moment: str) -> int:
    """Nanoseconds of a moment in UTC."""
    return int(datetime.fromisoformat(f"{moment}+00:00").timestamp()) * 1000 * MS


def call(
    name: str, moment: str, model: str, ms: int, version: str, tokens: tuple[int, int] | None = None,
    usd: float | None = None, *, error: str | None = None, operation: str = "chat", **context: Any,
) -> Span:  # fmt: skip
    usage = None if tokens is None else Usage(input_tokens=tokens[0], output_tokens=tokens[1])
    return Span(
        trace_id=f"trace-{name}", span_id=name, parent_id=f"root-{name}" if name == "c1" else None,
        name=operation, kind="llm", start_ns=at(moment), end_ns=at(moment) + ms * MS,
        status="error" if error else "ok", error_message=error, error_type="rate_limit" if error else None,
        context=Context(prompt_version=version, prompt_name="support", **context),
        call=Call(request_model=model, usage=usage),
        cost=None if usd is None else Cost(nanousd=round(usd * 1e9)),
    )  # fmt: skip


def other(trace: str, span_id: str, kind: Any, moment: str, ms: int, **fields: Any) -> Span:
    return Span(
        trace_id=f"trace-{trace}", span_id=span_id, kind=kind, start_ns=at(moment),
        end_ns=at(moment) + ms * MS, **fields,
    )  # fmt: skip


CALLS = [
    # The first says who asked and in which session on its root only.
    call("c1", "2026-03-02 12:00:00", "gpt-4o", 800, "v1", (9000, 1500), 2.00, feature="code"),
    call("c2", "2026-03-02 13:00:00", "gpt-4o", 2500, "v2", (100, 50), 0.30, feature="code",
         user_id="ann", session_id="s1"),
    call("c3", "2026-03-02 14:00:00", "gpt-4o-mini", 6000, "v1", (12000, 500), 0.05, feature="sum",
         user_id="bob", session_id="s2"),
    call("c4", "2026-03-01 12:00:00", "gpt-4o", 900, "v2", (500, 100), 0.01, feature="sum",
         user_id="bob", session_id="s2"),
    call("c5", "2026-03-01 12:30:00", "gpt-4o-mini", 100, "v4", error=LIMITED),
    call("c6", "2026-03-01 12:40:00", "gpt-4o-mini", 5500, "v1", error=LIMITED, user_id="ann"),
    call("c7", "2026-01-01 12:00:00", "gpt-4o", 1000, "v0", (1, 1), 9.00, user_id="carl"),
]  # fmt: skip
OTHERS = [
    other("c1", "root-c1", "chain", "2026-03-02 12:00:00", 9000, name="answer",
          context=Context(user_id="ann", session_id="s1")),
    other("c1", "r1", "retriever", "2026-03-02 12:00:00", 2500, name="find",
          retrieval=Retrieval(query="q", document_count=3)),
    other("c1", "t1", "tool", "2026-03-02 12:00:01", 100, tool=Tool(name="search", success=True)),
    other("c1", "t2", "tool", "2026-03-02 12:00:02", 300, tool=Tool(name="search"), status="error",
          error_message="no network"),
    other("c1", "t3", "tool", "2026-03-02 12:00:03", 20, tool=Tool(name="calc")),
    other("c3", "r2", "retriever", "2026-03-02 14:00:00", 500, name="find",
          retrieval=Retrieval(query="q", document_count=5)),
    other("c4", "r3", "retriever", "2026-03-01 12:00:00", 1500, name="find"),
    # A wrapper that repeats the usage of the call below it: it counts once.
    other("c9", "wrapper", "llm", "2026-01-01 13:00:00", 10, name="agent",
          call=Call(request_model="gpt-4o", usage=Usage(input_tokens=7, output_tokens=7)),
          cost=Cost(nanousd=10**9)),
    other("c9", "inner", "llm", "2026-01-01 13:00:00", 9, name="agent", parent_id="wrapper",
          context=Context(prompt_version="v0"),
          call=Call(request_model="gpt-4o", usage=Usage(input_tokens=7, output_tokens=7)),
          cost=Cost(nanousd=10**9)),
]  # fmt: skip


def said(
    number: int, name: str, about: dict[str, str], value: float | None, raw: str, **fields: Any
) -> Score:
    fields.setdefault("source", "user")
    return Score(
        score_id=f"f{number}", name=name, time_ns=at("2026-03-02 20:00:00") + number, value=value,
        raw_value=raw, **about, **fields,
    )  # fmt: skip


def of(name: str) -> dict[str, str]:
    return {"trace_id": f"trace-{name}", "span_id": name}


SCORES = [
    said(1, "rating", of("c1"), 0.8, "4"),
    said(2, "rating", of("c1"), 0.4, "2", comment="on second thought"),
    said(3, "user_feedback", of("c2"), 1.0, "thumbs_up", label="thumbs_up"),
    said(4, "user_feedback", {"trace_id": "trace-c3"}, 0.0, "thumbs_down", label="thumbs_down"),
    said(5, "user_feedback", of("c4"), 1.0, "thumbs_up", label="thumbs_up"),
    said(6, "user_rating", of("c4"), 3.0, "3", source="app"),  # stars whose scale the sender did not say
    said(7, "retry", {"session_id": "s1"}, None, "retry", label="retry"),
    *(
        said(10 + place, "judge_correctness", of(name), value, str(value), source="judge")
        for place, (name, value) in enumerate({"c1": 0.3, "c2": 0.5, "c3": 0.4, "c4": 0.8}.items())
    ),
]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("views") / "llmwatch.db"
    writer = Writer(path, enrich=lambda span, _: span, queue_spans=1000, synchronous="NORMAL")
    writer.start()
    writer.submit(Batch(spans=[*CALLS, *OTHERS], scores=SCORES)).result(10)
    writer.close()
    reader = connect(path)
    yield reader
    reader.close()


COST_OF_MONTH = """
    SELECT DATE(timestamp) AS date, model, SUM(cost) AS total_cost, COUNT(*) AS num_requests,
           AVG(cost) AS avg_cost_per_request
    FROM llm_requests WHERE timestamp >= datetime(:now, '-30 days')
    GROUP BY date, model ORDER BY date DESC, total_cost DESC"""
TOP_USERS = """
    SELECT user_id, SUM(cost) AS total_cost, COUNT(*) AS num_requests FROM llm_requests
    WHERE timestamp >= datetime(:now, '-7 days') GROUP BY user_id ORDER BY total_cost DESC LIMIT 10"""
TOP_USERS_OF_LOGS = """
    SELECT metadata->>'user_id' AS user_id, SUM(cost_usd) AS total_cost FROM llm_logs
    WHERE timestamp > datetime(:now, '-30 days') AND metadata->>'user_id' IS NOT NULL
    GROUP BY user_id ORDER BY total_cost DESC LIMIT 100"""
BY_VERSION = """
    SELECT prompt_version, COUNT(*) AS requests, AVG(cost) AS avg_cost, AVG(total_tokens) AS avg_tokens,
           AVG(latency_ms) AS avg_latency_ms
    FROM llm_requests WHERE timestamp >= datetime(:now, '-30 days')
    GROUP BY prompt_version ORDER BY requests DESC, prompt_version"""
VERSION_QUALITY = """
    SELECT r.prompt_version, COUNT(*) AS total_requests, AVG(f.score) AS avg_score,
           SUM(CASE WHEN f.score >= 4 THEN 1.0 ELSE 0 END) / COUNT(*) AS high_score_rate,
           AVG(r.cost) AS avg_cost
    FROM llm_requests r LEFT JOIN llm_feedback f ON r.request_id = f.request_id
    WHERE r.timestamp >= datetime(:now, '-7 days')
    GROUP BY r.prompt_version ORDER BY avg_score DESC"""
EXPENSIVE = """
    SELECT prompt_version, AVG(total_tokens), AVG(cost) FROM llm_requests
    GROUP BY prompt_version HAVING AVG(cost) > 0.10 ORDER BY AVG(cost) DESC"""
SLOW = """
    SELECT operation_name, AVG(latency_ms), COUNT(*) FROM llm_traces WHERE latency_ms > 5000
    GROUP BY operation_name ORDER BY AVG(latency_ms) DESC"""
ERRORS = """
    SELECT error, COUNT(*) AS occurrences FROM llm_requests WHERE success = false
    GROUP BY error ORDER BY occurrences DESC"""
BY_FEATURE = """
    SELECT feature, SUM(cost_usd) AS total_cost, COUNT(*) AS calls FROM llm_logs
    WHERE timestamp > datetime(:now, '-7 days') AND feature IS NOT NULL
    GROUP BY feature ORDER BY total_cost DESC"""
OUTLIERS = """
    SELECT message_id, cost_usd, total_tokens FROM llm_logs
    WHERE cost_usd > 1.00 OR total_tokens > 10000 ORDER BY cost_usd DESC LIMIT 50"""
TOOLS = """
    SELECT tool_name, COUNT(*) AS calls, AVG(CASE WHEN success THEN 1.0 ELSE 0.0 END) AS success_rate,
           AVG(latency_ms) AS avg_latency
    FROM tool_logs GROUP BY tool_name ORDER BY success_rate ASC"""
BY_SPEED = """
    SELECT CASE WHEN l.latency_ms < 1000 THEN 'fast' WHEN l.latency_ms < 3000 THEN 'medium' ELSE 'slow' END
               AS speed,
           AVG(CASE WHEN f.feedback_type = 'thumbs_up' THEN 1.0 ELSE 0.0 END) AS satisfaction
    FROM llm_logs l JOIN feedback_events f ON l.message_id = f.message_id
    WHERE f.feedback_type IN ('thumbs_up', 'thumbs_down') GROUP BY speed ORDER BY speed"""
SATISFIED = """
    SELECT l.feature, COUNT(*), AVG(CASE WHEN f.feedback_type = 'thumbs_up' THEN 1.0 ELSE 0.0 END)
    FROM llm_logs l JOIN feedback_events f ON l.message_id = f.message_id
    WHERE f.feedback_type IN ('thumbs_up', 'thumbs_down') GROUP BY l.feature ORDER BY l.feature"""
RETRIEVAL_BY_DAY = """
    SELECT DATE(timestamp) AS day, AVG(latency_ms), AVG(doc_count) FROM retrieval_logs
    GROUP BY day ORDER BY day"""
RETRIEVAL_QUALITY = """
    SELECT r.latency_ms > 2000 AS slow, AVG(s.value) FROM retrieval_logs r
    JOIN scores s ON s.trace_id = r.trace_id AND s.name = 'judge_correctness' GROUP BY slow ORDER BY slow"""
BEST_VERSION = """
    SELECT r.prompt_version, AVG(s.value) AS correctness FROM llm_requests r
    JOIN scores s ON s.span = r.id AND s.name = 'judge_correctness'
    GROUP BY r.prompt_version ORDER BY correctness DESC LIMIT 1"""
LENGTHS = """
    SELECT DATE(timestamp) AS day, AVG(prompt_tokens), MAX(prompt_tokens),
           SUM(prompt_tokens > 10000) AS long FROM llm_logs
    WHERE timestamp > datetime(:now, '-7 days') GROUP BY day ORDER BY day"""
USAGE = """
    SELECT DATE(timestamp) AS day, COUNT(*) AS requests, COUNT(DISTINCT user_id) AS active_users
    FROM llm_requests WHERE timestamp > datetime(:now, '-7 days') GROUP BY day ORDER BY day"""
PEAK = """
    SELECT strftime('%H', timestamp) AS hour, COUNT(*) AS requests FROM llm_requests
    WHERE timestamp > datetime(:now, '-7 days') GROUP BY hour ORDER BY requests DESC, hour LIMIT 1"""
SHARES = """
    SELECT model, COUNT(*) * 1.0 / SUM(COUNT(*)) OVER () AS share FROM llm_requests
    WHERE timestamp > datetime(:now, '-7 days') GROUP BY model ORDER BY model"""
OF_SESSION = "SELECT message_id, success, error FROM llm_logs WHERE session_id = 's1' ORDER BY timestamp"
TOOLS_OF_SESSION = (
    "SELECT tool_name, success, error FROM tool_logs WHERE session_id = 's1' ORDER BY timestamp"
)
FEEDBACK_OF_SESSION = (
    "SELECT feedback_type, message_id, feedback_text FROM feedback_events WHERE session_id = 's1' ORDER BY id"
)
REPEATED = "SELECT request_id, cost FROM llm_requests WHERE trace_id = 'trace-c9'"

ANSWERS: dict[str, list[tuple[Any, ...]]] = {
    COST_OF_MONTH: [
        ("2026-03-02", "gpt-4o", 2.30, 2, 1.15),
        ("2026-03-02", "gpt-4o-mini", 0.05, 1, 0.05),
        ("2026-03-01", "gpt-4o", 0.01, 1, 0.01),
        ("2026-03-01", "gpt-4o-mini", None, 2, None),
    ],
    TOP_USERS: [("ann", 2.30, 3), ("bob", 0.06, 2), (None, None, 1)],
    TOP_USERS_OF_LOGS: [("ann", 2.30), ("bob", 0.06)],
    BY_VERSION: [
        ("v1", 3, 1.025, 11_500, 4100),  # the failing call has neither tokens nor a price
        ("v2", 2, 0.155, 375, 1700),
        ("v4", 1, None, None, 100),
    ],
    VERSION_QUALITY: [
        ("v2", 2, 4.0, 0.5, 0.155),  # 5 for the thumb, 3 for the last word on the other
        ("v1", 3, 1.0, 0.0, 1.025),  # 2, the second of two ratings, and 0 for the thumb down
        ("v4", 1, None, 0.0, None),
    ],
    EXPENSIVE: [("v0", 8.0, 5.0), ("v1", 11_500, 1.025), ("v2", 375, 0.155)],
    SLOW: [("answer", 9000, 1), ("chat", 5750, 2)],
    ERRORS: [(LIMITED, 2)],
    BY_FEATURE: [("code", 2.30, 2), ("sum", 0.06, 2)],
    OUTLIERS: [("c7", 9.0, 2), ("c1", 2.0, 10_500), ("c3", 0.05, 12_500)],
    TOOLS: [("search", 2, 0.5, 200), ("calc", 1, 1.0, 20)],
    BY_SPEED: [("fast", 1.0), ("medium", 1.0), ("slow", 0.0)],
    SATISFIED: [("code", 1, 1.0), ("sum", 2, 0.5)],
    RETRIEVAL_BY_DAY: [("2026-03-01", 1500, None), ("2026-03-02", 1500, 4)],
    RETRIEVAL_QUALITY: [(0, 0.6), (1, 0.3)],
    BEST_VERSION: [("v2", 0.65)],
    LENGTHS: [("2026-03-01", 500, 500, 0), ("2026-03-02", 7033.333333, 12_000, 1)],
    USAGE: [("2026-03-01", 3, 2), ("2026-03-02", 3, 2)],
    PEAK: [("12", 4)],
    SHARES: [("gpt-4o", 0.5), ("gpt-4o-mini", 0.5)],
    OF_SESSION: [("c1", 1, None), ("c2", 1, None)],
    TOOLS_OF_SESSION: [("search", 1, None), ("search", 0, "no network"), ("calc", 1, None)],
    FEEDBACK_OF_SESSION: [
        ("rating", "c1", None), ("rating", "c1", "on second thought"), ("thumbs_up", "c2", None),
        ("retry", "c2", None),
    ],
    REPEATED: [("inner", 1.0)],
}  # fmt: skip


@pytest.mark.parametrize(("query", "answer"), ANSWERS.items())
def test_queries_of_hand_made_logs(db: sqlite3.Connection, query: str, answer: list[tuple[Any, ...]]) -> None:
    found = db.execute(query, {"now": NOW} if ":now" in query else {}).fetchall()
    assert [[_rounded(value) for value in row] for row in found] == [list(row) for row in answer]


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value


def test_an_empty_file_answers_with_nothing(path: Path) -> None:
    empty = connect_reader(path)
    for view in ("llm_requests", "llm_logs", "llm_traces", "tool_logs", "retrieval_logs", "feedback_events",
                 "llm_feedback"):  # fmt: skip
        assert empty.execute(f"SELECT * FROM {view}").fetchall() == []
    empty.close()


def test_a_call_that_runs_has_neither_succeeded_nor_failed(
    path: Path, make_writer: Callable[[Path], Writer]
) -> None:
    running = Span(trace_id="t", span_id="s", kind="llm", state="started", start_ns=at("2026-03-02 12:00:00"))
    make_writer(path).submit(Batch(spans=[running])).result(10)
    reader = connect_reader(path)
    query = "SELECT timestamp, completed_at, success, latency_ms FROM llm_requests"
    assert reader.execute(query).fetchall() == [("2026-03-02 12:00:00.000", None, None, None)]
    reader.close()
