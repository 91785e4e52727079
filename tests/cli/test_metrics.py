"""llmwatch metrics: the figures of tests/analysis/ledger.py, as people and programs read them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from llmwatch.cli import cli
from llmwatch.errors import UsageError
from tests.analysis.ledger import SCORES, SPANS, stored
from tests.store.builders import SECOND, T0


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hour of the ledger, begun ten minutes ago."""
    path = tmp_path_factory.mktemp("metrics") / "m.db"
    later = time.time_ns() - 600 * SECOND - T0
    spans = [
        replace(s, start_ns=s.start_ns + later, end_ns=None if s.end_ns is None else s.end_ns + later)
        for s in SPANS
    ]
    stored(path, spans, [replace(score, time_ns=score.time_ns + later) for score in SCORES]).close()
    return path


def metrics(database: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["metrics", "--db", str(database), *arguments])


def lines(result: Result) -> list[list[str]]:
    return [line.split() for line in result.stdout.splitlines()]


def test_all_that_can_be_told(database: Path) -> None:
    found = {row[0]: row[1:] for row in lines(metrics(database))}
    assert found["metric"] == ["value", "samples"]
    assert found["error_rate"] == ["33", "%", "6"]
    assert found["active_users"] == ["2", "2"]
    assert "correctness" not in found, "nobody marked it"


def test_json(database: Path) -> None:
    (only,) = json.loads(metrics(database, "cost_per_request", "--json").stdout)
    assert only == {"metric": "cost_per_request", "unit": "nanousd", "value": 2000.0, "samples": 2}
    (unknown,) = json.loads(metrics(database, "score:nobody", "--json", "--usual").stdout)
    assert (unknown["value"], unknown["samples"], unknown["usual"]) == (None, 0, None)


def test_by_and_where(database: Path) -> None:
    found = json.loads(metrics(database, "requests", "--by", "segment", "--json").stdout)
    assert {row["segment"]: row["value"] for row in found} == {"pro": 2, "free": 2, None: 2}
    found = json.loads(
        metrics(database, "requests", "--by", "version", "--where", "user=ann", "--json").stdout
    )
    assert {row["version"]: row["value"] for row in found} == {"v1": 1, "v2": 1, None: 0}
    assert lines(metrics(database, "requests", "--where", "env=dev", "--where", "model=claude"))[1] == [
        "requests", "2", "2",
    ]  # fmt: skip
    assert lines(metrics(database, "requests", "--by", "model"))[0] == ["model", "metric", "value", "samples"]


def test_usual(database: Path) -> None:
    (_, row) = lines(metrics(database, "error_rate", "--usual"))
    assert row[-1] == "learning"


def test_since(database: Path) -> None:
    assert lines(metrics(database, "requests", "--since", "2m"))[1] == ["requests", "0", "0"]
    assert lines(metrics(database, "requests", "--since", "all"))[1] == ["requests", "6", "6"]


@pytest.mark.parametrize(
    "arguments",
    [("p95",), ("--by", "colour"), ("--where", "model"), ("--where", "colour=red"), ("--since", "later")],
)
def test_mistakes(database: Path, arguments: tuple[str, ...]) -> None:
    assert isinstance(metrics(database, *arguments).exception, UsageError)
