"""llmwatch eval: a run over a dataset against what its items expect."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llmwatch.cli import cli
from llmwatch.errors import UsageError
from llmwatch.store.batch import Batch
from llmwatch.store.registry import DatasetRow, ItemRow, RunItemRow, RunRow
from llmwatch.store.span import Content, Span
from llmwatch.store.writer import Writer
from llmwatch.store.writes import datasets
from tests.store.builders import SECOND, T0, enrich, llm, span, spoken

ITEMS: list[tuple[str, Any]] = [
    ("capital", {"answer": "Paris"}), ("sum", "4"), ("open", None), ("later", "x"),
]  # fmt: skip


def root(trace_id: str, output: str | None) -> Span:
    return span("root", trace_id=trace_id, content=Content(output_text=output))


SPANS = [
    root("t-capital", "Paris"),
    llm("call", trace_id="t-capital", parent_id="root", content=spoken("?", "It is Paris")),
    root("t-sum", None),
    llm("first", trace_id="t-sum", parent_id="root", content=spoken("?", "Let me see")),
    llm("last", trace_id="t-sum", parent_id="root", start_ns=T0 + SECOND, content=spoken("?", "5")),
    root("t-open", "anything"),
]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LLMWATCH_CONFIG", str(tmp_path / "config.toml"))
    path = tmp_path / "llmwatch.db"
    writer = Writer(path, enrich=enrich, queue_spans=100, synchronous="NORMAL")
    writer.start()
    writer.submit(Batch(spans=SPANS)).result(10)
    writer.run(_fill).result(10)
    writer.close()
    return path


def _fill(db: sqlite3.Connection) -> None:
    datasets.save_dataset(db, DatasetRow(dataset_id="d", name="facts"), T0)
    for item_id, expected in ITEMS:
        item = ItemRow(item_id=item_id, dataset_id="d", input="?", expected_output=expected)
        datasets.save_item(db, item, T0)
    for name in ("one", "two"):
        datasets.save_run(db, RunRow(run_id=name, dataset_id="d", name=name), T0)
    for item_id in ("capital", "sum", "open"):
        ran = RunItemRow(run_item_id=f"two-{item_id}", run_id="two", item_id=item_id, trace_id=f"t-{item_id}")
        datasets.save_run_item(db, ran, T0)
    again = RunItemRow(
        run_item_id="one-sum", run_id="one", item_id="capital", trace_id="t-capital", span_id="call"
    )
    datasets.save_run_item(db, again, T0)


def run(database: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["eval", "--db", str(database), *arguments])


def test_the_newest_run(database: Path) -> None:
    result = run(database, "facts", "--check", "exact", "--check", "contains")
    assert result.exit_code == 1
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["item", "exact", "contains", "why", "not"],
        ["capital", "✓", "✓"],
        ["sum", "✗", "✗", "not", "4;", "no", "4"],
        ["open", "·", "·", "nothing", "is", "expected"],
        ["later", "·", "·", "not", "run"],
        [],
        [
            "run",
            "two:",
            "exact",
            "1",
            "of",
            "2,",
            "contains",
            "1",
            "of",
            "2;",
            "2",
            "items",
            "not",
            "checked",
        ],
    ]


def test_a_span_of_a_run_and_json(database: Path) -> None:
    result = run(database, "facts", "--run", "one", "--check", "contains", "--json")
    said = json.loads(result.stdout)
    assert (said["run"], said["checks"]) == ("one", ["contains"])
    assert said["items"][0] == {
        "item": "capital", "trace_id": "t-capital", "passed": {"contains": True}, "why": "",
    }  # fmt: skip
    assert result.exit_code == 0, "what was run passes"
    assert run(database, "facts", "--run", "one", "--check", "exact").exit_code == 1, "It is Paris"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing", "--check", "exact"), "There is no dataset nothing"),
        (("facts", "--run", "three", "--check", "exact"), "There is no run three over facts"),
        (("facts", "--check", "rhyme"), "There is no check rhyme"),
        (("facts", "--check", "code"), "The check code runs what a model wrote"),
    ],
)
def test_what_cannot_be_checked(database: Path, arguments: tuple[str, ...], message: str) -> None:
    error = run(database, *arguments).exception
    assert isinstance(error, UsageError)
    assert message in str(error)
    assert error.hint


def test_code_is_run_where_that_is_wanted(database: Path) -> None:
    result = run(database, "facts", "--check", "code", "--run-code")
    assert result.exit_code == 1
    assert "✗" in result.stdout
