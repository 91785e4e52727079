"""llmwatch ingest: lines from files and stdin, with and without a collector that runs."""

from __future__ import annotations

import contextlib
import json
import queue
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmwatch.collector.app import create_app
from llmwatch.collector.otlp.replies import JSON
from llmwatch.store import lock
from tests.collecting import collector_process
from tests.collector.requests import encoded, span, traces
from tests.dialects.stored import CONFIG, PIPELINE, details, writing
from tests.serving import serving


def line(name: str) -> str:
    return json.dumps({"name": name, "model": "gpt-4o", "time": "2026-11-21T12:00:00Z"}) + "\n"


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "llmwatch", "ingest", *map(str, arguments)]


def ingest(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), input=stdin, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the commands work on; no configuration of the user's, and no port that others have."""
    config = tmp_path / "config.toml"
    config.write_text("[collector]\ngrpc_port = 0\n")
    monkeypatch.setenv("LLMWATCH_CONFIG", str(config))
    monkeypatch.setenv("LLMWATCH_DB", str(tmp_path / "llmwatch.db"))
    return tmp_path / "llmwatch.db"


def names(database: Path) -> list[str]:
    return sorted(detail.span.name for detail in details(database))


def test_a_file_goes_to_the_collector_that_runs(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    file.write_text(line("plain") + "{broken\n\n" + encoded(traces(span()), JSON).decode())
    with collector_process(database):
        for _ in range(2):  # the second time everything is there already
            done = ingest(file)
            assert done.returncode == 1
            assert f"{file}:2: this is not JSON" in done.stderr
            assert done.stderr.splitlines()[-1] == "2 taken, 1 not"
            assert names(database) == ["chat gpt-4o", "plain"]


def test_stdin_without_a_collector(database: Path) -> None:
    done = ingest("-", stdin=line("a") + line("b").strip())
    assert (done.returncode, done.stderr) == (0, "2 taken\n")
    assert names(database) == ["a", "b"]
    assert lock.holder(database) is None


@pytest.mark.parametrize(
    ("name", "hint"), [("calls.jsonl.gz", "zcat"), ("nothing.jsonl", "no "), (".", "collector.follow")]
)
def test_what_is_no_file_of_lines(database: Path, tmp_path: Path, name: str, hint: str) -> None:
    done = ingest(tmp_path / name)
    assert done.returncode == 2
    assert hint in done.stderr and "Traceback" not in done.stderr


@contextlib.contextmanager
def following(file: Path, origin: str) -> Iterator[None]:
    port = origin.rpartition(":")[2]
    with subprocess.Popen(command(file, "--follow", "--port", port), stderr=subprocess.PIPE) as process:
        try:
            yield
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, said) == (0, b"")


def test_a_file_is_followed_over_a_restart_and_a_rotation(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "calls.jsonl"
    arrived: queue.Queue[list[str]] = queue.Queue()
    with writing(database) as writer:
        run = writer.run

        def noticing(work: Any) -> Any:
            """How far a file was read is kept after its lines."""
            future = run(work)
            future.add_done_callback(lambda _: arrived.put(names(database)))
            return future

        monkeypatch.setattr(writer, "run", noticing)
        with serving(create_app(writer, PIPELINE, CONFIG, database)) as origin:
            file.write_text(line("a"))
            with following(file, origin):
                assert arrived.get(timeout=20) == ["a"]
                with file.open("a") as opened:
                    opened.write(line("b"))
                assert arrived.get(timeout=20) == ["a", "b"]
            with file.open("a") as opened:
                opened.write(line("c"))
            file.rename(tmp_path / "calls.jsonl.1")
            file.write_text(line("d"))
            with following(file, origin):
                assert {len(arrived.get(timeout=20)) for _ in range(2)} == {3, 4}
    assert names(database) == ["a", "b", "c", "d"]
    assert arrived.empty()
