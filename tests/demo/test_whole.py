"""The demo's day through the real door: everything is taken, understood, priced and can be replayed."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from llmwatch.demo.sender import send_all
from llmwatch.demo.timeline import outgoing
from llmwatch.demo.trace import DemoSpan, Outgoing, due_ns
from llmwatch.providers.request import why_not
from llmwatch.store.database import connect_reader
from llmwatch.store.reads.spans import detail
from tests.collecting import collecting, wait_until_written

OPENED_NS = 1_772_625_600 * 10**9
LATER_NS = OPENED_NS + 120 * 10**9


@pytest.fixture(scope="module")
def items() -> list[Outgoing]:
    """The last hours of the day and two minutes of live traffic."""
    day = itertools.takewhile(lambda item: due_ns(item) <= LATER_NS, outgoing(1, OPENED_NS))
    return list(day)[-3000:]


@pytest.fixture(scope="module")
def db(items: list[Outgoing], tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    database = tmp_path_factory.mktemp("demo") / "demo.db"
    with collecting(database) as origin:
        send_all(origin, items, lambda: LATER_NS, lambda seconds: False)
        wait_until_written(database)
        with closing(connect_reader(database)) as db:
            yield db


def _column(db: sqlite3.Connection, query: str) -> list[object]:
    return [value for (value,) in db.execute(query)]


def test_everything_is_stored_once(db: sqlite3.Connection, items: list[Outgoing]) -> None:
    sent = {item.span_id for item in items if isinstance(item, DemoSpan)}
    sent |= {i.body["span_id"] for i in items if not isinstance(i, DemoSpan) and i.path == "/api/spans"}
    assert sorted(_column(db, "SELECT span_id FROM spans")) == sorted(sent)  # type: ignore[type-var]
    judged = [i for i in items if not isinstance(i, DemoSpan) and i.path != "/api/spans"]
    assert _column(db, "SELECT count(*) FROM scores") == [len(judged)]


def test_every_kind_of_step_is_recognised(db: sqlite3.Connection) -> None:
    kinds = {"llm", "embedding", "retriever", "reranker", "tool", "agent", "chain"}
    assert set(_column(db, "SELECT DISTINCT kind FROM spans")) == kinds
    assert set(_column(db, "SELECT DISTINCT dialect FROM spans")) == {"genai", "openinference", "json"}


def test_traces_say_who_asked_for_what(db: sqlite3.Connection) -> None:
    features = {"rag-chat", "classify", "agent-run", "summarise", "draft-mail"}
    assert set(_column(db, "SELECT DISTINCT feature FROM traces")) == features
    assert _column(db, "SELECT count(*) FROM traces WHERE service IS NULL") == [0]
    turns = _column(db, "SELECT count(*) FROM traces WHERE session_id IS NOT NULL GROUP BY session_id")
    assert max(map(int, map(str, turns))) >= 3


def test_only_the_shops_own_model_has_no_price(db: sqlite3.Connection) -> None:
    query = "SELECT DISTINCT model FROM spans WHERE usage_role = 'counted' AND cost_nanousd IS NULL"
    assert _column(db, query) == ["pine-mail-7b"]


def test_every_call_can_be_sent_again(db: sqlite3.Connection) -> None:
    newest = "SELECT traces.trace_id, span_id FROM spans JOIN traces ON traces.id = spans.trace"
    for trace_id, span_id in db.execute(
        f"{newest} WHERE spans.kind = 'llm' ORDER BY spans.id DESC LIMIT 200"
    ):
        found = detail(db, trace_id, span_id)
        assert found is not None
        assert why_not(found.span) is None


def test_failures_of_every_sort_are_there(db: sqlite3.Connection) -> None:
    kinds = set(_column(db, "SELECT error_type FROM spans WHERE status = 'error'"))
    assert {"openai.RateLimitError", "HTTPStatusError", "json.JSONDecodeError"} <= kinds
    heuristics = "".join(str(h) for h in _column(db, "SELECT DISTINCT heuristics_failed FROM spans"))
    assert "refusal" in heuristics
    assert "truncated" in heuristics
    assert "tool_arguments_invalid" in heuristics
