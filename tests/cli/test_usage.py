"""llmwatch usage, of the hour of tests/analysis/ledger.py and of nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from llmwatch.cli import cli
from tests.analysis.ledger import SCORES, SPANS, stored


def usage(database: Path, *arguments: str) -> str:
    done = CliRunner().invoke(cli, ["usage", "--db", str(database), "--since", "all", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("usage") / "u.db"
    stored(path, SPANS, SCORES).close()
    return path


def test_for_programs(database: Path) -> None:
    found = json.loads(usage(database, "--json"))
    assert found["figures"]["active_users"] == {"value": 2, "samples": 2}
    assert found["features"] == {"": 2, "chat": 2, "search": 2}
    assert found["models"] == {"gpt-4o": 3, "claude": 2, "mini": 1}
    assert found["segments"] == {"": 2, "free": 2, "pro": 2}
    assert sum(found["hours"]) == 6
    assert found["distributions"]["output tokens"]["count"] == 3
    assert [turn["turn"] for turn in found["turns"]] == [1]


def test_for_people(database: Path) -> None:
    said = usage(database).splitlines()
    assert any(line.split() == ["gpt-4o", "3", "50", "%"] for line in said)
    assert any(line.split()[:2] == ["latency", "5"] for line in said)


def test_of_nothing(tmp_path: Path) -> None:
    stored(tmp_path / "n.db", []).close()
    assert json.loads(usage(tmp_path / "n.db", "--json"))["features"] == {}
    assert "Usage" in usage(tmp_path / "n.db")
