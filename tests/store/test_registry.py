"""Prompts with their versions and labels; datasets, items and runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from llmwatch.store.database import SCHEMA_VERSION, connect_reader, connect_writer, prepare
from llmwatch.store.reads import datasets as read
from llmwatch.store.reads import prompts
from llmwatch.store.registry import DatasetRow, ItemRow, NewPrompt, RunItemRow, RunRow
from llmwatch.store.writer import Writer
from llmwatch.store.writes import datasets as write
from llmwatch.store.writes import prompts as write_prompts
from tests.dialects.stored import writing
from tests.store.builders import old_file

T0 = 1_700_000_000_000_000_000
ANSWER = NewPrompt(name="support/answer", type="text", prompt="Answer: {{q}}", config={"temperature": 0.2})


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "llmwatch.db"
    prepare(path)
    with closing(connect_writer(path, "NORMAL")) as connection:
        yield connection


def test_a_file_of_the_first_schema_gets_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "llmwatch.db"
    old_file(path, before="0002_registry").close()
    prepare(path)
    with closing(connect_reader(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert prompts.summaries(db, limit=10).total == 0
        assert read.datasets(db, limit=10).rows == []


def test_a_new_prompt_is_version_1_and_the_latest(db: sqlite3.Connection) -> None:
    made = write_prompts.create(db, ANSWER, T0)
    assert (made.version, made.labels, made.tags) == (1, ("latest",), ())
    assert made.prompt == "Answer: {{q}}"
    assert made.config == {"temperature": 0.2}
    assert (made.created_ns, made.updated_ns) == (T0, T0)
    assert prompts.prompt(db, "support/answer") == made
    assert prompts.prompt(db, "support/answer", version=1) == made
    assert prompts.prompt(db, "support/answer", label="production") is None
    assert prompts.prompt(db, "answer") is None


def test_a_label_is_at_one_version(db: sqlite3.Connection) -> None:
    write_prompts.create(db, replace(ANSWER, labels=("production", "eu")), T0)
    second = write_prompts.create(db, replace(ANSWER, labels=("production",)), T0 + 1)
    assert second.labels == ("latest", "production")
    first = prompts.prompt(db, ANSWER.name, version=1)
    assert first is not None
    assert first.labels == ("eu",)
    moved = write_prompts.add_labels(db, ANSWER.name, 1, ["production", "latest"], T0 + 2)
    assert moved is not None
    assert moved.labels == ("eu", "production"), "latest is nobody's to give"
    assert (moved.created_ns, moved.updated_ns) == (T0, T0 + 2)
    newest = prompts.prompt(db, ANSWER.name)
    assert newest is not None
    assert (newest.version, newest.labels) == (2, ("latest",))
    assert write_prompts.add_labels(db, ANSWER.name, 9, ["production"], T0) is None


def test_tags_belong_to_the_prompt_and_not_to_a_version(db: sqlite3.Connection) -> None:
    write_prompts.create(db, replace(ANSWER, tags=("support",)), T0)
    kept = write_prompts.create(db, ANSWER, T0)
    assert kept.tags == ("support",)
    write_prompts.create(db, replace(ANSWER, tags=("b", "a")), T0)
    first = prompts.prompt(db, ANSWER.name, version=1)
    assert first is not None
    assert first.tags == ("b", "a")


def test_the_list_has_a_line_a_prompt(db: sqlite3.Connection) -> None:
    chat = [{"role": "system", "content": "Be brief."}]
    write_prompts.create(db, replace(ANSWER, labels=("production",), tags=("support",)), T0)
    write_prompts.create(db, replace(ANSWER, config={"model": "m"}), T0 + 5)
    write_prompts.create(db, NewPrompt(name="chat", type="chat", prompt=chat, config={}), T0)
    listed = prompts.summaries(db, limit=10)
    assert listed.total == 2
    assert [row.name for row in listed.rows] == ["chat", "support/answer"]
    answer = listed.rows[1]
    assert (answer.versions, answer.labels) == ((1, 2), ("latest", "production"))
    assert (answer.type, answer.tags, answer.config) == ("text", ("support",), {"model": "m"})
    assert answer.updated_ns == T0 + 5
    assert prompts.summaries(db, limit=1, offset=1).rows == [answer]
    assert prompts.summaries(db, label="production", limit=9).rows == [answer]
    assert prompts.summaries(db, tag="support", limit=9).rows == [answer]
    assert prompts.summaries(db, name="chat", limit=9).total == 1
    assert prompts.summaries(db, name="chat", tag="support", limit=9).rows == []


def test_a_version_can_be_taken_out(db: sqlite3.Connection) -> None:
    for _ in range(3):
        write_prompts.create(db, replace(ANSWER, labels=("production",)), T0)
    assert write_prompts.delete(db, ANSWER.name, label="production") == 1
    newest = prompts.prompt(db, ANSWER.name)
    assert newest is not None
    assert (newest.version, newest.labels) == (2, ("latest",))
    assert write_prompts.delete(db, ANSWER.name, version=7) == 0
    assert write_prompts.delete(db, ANSWER.name) == 2
    assert prompts.prompt(db, ANSWER.name) is None


def test_what_is_not_said_anew_stays(db: sqlite3.Connection) -> None:
    made = write.save_dataset(db, DatasetRow(dataset_id="d", name="qa", description="x", metadata=[1]), T0)
    assert (made.created_ns, made.updated_ns) == (T0, T0)
    again = write.save_dataset(db, DatasetRow(dataset_id="d", name="qa", metadata={"a": None}), T0 + 1)
    assert again == replace(made, metadata={"a": None}, updated_ns=T0 + 1)
    assert read.dataset(db, name="qa") == again == read.dataset(db, dataset_id="d")
    with pytest.raises(sqlite3.IntegrityError):
        write.save_dataset(db, DatasetRow(dataset_id="e", name="qa"), T0)


def test_items_are_listed_in_the_order_they_were_added(db: sqlite3.Connection) -> None:
    for number in range(5):
        item = ItemRow(item_id=f"i{number}", dataset_id="d", input=number, archived=number == 1)
        write.save_item(db, item, T0)
    write.save_item(db, ItemRow(item_id="other", dataset_id="e", input="?", source_trace_id="t"), T0)
    changed = write.save_item(db, ItemRow(item_id="i0", dataset_id="d", expected_output=[0]), T0 + 1)
    assert (changed.input, changed.expected_output, changed.archived) == (0, [0], False)
    listed = read.items(db, dataset_id="d", limit=2, offset=1)
    assert ([row.input for row in listed.rows], listed.total) == ([1, 2], 5)
    assert read.items(db, dataset_id="d", archived=False, limit=9).total == 4
    assert [row.item_id for row in read.items(db, source_trace_id="t", limit=9).rows] == ["other"]
    assert write.delete_item(db, "i0")
    assert not write.delete_item(db, "i0")
    assert read.item(db, "i0") is None


def test_a_run_says_which_trace_ran_which_item(db: sqlite3.Connection) -> None:
    write.save_dataset(db, DatasetRow(dataset_id="d", name="qa"), T0)
    write.save_item(db, ItemRow(item_id="i", dataset_id="d", input=1), T0)
    run = write.save_run(db, RunRow(run_id="r", dataset_id="d", name="june", metadata={"v": 1}), T0)
    assert read.run(db, dataset_id="d", name="june") == run == read.run(db, run_id="r")
    link = RunItemRow(run_item_id="l", run_id="r", item_id="i", trace_id="t", span_id="s")
    kept = write.save_run_item(db, link, T0)
    assert write.save_run_item(db, link, T0) == kept == replace(link, created_ns=T0, updated_ns=T0)
    assert read.run_items(db, run_id="r", limit=9).rows == [kept]
    assert read.runs(db, dataset_id="d", limit=9).rows == [run]
    assert write.delete_dataset(db, "d")
    assert read.run(db, run_id="r") is None
    assert read.run_items(db, item_id="i", limit=9).total == 0
    assert read.item(db, "i") is None
    assert not write.delete_run(db, "r")


def test_null_is_a_value_inside_and_unknown_outside(db: sqlite3.Connection) -> None:
    write.save_item(db, ItemRow(item_id="i", dataset_id="d", input={"a": None}, metadata=False), T0)
    found = read.item(db, "i")
    assert found is not None
    assert (found.input, found.expected_output, found.metadata) == ({"a": None}, None, False)


def test_versions_made_at_once_are_numbered_one_after_the_other(tmp_path: Path) -> None:
    with writing(tmp_path / "llmwatch.db") as writer:
        done = [_create(writer) for _ in range(20)]
    assert done == list(range(1, 21))


def _create(writer: Writer) -> int:
    return writer.run(lambda db: write_prompts.create(db, ANSWER, T0)).result(10).version
