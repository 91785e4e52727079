"""The real process: its sockets, its signals, its end."""

from __future__ import annotations

import contextlib
import gzip
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from llmwatch.collector.otlp.replies import JSON
from llmwatch.collector.server import listen
from llmwatch.errors import UsageError
from llmwatch.store import lock
from tests.collecting import Collecting, collector_process, wait_until_written
from tests.collector.requests import answer, encoded, span, traces

BENCH = Path(__file__).parents[2] / "bench"


def test_only_loopback_is_listened_on() -> None:
    with pytest.raises(UsageError, match="no authentication"):
        listen("0.0.0.0", 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_localhost_is_both_addresses_on_one_port(host: str) -> None:
    sockets = listen(host, 0)
    with contextlib.ExitStack() as stack:
        for listening in sockets:
            stack.enter_context(listening)
        assert sockets[0].getsockname()[0] == "127.0.0.1"
        assert len({listening.getsockname()[1] for listening in sockets}) == 1
        assert {listening.getsockname()[0] for listening in sockets[1:]} <= {"::1"}


def test_a_taken_port_is_an_error_that_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(UsageError, match=str(port)):
            listen("127.0.0.1", port)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Collecting]:
    """A collector that the test may end."""
    with collector_process(tmp_path / "llmwatch.db") as process:
        yield process


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collecting]:
    """A collector that several tests look at."""
    with collector_process(tmp_path_factory.mktemp("lasting") / "llmwatch.db") as process:
        yield process


def stored(database: Path) -> int:
    wait_until_written(database)
    with closing(sqlite3.connect(database)) as db:
        count: int = db.execute("SELECT count(*) FROM spans").fetchone()[0]
        return count


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_what_has_begun_end(process: Collecting, number: signal.Signals) -> None:
    body = encoded(traces(span()), JSON)
    head = f"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\n"
    head += f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    with process.connect() as connection, process.connect() as idle:
        idle.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer(idle)[0] == 200
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")  # the collector waits for the body
        os.kill(process.process.pid, number)
        assert idle.recv(65536) == b""  # and now it is leaving
        connection.sendall(body)
        assert answer(connection) == (200, b"{}")
    _, logged = process.process.communicate(timeout=20)
    assert process.process.returncode == 0
    assert stored(process.database) == 1
    assert lock.holder(process.database) is None
    assert "Traceback" not in logged


def test_its_address_is_known_and_its_files_are_private(lasting: Collecting) -> None:
    holder = lock.holder(lasting.database)
    assert holder is not None
    assert (holder.pid, holder.host, holder.port) == (lasting.process.pid, "127.0.0.1", lasting.port)
    modes = {path.name: path.stat().st_mode & 0o777 for path in lasting.database.parent.iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_a_second_collector_of_the_same_file_is_refused(lasting: Collecting) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "llmwatch", "collect", "--port", "0", "--db", str(lasting.database)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 2
    assert str(lasting.process.pid) in second.stderr
    assert "Traceback" not in second.stderr


def test_what_a_client_sends_reaches_the_log_neutralised(process: Collecting) -> None:
    with process.connect() as connection:
        connection.sendall(b"\x1b]0;owned\x07 / HTTP/1.1\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400")
    process.process.terminate()
    _, logged = process.process.communicate(timeout=20)
    assert "Invalid HTTP request" in logged
    assert "\x1b" not in process.said + logged


def test_a_chunked_and_compressed_body_over_ipv6(lasting: Collecting) -> None:
    try:
        connection = socket.create_connection(("::1", lasting.port), 20)
    except OSError:
        pytest.skip("no IPv6 here")
    body = gzip.compress(encoded(traces(span()), JSON))
    half = len(body) // 2
    with connection:
        connection.sendall(
            b"POST /v1/traces HTTP/1.1\r\nHost: [::1]\r\nContent-Type: application/json\r\n"
            b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for chunk in (body[:half], body[half:], b""):
            connection.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        assert answer(connection) == (200, b"{}")
    assert stored(lasting.database) == 1


def test_killed_twice_it_loses_nothing_that_it_acknowledged() -> None:
    done = subprocess.run(
        [sys.executable, BENCH / "kill9.py", "--rounds", "2", "--seconds", "0.8"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
