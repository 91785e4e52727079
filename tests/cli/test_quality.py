"""llmwatch quality: scores, feedback, checks, features and correlations, worked out by hand."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from llmwatch.cli import cli
from llmwatch.errors import StoreMissingError, UsageError
from llmwatch.store.judging import Chosen, Judgement
from llmwatch.store.span import Retrieval, Span
from llmwatch.store.writer import Writer
from llmwatch.store.writes.judging import choose, write_judgements
from tests.cli.test_report import EVIL, S, at, call, score, written

NOW = "2026-03-02 15:00:00"


@pytest.fixture(autouse=True)
def _afternoon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is 2 March 2026, 15:00 UTC."""
    monkeypatch.setenv("LLMWATCH_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setattr(time, "time_ns", lambda: at(NOW))


def search(about: str, moment: str, seconds: float) -> Span:
    return Span(
        trace_id=f"t-{about}", span_id=f"r-{about}", name="find", kind="retriever", start_ns=at(moment),
        end_ns=at(moment) + round(seconds * S), retrieval=Retrieval(query="q"),
    )  # fmt: skip


SPANS = [
    call("a", "2026-03-02 14:00:00", 0.1, 0.5, feature="chat", prompt_name="ask", prompt_version="2"),
    call("b", "2026-03-02 13:00:00", 0.1, 2, feature="code", failed=("refusal", "empty")),
    call("c", "2026-02-26 13:00:00", 0.1, 9, feature="chat", prompt_name="ask", prompt_version="1",
         failed=("empty",)),
    call("d", "2026-02-20 13:00:00", 0.1, 1, feature="chat"),  # in the seven days before
    search("a", "2026-03-02 14:00:00", 0.1),
    search("c", "2026-02-26 13:00:00", 3),
]  # fmt: skip
SCORES = [
    score(1, "quality_score", "a", 0.9, "2026-03-02 14:01:00"),
    score(2, "quality_score", "c", 0.5, "2026-02-26 13:01:00"),
    score(3, "quality_score", "d", 1.0, "2026-02-20 13:01:00"),
    score(4, "user_feedback", "a", 1.0, "2026-03-02 14:02:00", "user"),
    score(5, "user_feedback", "b", 0.0, "2026-03-02 13:02:00", "user"),
    score(6, "user_feedback", "c", 0.0, "2026-02-26 13:02:00", "user"),
]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return written(tmp_path / "llmwatch.db", SPANS, SCORES, [])


def quality(database: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["quality", *arguments, "--db", str(database)])


def as_json(database: Path, *arguments: str) -> Any:
    result = quality(database, *arguments, "--json")
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout)


def said(database: Path, *arguments: str) -> list[list[str]]:
    return [line.split() for line in quality(database, *arguments).stdout.splitlines()]


def test_figures_and_scores_beside_the_week_before(database: Path) -> None:
    found = as_json(database)
    assert found["answers"] == 3
    assert found["figures"]["quality_score"] == {"value": pytest.approx(0.7), "samples": 2}
    assert found["before"]["quality_score"] == {"value": 1.0, "samples": 1}
    assert found["figures"]["negative_feedback"] == {"value": pytest.approx(2 / 3), "samples": 3}
    assert found["figures"]["heuristic_pass_rate"] == {"value": pytest.approx(1 / 3), "samples": 3}
    assert found["failed_checks"] == {"empty": 2, "refusal": 1}
    scores = found["scores"]["quality_score"]
    assert (scores["scores"], scores["low"], scores["high"]) == (2, 1, 1)
    lines = said(database)
    assert ["quality_score", "2", "0.70", "50", "%", "50", "%", "−30", "%"] in lines
    assert ["user_feedback", "3", "0.33", "67", "%", "33", "%"] in lines
    assert ["empty", "2"] in lines


def test_features_over_a_day_and_a_week(database: Path) -> None:
    flows = {(row["feature"], row["name"]): row for row in as_json(database)["flows"]}
    chat = flows["chat", "quality_score"]
    assert (chat["day"]["total"], chat["week"]["total"], chat["week"]["valued"]) == (0.9, 1.4, 2)
    assert ["chat", "quality_score", "0.90", "0.70", "+29", "%"] in said(database)


