"""Questions in SQL: what was said, percentiles, nothing that changes anything, and an end in time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.errors import StoreMissingError, UsageError
from llmwatch.store.batch import Batch
from llmwatch.store.questions import ask, connect, schema
from llmwatch.store.span import Call, Content, Document, Message, Part, Retrieval, Span, Tool
from llmwatch.store.writer import Writer
from tests.store.builders import T0, llm, said, span, spoken, who

SPANS = [
    llm("c", trace_id="t", content=spoken("What is 2 + 2?", "4"),
        context=who(user_id="ann", metadata={"feature": "sums", "team": "x"})),
    span("tool", kind="tool", trace_id="t", tool=Tool(name="calc", arguments='{"a": 2}', result="4")),
    span("find", kind="retriever", trace_id="t", retrieval=Retrieval(
        query="sums", top_k=2, documents=(Document(id="d1", content="one", score=0.5), Document(id="d2")))),
    span("chain", trace_id="t", content=Content(input_text="in", output_text="out")),
]  # fmt: skip


@pytest.fixture
def db(path: Path, make_writer: Callable[[Path], Writer]) -> Iterator[sqlite3.Connection]:
    make_writer(path).submit(Batch(spans=SPANS)).result(10)
    connection = connect(path)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("SELECT prompt, response FROM llm_logs", ("user: What is 2 + 2?", "4")),
        ("SELECT input, output FROM llm_requests", ("user: What is 2 + 2?", "4")),
        ("SELECT input, output FROM llm_traces WHERE span_id = 'chain'", ("in", "out")),
        ("SELECT args, result FROM tool_logs", ('{"a": 2}', "4")),
        ("SELECT args->>'a' FROM tool_logs", (2,)),
        ("SELECT query, top_k, retrieved_context->>'$[0].content' FROM retrieval_logs", ("sums", 2, "one")),
        ("SELECT metadata->>'user_id', said(id, 'metadata')->>'team' FROM llm_logs", ("ann", "x")),
        ("SELECT said(id, 'nonsense'), said(-1, 'prompt'), said(NULL, 'prompt') FROM spans LIMIT 1",
         (None, None, None)),
        ("SELECT count(*) FROM search WHERE search MATCH 'sums'", (0,)),
    ],
)  # fmt: skip
def test_what_was_said_can_be_asked_for(
    db: sqlite3.Connection, question: str, answer: tuple[object, ...]
) -> None:
    assert ask(db, question, 10).rows == [answer]


def test_messages_follow_their_roles(path: Path, make_writer: Callable[[Path], Writer]) -> None:
    messages = (said("be brief", "system"), said("hello"))
    parts = (Part(type="reasoning", text="hm"), Part(type="text", text="hi"))
    answer = Content(input_messages=messages, output_messages=(Message(role="assistant", parts=parts),))
    make_writer(path).submit(Batch(spans=[llm("c", content=answer)])).result(10)
    connection = connect(path)
    assert ask(connection, "SELECT prompt, response FROM llm_logs", 1).rows == [
        ("system: be brief\n\nuser: hello", "hi")
    ]
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM spans",
        "INSERT INTO counters VALUES ('a', 1)",
        "UPDATE spans SET name = ''",
        "UPDATE sqlite_master SET sql = ''",
        "DROP TABLE spans",
        "CREATE TABLE t (a)",
        "CREATE TEMP TABLE t (a)",
        "CREATE TEMP VIEW v AS SELECT 1",
        "DROP VIEW temp.llm_logs",
        "ATTACH 'other.db' AS other",
        "VACUUM",
        "VACUUM INTO 'copy.db'",
        "PRAGMA query_only = OFF",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = ON",
        "REINDEX",
        "ANALYZE",
        "BEGIN",
        "SELECT load_extension('evil')",
        "INSERT INTO search(search) VALUES ('delete-all')",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE spans",
        "WITH x AS (SELECT 1) DELETE FROM spans",
        "EXPLAIN DELETE FROM spans",
        "nonsense",
        "",
        "SELECT * FROM nowhere",
        "SELECT zeroblob(1000000000)",
        "SELECT ?",
    ],
)
def test_nothing_else_is_done(
    db: sqlite3.Connection, path: Path, statement: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    before = path.read_bytes()
    if statement:
        with pytest.raises(UsageError):
            ask(db, statement, 10)
    else:
        assert ask(db, statement, 10).rows == []
    assert path.read_bytes() == before
    assert not (tmp_path / "other.db").exists()
    assert not (tmp_path / "copy.db").exists()
    assert ask(db, "SELECT count(*) FROM spans", 1).rows == [(4,)]


def test_a_question_without_an_end_is_stopped(db: sqlite3.Connection) -> None:
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(UsageError, match="no answer after 0 s"):
        ask(db, endless, 1, seconds=0)
    assert ask(db, "SELECT 1", 1).rows == [(1,)]


def test_no_more_rows_than_asked_for(db: sqlite3.Connection) -> None:
    answer = ask(db, "SELECT span_id FROM spans ORDER BY id", 3)
    assert (answer.columns, len(answer.rows), answer.more) == (("span_id",), 3, True)
    assert not ask(db, "SELECT span_id FROM spans", 4).more


def test_text_that_is_none_does_not_end_the_answer(db: sqlite3.Connection) -> None:
    assert ask(db, "SELECT CAST(x'ff41' AS TEXT)", 1).rows == [("�A",)]


def test_the_schema_is_told(db: sqlite3.Connection) -> None:
    found = schema(db)
    assert {"spans", "traces", "scores", "llm_requests", "feedback_events"} <= found.keys()
    assert found["counters"].startswith("CREATE TABLE counters")
    assert "search_data" not in found
    assert ask(db, "SELECT name FROM pragma_table_info('counters')", 9).rows == [("name",), ("value",)]


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError):
        connect(tmp_path / "none.db")


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [  # NumPy's default, which SQLite's percentile() has too: rank p/100 * (n - 1), linear between two
        ("(1), (2), (3), (4)", 50, 2.5),
        ("(1), (2), (3), (4)", 95, 3.85),
        ("(1), (2), (3), (4)", 0, 1.0),
        ("(1), (2), (3), (4)", 100, 4.0),
        ("(10), (NULL), (20)", 50, 15.0),
        ("(7)", 95, 7.0),
        ("(NULL)", 95, None),
    ],
)
def test_percentiles(db: sqlite3.Connection, values: str, percent: float, expected: float | None) -> None:
    (found,) = ask(db, f"SELECT percentile(column1, {percent}) FROM (VALUES {values})", 1).rows[0]
    assert found == (None if expected is None else pytest.approx(expected))


def test_the_median_is_the_middle(db: sqlite3.Connection) -> None:
    assert ask(db, "SELECT median(column1) FROM (VALUES (3), (1), (2), (10))", 1).rows == [(2.5,)]


@given(st.text(max_size=60))
def test_any_text_is_an_answer_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any" / "any.db"
    if not path.exists():
        writer = Writer(path, enrich=lambda each, _: each, queue_spans=10, synchronous="NORMAL")
        writer.start()
        writer.submit(Batch(spans=[Span(trace_id="t", span_id="s", start_ns=T0, call=Call())])).result(10)
        writer.close()
    connection = connect(path)
    try:
        ask(connection, text, 5, seconds=1)
    except UsageError:
        pass
    finally:
        connection.close()
