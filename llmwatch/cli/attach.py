"""Finding the collector of a database, or starting one.

Imported before the first paint: nothing here may cost time (http.client alone takes 20 ms).
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from llmwatch import paths
from llmwatch.addresses import need_loopback, origin
from llmwatch.errors import UsageError
from llmwatch.neutral import neutral_line
from llmwatch.store import lock

if TYPE_CHECKING:
    from llmwatch.tui.app import LlmwatchApp

Answer: TypeAlias = Mapping[str, Any]
"""What /health says; empty when whoever answers is not llmwatch."""

_PORTS_TRIED: Final = 100
_ANSWER_S: Final = 1.0
"""How long whoever holds the port may take to say who it is."""
_STOP_S: Final = 15
"""How long our own collector may take to finish what it accepted."""


@dataclass(frozen=True, slots=True)
class Collector:
    """Where spans are taken, and our part in it."""

    url: str
    notice: str = ""
    """What the person should know about it, e.g. that it listens on another port than usual."""
    process: subprocess.Popen[bytes] | None = None
    """The child, if we started it."""
    log: Path | None = None

    def stop(self) -> None:
        """End the collector if it is ours; it finishes what it has accepted."""
        if self.process is None:
            return
        self.process.terminate()
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_words(self) -> str:
        """The last line of the log of a collector that is ours."""
        return _last_line(self.log) if self.log else ""

    def tell(self, app: LlmwatchApp) -> None:
        """Have ``app`` say so when our collector ends before the screen does."""
        if self.process is not None:
            threading.Thread(target=self._watch_over, args=(self.process, app), daemon=True).start()

    def _watch_over(self, process: subprocess.Popen[bytes], app: LlmwatchApp) -> None:
        process.wait()
        if app.is_running:
            app.call_from_thread(app.say, "The collector has ended", "error", hint=self.last_words())


@dataclass(frozen=True, slots=True)
class Place:
    """Where the collector of a database runs, or is to be started."""

    host: str
    port: int
    running: bool
    notice: str = ""
    grpc_port: int | None = None
    """Where it takes OTLP over gRPC; None when it does not, or does not run."""

    @property
    def url(self) -> str:
        """Its origin."""
        return origin(self.host, self.port)


def find(database: Path, host: str, port: int) -> Place:
    """Where to reach the collector of ``database``: its own port, ``port``, or the next free one.

    Raises:
        UsageError: No port is free.
    """
    holder = lock.holder(database)
    answer = _ask(holder.host, holder.port) if holder and holder.port else None
    if holder and holder.port and answer and _is_ours(answer, database):
        moved = (
            "" if holder.port == port else f"The collector of this database listens on port {holder.port}."
        )
        return Place(holder.host, holder.port, True, moved, answer.get("grpc_port"))
    answer = _ask(host, port)
    if answer is None:
        return Place(host, port, running=False)
    if _is_ours(answer, database):
        return Place(host, port, running=True, grpc_port=answer.get("grpc_port"))
    for free in range(port + 1, min(port + _PORTS_TRIED, 65536)):
        if _ask(host, free) is None:
            holding = f"the collector of {answer.get('db')}" if answer else "another program"
            notice = f"Port {port} is taken by {holding}: send spans to port {free}."
            return Place(host, free, running=False, notice=notice)
    raise UsageError(f"no port from {port} on is free", hint="Choose one with --port.")


def reach(database: Path, host: str, port: int) -> Collector:
    """The collector of ``database``: the one that runs, or a child that is starting.

    Raises:
        UsageError: ``host`` is no loopback address, or no port is free.
    """
    need_loopback(host)
    place = find(database, host, port)
    if place.running:
        return Collector(place.url, place.notice)
    paths.make_private_dir(database.parent)
    log = database.with_name(database.name + ".log")
    paths.make_private_file(log)
    # -P: a folder called llmwatch in the current directory must not run as us.
    command = [sys.executable, "-P", "-m", "llmwatch", "collect", "--attended"]
    command += ["--host", place.host, "--port", str(place.port), "--db", str(database)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,  # closes with us, whatever way we die
            stdout=output,
            stderr=output,
            start_new_session=True,  # a closed terminal or Ctrl-C is the screen's business, which ends us
        )
    return Collector(place.url, place.notice, process, log)


def _ask(host: str, port: int) -> Answer | None:
    """What listens there says of itself; None when nothing listens."""
    try:
        with socket.create_connection((host, port), _ANSWER_S) as connection:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            head, _, body = _read(connection).partition(b"\r\n\r\n")
    except ConnectionRefusedError:
        return None
    except OSError:  # it took the connection, or might, and does not talk to us
        return {}
    try:
        answer = json.loads(body) if head.startswith(b"HTTP/1.1 200") else {}
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) and answer.get("service") == "llmwatch" else {}


def _read(connection: socket.socket) -> bytes:
    received, until = b"", time.monotonic() + _ANSWER_S
    while (left := until - time.monotonic()) > 0:
        connection.settimeout(left)
        piece = connection.recv(1 << 16)
        if not piece:
            return received
        received += piece
    raise TimeoutError


def _is_ours(answer: Answer | None, database: Path) -> bool:
    return answer is not None and paths.is_named(answer.get("db"), database)


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.exists() else []
    return neutral_line(lines[-1], 300) if lines else ""
