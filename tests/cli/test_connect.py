"""llmwatch connect: the lines alone on stdout, with the address of the collector that runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from llmwatch.clients import Address, clients, find
from tests.collecting import collector_process


def connect(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "llmwatch", "connect", *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration and no database of the user's."""
    monkeypatch.setenv("LLMWATCH_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("LLMWATCH_DB", str(tmp_path / "llmwatch.db"))


def test_the_table_has_every_client() -> None:
    done = connect()
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == [client.name for client in clients()]
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_lines_name_the_collector_that_runs(tmp_path: Path) -> None:
    client = find("langfuse")
    assert client is not None
    with collector_process(tmp_path / "llmwatch.db") as running:
        done = connect("langfuse-python")
    assert done.stdout.strip() == Address("127.0.0.1", running.port, 0).fill(client.lines)
    assert running.origin in done.stdout
    assert "No collector" not in done.stderr and client.notes[0] in done.stderr


def test_without_a_collector_it_says_so(tmp_path: Path) -> None:
    done = connect("claude code", "--port", "4999")
    assert "export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4999" in done.stdout.splitlines()
    assert "No collector is running yet" in done.stderr


def test_a_slip_is_corrected() -> None:
    done = connect("langsmth")
    assert (done.returncode, done.stdout) == (2, "")
    assert "langsmith" in done.stderr and "Traceback" not in done.stderr


def test_what_nobody_is_called_points_at_the_table() -> None:
    done = connect("\x1b[31mxyzzy")
    assert done.returncode == 2
    assert "llmwatch connect lists them all" in done.stderr and "\x1b" not in done.stderr
