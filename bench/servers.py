"""Starting and stopping the servers that are measured: our collector and the bare prototype."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, its process, its database and how long it took to answer."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    database: Path
    started_in_s: float

    @property
    def url(self) -> str:
        """Where it takes OTLP traces."""
        return f"http://127.0.0.1:{self.port}/v1/traces"

    def cpu_s(self) -> float:
        """User and system seconds so far, its children's included (Linux)."""
        family = [self.process.pid, *_children(self.process.pid)]
        stats = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in family]
        return sum(int(field) for fields in stats for field in fields[11:15]) / 100

    def rss_mb(self) -> float:
        """Resident memory (Linux)."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024 / 1e6
        raise RuntimeError("the kernel shows no VmRSS")

    def stored_bytes(self) -> int:
        """Size of the database with its WAL."""
        return sum(p.stat().st_size for p in self.database.parent.glob(self.database.name + "*"))


def _children(pid: int) -> list[str]:
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [child for thread in threads for child in thread.read_text().split()]


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    """Whether an (empty) request for spans is acknowledged; a socket that only listens does not count."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection), contextlib.suppress(OSError):
        connection.request("POST", "/v1/traces", b"", {"Content-Type": "application/x-protobuf"})
        return connection.getresponse().status == 200
    return False


@contextlib.contextmanager
def running(name: str, database: Path, *, timeout_s: float = 30) -> Iterator[Server]:
    """A server called ``llmwatch`` or ``prototype`` on a free port, stopped at the end."""
    port = free_port()
    command = {
        "llmwatch": ["-m", "llmwatch", "collect", "--port", str(port), "--db", str(database)],
        "prototype": [str(HERE / "prototype.py"), str(database), str(port)],
    }[name]
    begun = time.perf_counter()
    log = database.with_suffix(".log").open("wb")
    process = subprocess.Popen([sys.executable, *command], stdout=log, stderr=log)
    try:
        while True:
            if _answers(port):
                break
            if process.poll() is not None or time.perf_counter() - begun > timeout_s:
                raise RuntimeError(f"{name} did not start: see {log.name}")
            time.sleep(0.005)
        yield Server(name, port, process, database, time.perf_counter() - begun)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()
