"""llmwatch without a command, as a person runs it: in a terminal, with a collector that comes and goes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from llmwatch.cli.watch import watch
from llmwatch.errors import UsageError
from llmwatch.store import lock
from tests.cli.test_attach import free_port
from tests.terminal import Terminal, terminal


def test_without_a_terminal_it_says_what_to_do() -> None:
    with pytest.raises(UsageError) as raised:
        watch(db=None, host=None, port=None)
    assert "llmwatch collect" in raised.value.hint


@contextmanager
def watching(database: Path, port: int) -> Iterator[Terminal]:
    """The screen on ``database``, drawn."""
    command = (sys.executable, "-m", "llmwatch", "--db", str(database), "--port", str(port))
    environment = {"LLMWATCH_CONFIG": str(database.with_name("config.toml"))}
    with terminal(*command, env=environment) as screen:
        screen.wait_for("export OTEL_EXPORTER_OTLP_ENDPOINT")
        yield screen


def health(port: int) -> dict[str, Any]:
    """What the collector there says, once it has started."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except OSError:
            time.sleep(0.02)  # a grandchild's start cannot be awaited
    raise AssertionError(f"nothing listens on {port}")


def listens(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_starts_a_collector_and_ends_it_with_the_screen(tmp_path: Path) -> None:
    database, port = tmp_path / "new" / "llmwatch.db", free_port()
    (tmp_path / "new").mkdir()
    with watching(database, port) as screen:
        assert f"127.0.0.1:{port}".encode() in screen.written
        said = health(port)
        assert (said["service"], said["db"]) == ("llmwatch", str(database))
        screen.press("q")
        assert screen.ended() == 0
    assert not listens(port)
    assert lock.holder(database) is None
    assert (database.parent / "llmwatch.db.log").stat().st_mode & 0o777 == 0o600


def test_a_screen_that_is_killed_leaves_no_collector_behind(tmp_path: Path) -> None:
    database, port = tmp_path / "llmwatch.db", free_port()
    with watching(database, port) as screen:
        assert health(port)["db"] == str(database)
        screen.process.kill()
    until = time.monotonic() + 30
    while listens(port) and time.monotonic() < until:
        time.sleep(0.02)
    assert not listens(port)


def test_a_second_screen_attaches_and_leaves_the_collector_alone(tmp_path: Path) -> None:
    database, port = tmp_path / "llmwatch.db", free_port()
    with watching(database, port) as first:
        pid = health(port)["pid"]
        with watching(database, free_port()) as second:
            assert f"127.0.0.1:{port}".encode() in second.written
            second.press("q")
            assert second.ended() == 0
        assert health(port)["pid"] == pid
        first.press("q")
        assert first.ended() == 0
    assert not listens(port)


def test_a_port_of_someone_else_is_left_alone_and_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with watching(tmp_path / "llmwatch.db", port) as screen:
            screen.wait_for("another program")
            assert f"127.0.0.1:{port}".encode() not in screen.written
            screen.press("q")
            assert screen.ended() == 0


def test_a_collector_that_dies_is_missed(tmp_path: Path) -> None:
    port = free_port()
    with watching(tmp_path / "llmwatch.db", port) as screen:
        os.kill(health(port)["pid"], signal.SIGKILL)
        screen.wait_for("The collector has ended")
        screen.press("q")
        assert screen.ended() == 0