def test_what_good_and_bad_answers_go_with(database: Path) -> None:
    found = as_json(database)
    assert [(row["value"], row["mean"]) for row in found["by_retrieval"]] == [
        ("slow retrieval", 0.5), ("fast retrieval", 0.9)
    ]  # fmt: skip
    assert [(row["value"], row["mean"]) for row in found["by_version"]] == [("ask 2", 0.9), ("ask 1", 0.5)]
    assert [(row["value"], row["satisfied"]) for row in found["by_speed"]] == [
        ("fast", 1.0), ("medium", 0.0), ("slow", 0.0)
    ]  # fmt: skip
    assert [(row["value"], row["satisfied"]) for row in found["by_feature"]] == [("code", 0.0), ("chat", 0.5)]
    assert ["medium", "0", "%", "1"] in said(database)


def test_since_narrows_it(database: Path) -> None:
    assert as_json(database, "--since", "90m")["answers"] == 1
    everything = as_json(database, "--since", "all")
    assert everything["answers"] == 4
    assert everything["figures"]["quality_score"]["value"] == pytest.approx(0.8)


def test_the_judge_is_off_with_a_reason(database: Path) -> None:
    assert ["the", "judge", "is", "off:", "[judge]", "names", "no", "endpoint"] in said(database)


def test_what_judging_cost(database: Path) -> None:
    def judged(db: sqlite3.Connection) -> None:
        choose(db, [Chosen(1, "sample"), Chosen(2, "slow"), Chosen(3, "checks")], 4, at(NOW))
        asked_ns = at("2026-03-02 14:30:00")
        priced = Judgement(1, "done", asked_ns, cost_nanousd=2_500_000)
        write_judgements(db, [priced, Judgement(2, "done", asked_ns, unpriced=1)])

    writer = Writer(database, enrich=lambda span, _: span, queue_spans=10, synchronous="NORMAL")
    writer.start()
    writer.run(judged).result(10)
    writer.close()
    found = as_json(database)
    assert (found["judge"]["judged"], found["judge"]["cost_nanousd"], found["waiting"]) == (2, 2_500_000, 1)
    line = "2 answers judged for $0.0025, 1 without a price, apart from what the applications spend"
    assert line.split() in said(database)
    assert as_json(database, "--since", "15m")["judge"]["judged"] == 0


def test_nothing_yet(tmp_path: Path) -> None:
    path = written(tmp_path / "empty.db", [], [], [])
    assert as_json(path)["answers"] == 0
    assert said(path)[:2] == [["Quality,", "last", "7d"], ["0", "answers"]]


def test_nothing_hostile_reaches_the_terminal(tmp_path: Path) -> None:
    spans = [call(EVIL, "2026-03-02 14:00:00", 0.1, feature=EVIL, prompt_version=EVIL, failed=(EVIL,))]
    scores = [
        score(1, EVIL, EVIL, 0.5, "2026-03-02 14:00:00"),
        score(2, "user_feedback", EVIL, 0.5, "2026-03-02 14:00:00", "user"),
    ]
    path = written(tmp_path / "evil.db", spans, scores, [])
    output = quality(path).stdout
    assert not {"\x1b", "\u202e"} & set(output)
    assert "red" in output
    assert quality(path, "--json").stdout.isascii()


def test_what_cannot_be_answered(database: Path, tmp_path: Path) -> None:
    assert isinstance(quality(database, "--since", "soon").exception, UsageError)
    assert isinstance(quality(tmp_path / "none.db").exception, StoreMissingError)


def test_models_that_were_answered_by_something_new(tmp_path: Path) -> None:
    def answered(name: str, moment: str, model: str) -> Span:
        made = call(name, moment, 0.1, 1)
        assert made.call
        return replace(made, call=replace(made.call, request_model="gpt-4o", response_model=model))

    spans = [
        answered("a", "2026-03-01 14:00:00", "gpt-4o-05"),
        answered("b", "2026-03-02 13:00:00", "gpt-4o-08"),
    ]
    database = written(tmp_path / "llmwatch.db", spans, [], [])
    (change,) = as_json(database)["changes"]
    assert (change["before"], change["after"], change["at_ns"]) == (
        "gpt-4o-05",
        "gpt-4o-08",
        at("2026-03-02 13:00:00"),
    )
    assert ["gpt-4o", "model", "gpt-4o-05", "gpt-4o-08"] in [line[:4] for line in said(database)]
    assert as_json(database)["shifts"] == []
