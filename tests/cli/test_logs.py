"""What the collector logs, as JSON: every field, whatever it quotes."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from llmwatch.cli.logs import log_to_stderr


def start(monkeypatch: pytest.MonkeyPatch) -> logging.Logger:
    """A root logger of the test's own that logs JSON: pytest hangs handlers of its own on the real one."""
    logger = logging.RootLogger(logging.INFO)
    monkeypatch.setattr(logging, "root", logger)
    log_to_stderr(logging.INFO, as_json=True)
    return logger


def logged(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    (line,) = capsys.readouterr().err.splitlines()
    found: dict[str, object] = json.loads(line)
    return found


def test_a_record_with_what_was_added(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record = logging.makeLogRecord({
        "name": "app", "levelname": "WARNING", "levelno": 30, "msg": "slow: %s", "args": ("x\x1b[31m\u202e",),
        "created": 1_767_225_600.25, "request_id": "r1", "path": Path("/a"), "level": "mine",
    })  # fmt: skip
    start(monkeypatch).handle(record)
    assert logged(capsys) == {
        "timestamp": "2026-01-01T00:00:00.250+00:00",
        "level": "WARNING",
        "message": "slow: x\x1b[31m\u202e",
        "logger": "app",
        "request_id": "r1",
        "path": "/a",
    }


def test_no_control_character_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start(monkeypatch).warning("\x1b]0;title\x07 \u202e \x9b \ud800")
    line = capsys.readouterr().err.rstrip("\n")
    assert line.isprintable()
    assert "title" in line


def test_an_exception_is_in_its_record(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = start(monkeypatch)
    try:
        raise ValueError("odd")
    except ValueError:
        root.exception("it failed")
    found = logged(capsys)
    assert found["message"] == "it failed"
    assert str(found["exception"]).endswith("ValueError: odd")


def test_the_collector_logs_json(tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "llmwatch", "collect", "--port", "0", "--db", str(tmp_path / "a.db"),
        "--log-format", "json",
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = json.loads(process.stderr.readline())
        process.terminate()
        process.communicate(timeout=20)
    assert found["message"].startswith("collecting on http://")
    assert found["logger"] == "llmwatch.collector.server"
    assert found["level"] == "INFO"
