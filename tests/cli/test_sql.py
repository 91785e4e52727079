"""llmwatch sql: its formats, what it refuses, and that nothing it prints does anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from llmwatch.cli import cli
from llmwatch.errors import StoreMissingError, UsageError
from llmwatch.store.batch import Batch
from llmwatch.store.writer import Writer
from tests.store.builders import llm, spoken, who


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "llmwatch.db"
    writer = Writer(path, enrich=lambda span, _: span, queue_spans=100, synchronous="NORMAL")
    writer.start()
    spans = [
        llm("a", trace_id="t1", context=who(user_id="ann"), content=spoken("hi", "\x1b[31mred\x07\nline")),
        llm("b", trace_id="t2", tokens=None, context=who(user_id='=HYPERLINK("x")')),
    ]
    writer.submit(Batch(spans=spans)).result(10)
    writer.close()
    return path


def sql(database: Path, *arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["sql", "--db", str(database), *arguments], input=stdin)


def test_a_table(database: Path) -> None:
    result = sql(database, "SELECT request_id, user_id, input_tokens FROM llm_requests ORDER BY request_id")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "request_id  user_id          input_tokens",
        "a           ann                       100",
        'b           =HYPERLINK("x")             –',
    ]


def test_json(database: Path) -> None:
    question = "SELECT request_id, input_tokens, 1.5 AS a, 2 AS a, x'ff' AS b FROM llm_requests LIMIT 1"
    assert json.loads(sql(database, question, "--format", "json").stdout) == [
        {"request_id": "a", "input_tokens": 100, "a": 1.5, "a_4": 2, "b": "ff"}
    ]
    assert json.loads(sql(database, "SELECT 1 WHERE 0", "--format", "json").stdout) == []
    assert json.loads(sql(database, "SELECT 9e999 AS much, 'é😀' AS s", "--format", "json").stdout) == [
        {"much": None, "s": "é😀"}
    ]


def test_csv_has_no_formulas(database: Path) -> None:
    question = "SELECT user_id, -5 AS n, 'a,\"b\"' AS q FROM llm_requests ORDER BY 1"
    assert sql(database, question, "--format", "csv").stdout == (
        'user_id,n,q\n"\'=HYPERLINK(""x"")",-5,"a,""b"""\nann,-5,"a,""b"""\n'
    )
    for start in "=+-@\t\r":
        found = sql(database, f"SELECT '{start}1' AS x", "--format", "csv").stdout
        assert found.split("\n")[1].lstrip('"').startswith("'")


@pytest.mark.parametrize("form", ["table", "json"])
def test_nothing_hostile_reaches_the_terminal(database: Path, form: str) -> None:
    question = "SELECT response AS \"\x1b[2J\" FROM llm_logs UNION ALL SELECT '\u202egnp' || char(155)"
    output = sql(database, question, "--format", form).stdout
    assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(output)
    assert "red" in output


def test_a_statement_from_stdin(database: Path) -> None:
    assert sql(database, "-", stdin="SELECT count(*) AS n\nFROM spans\n").stdout == "n\n2\n"


def test_more_rows_than_wanted_are_said(database: Path) -> None:
    result = sql(database, "SELECT span_id FROM spans", "--limit", "1")
    assert (result.stdout, result.exit_code) == ("span_id\na\n", 0)
    assert "more than these 1 rows" in result.stderr


def test_what_there_is(database: Path) -> None:
    listed = sql(database, "--tables").stdout
    assert listed == sql(database, ".tables").stdout
    (row,) = [line for line in listed.splitlines() if line.startswith("llm_feedback ")]
    assert row.split()[1] == "view"
    assert "score" in row
    assert sql(database, ".schema counters").stdout.startswith("CREATE TABLE counters (")
    assert "CREATE VIEW llm_requests" in sql(database, ".schema").stdout


@pytest.mark.parametrize(
    "arguments",
    [[], ["SELECT 1", "--tables"], ["DELETE FROM spans"], ["SELECT"], [".schema nothing"], [".help"]],
)
def test_what_cannot_be_answered(database: Path, arguments: list[str]) -> None:
    assert isinstance(sql(database, *arguments).exception, UsageError)


def test_a_missing_database_is_explained(tmp_path: Path) -> None:
    assert isinstance(sql(tmp_path / "none.db", "SELECT 1").exception, StoreMissingError)
