"""llmwatch review: what waits, and what is said of it, with a collector and without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llmwatch.cli import cli
from llmwatch.cli.attach import Place
from llmwatch.errors import UsageError
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.writer import Writer
from tests.store.builders import enrich, llm, spoken

EVIL = "\x1b]0;x\x07ok"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LLMWATCH_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("[collector]\nport = 1\n")
    path = tmp_path / "llmwatch.db"
    writer = Writer(path, enrich=enrich, queue_spans=100, synchronous="NORMAL")
    writer.start()
    flagged = [
        llm("span-one", tokens=0, name=EVIL, content=spoken("two and two?", "five")),
        llm("span-two", tokens=0, content=spoken("three and three?", "six")),
    ]
    writer.submit(Batch(spans=flagged)).result(10)
    writer.close()
    yield path


def review(database: Path, *arguments: str) -> Result:
    verb, *rest = arguments
    return CliRunner().invoke(cli, ["review", verb, "--db", str(database), *rest])


def scores(database: Path) -> list[tuple[Any, ...]]:
    with closing(connect_reader(database)) as db:
        return db.execute(
            "SELECT span_id, name, value, label, comment, source FROM scores ORDER BY id"
        ).fetchall()


def waiting(database: Path) -> list[str]:
    return [row["span_id"] for row in json.loads(review(database, "list", "--json").stdout)]


def test_what_waits(database: Path) -> None:
    said = review(database, "list").stdout
    assert "t:span-two" in said
    assert "▲ checks: empty" in said
    assert "? three and three?" in said
    assert "→ six" in said
    assert "\x1b" not in said
    assert review(database, "list", "--limit", "1").stdout.count("▲") == 1


@pytest.mark.parametrize(
    ("arguments", "stored"),
    [
        (("good", "span-one"), ("span-one", "review", 1.0, None, None, "human")),
        (("bad", "t:span-one", "--comment", "no"), ("span-one", "review", 0.0, None, "no", "human")),
        (("label", "span-one", "off topic"), ("span-one", "review", None, "off topic", None, "human")),
    ],
)
def test_a_verdict_takes_it_out(database: Path, arguments: tuple[str, ...], stored: tuple[Any, ...]) -> None:
    result = review(database, *arguments)
    assert result.exit_code == 0, result.output
    assert scores(database) == [stored]
    assert waiting(database) == ["span-two"]


def test_the_last_word_counts(database: Path) -> None:
    review(database, "good", "span-one")
    review(database, "bad", "span-one")
    assert [row[2] for row in scores(database)] == [0.0]


def test_when_all_is_done_it_says_so(database: Path) -> None:
    for span_id in ("span-one", "span-two"):
        review(database, "good", span_id)
    assert review(database, "list").stdout == "Nothing waits for a look.\n"


def test_a_span_that_is_none(database: Path) -> None:
    assert isinstance(review(database, "good", "nowhere").exception, UsageError)


def test_a_running_collector_writes_it(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posted: list[tuple[str, str, Any]] = []

    async def tell(url: str, path: str, body: bytes) -> None:
        posted.append((url, path, json.loads(body)))

    here = Place("127.0.0.1", 4318, running=True)
    monkeypatch.setattr("llmwatch.cli.attach.find", lambda *_: here)
    monkeypatch.setattr("llmwatch.providers.keep.tell", tell)
    assert review(database, "good", "span-one").exit_code == 0
    ((url, path, body),) = posted
    assert (url, path) == (here.url, "/api/scores")
    assert (body["name"], body["value"], body["source"], body["span_id"]) == (
        "review",
        1.0,
        "human",
        "span-one",
    )
    assert scores(database) == []
