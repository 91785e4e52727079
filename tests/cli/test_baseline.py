"""llmwatch baseline: set, show and clear, with a collector and without."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from llmwatch.cli import cli
from llmwatch.cli.attach import Place
from llmwatch.errors import UsageError
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.reads.baselines import golden
from llmwatch.store.writer import Writer
from tests.store.builders import SECOND, enrich, llm

HOUR = 3600


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Thirty hours with a call each, the last of them the one before this."""
    monkeypatch.setenv("LLMWATCH_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text('[collector]\nport = 1\n[budget]\ntimezone = "Europe/Berlin"\n')
    path = tmp_path / "llmwatch.db"
    last_s = int(time.time()) // HOUR * HOUR
    spans = [
        replace(llm(f"s{n}", trace_id=f"t{n}"), start_ns=at, end_ns=at + 2 * SECOND)
        for n in range(1, 31)
        for at in [(last_s - n * HOUR) * SECOND]
    ]
    writer = Writer(path, enrich=enrich, queue_spans=100, synchronous="NORMAL")
    writer.start()
    writer.submit(Batch(spans=spans)).result(10)
    writer.close()
    yield path


def baseline(database: Path, *arguments: str) -> Result:
    verb, *rest = arguments
    return CliRunner().invoke(cli, ["baseline", verb, "--db", str(database), *rest])


def test_show(database: Path) -> None:
    said = baseline(database, "show").stdout
    assert "latency_p95" in said and "cost_per_hour" in said
    assert "quality_score" not in said, "nobody marks anything"
    (line,) = [line for line in said.splitlines() if line.startswith("latency_p95")]
    assert line.split()[-2:] == ["30", "30"]


def test_show_one_that_is_being_learnt(database: Path) -> None:
    assert "learning" in baseline(database, "show", "quality_score").stdout
    found = json.loads(baseline(database, "show", "error_rate", "quality_score", "--json").stdout)
    assert found["baselines"]["quality_score"] is None
    assert found["baselines"]["error_rate"] == {
        "mean": 0.0, "sigma": 0.0, "p95": 0.0, "hours": 30, "samples": 30,
    }  # fmt: skip


def test_set_and_clear(database: Path) -> None:
    """Days begin in the configured zone, an hour before UTC's in winter."""
    done = baseline(database, "set", "--from", "2026-01-12", "--to", "2026-01-19")
    assert "2026-01-12 00:00 to 2026-01-19 00:00" in done.stdout
    with closing(connect_reader(database)) as db:
        chosen = golden(db)
        assert chosen is not None
        assert (chosen.start_s, chosen.end_s) == (1_768_172_400, 1_768_777_200)
        assert "Still learning" in baseline(database, "show").stdout
        assert baseline(database, "clear").exit_code == 0
        assert golden(db) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("set", "--from", "2026-01-19", "--to", "2026-01-12"),
        ("set", "--from", "2026-01-19", "--to", "2026-01-19"),
    ],
)
def test_a_window_that_ends_before_it_begins(database: Path, arguments: tuple[str, ...]) -> None:
    assert isinstance(baseline(database, *arguments).exception, UsageError)


def test_no_metric_of_that_name(database: Path) -> None:
    assert isinstance(baseline(database, "show", "p95").exception, UsageError)


def test_the_collector_is_told_when_it_runs(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, str, bytes]] = []

    async def tell(url: str, path: str, body: bytes) -> None:
        told.append((url, path, body))

    monkeypatch.setattr("llmwatch.providers.keep.tell", tell)
    place = Place("127.0.0.1", 4318, running=True)
    monkeypatch.setattr("llmwatch.cli.attach.find", lambda *_: place)
    baseline(database, "set", "--from", "2026-01-12", "--to", "2026-01-12T01:00")
    baseline(database, "clear")
    assert [path for _, path, _ in told] == ["/api/baseline", "/api/baseline/clear"]
    assert json.loads(told[0][2]) == {"start_s": 1_768_172_400, "end_s": 1_768_176_000}
