"""Start-up and idle cost of the collector and the screen, each in a terminal of its own (Linux).

usage: python bench/startup.py [--runs 5] [--db FILE] [--idle-seconds 10]

"First paint" is the time from the start of the process until the first pane's title is on the terminal;
"usable" until the trace list or the first-run text is.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import dataclass
from pathlib import Path

from figures import Figure, table
from servers import Server, running

TIMEOUT_S = 30


@dataclass
class Screen:
    """A program in a pseudo-terminal of 120 × 36 cells, with what it has written so far."""

    process: subprocess.Popen[bytes]
    master: int
    begun: float
    written: bytearray

    @classmethod
    def start(cls, command: list[str], environment: dict[str, str]) -> Screen:
        """Run ``command`` in a new terminal."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        return cls(process, master, begun, bytearray())

    def wait_for(self, *marks: bytes) -> float:
        """Seconds from the start until one of ``marks`` has been written."""
        while not any(mark in self.written for mark in marks):
            if time.perf_counter() - self.begun > TIMEOUT_S:
                raise RuntimeError(f"none of {marks} appeared; the end of what did: {self.written[-500:]!r}")
            self.drain(0.05)
        return time.perf_counter() - self.begun

    def drain(self, seconds: float) -> None:
        """Read what is written within ``seconds``, at most one piece of it."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if ready:
            self.written += os.read(self.master, 65536)

    def idle(self, seconds: float) -> None:
        """Keep reading for ``seconds``, as a terminal would."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self.drain(left)

    def stop(self) -> None:
        """End the program and close its terminal."""
        self.process.terminate()
        self.process.wait(10)
        os.close(self.master)


def measure(runs: int, db: Path | None, idle_s: float) -> list[Figure]:
    """Start-up times and what both processes cost when nothing happens."""
    found: dict[str, list[float]] = {
        key: [] for key in ("accepts", "paint", "usable", "screen", "cpu", "server")
    }
    with tempfile.TemporaryDirectory() as folder:
        for run in range(runs):
            for key, value in _run(db or Path(folder) / f"{run}.db", idle_s).items():
                found[key].append(value)
    return [
        Figure(name="start until spans are accepted", values=found["accepts"], unit="ms", bar=1000),
        Figure(name="first paint", values=found["paint"], unit="ms", bar=400),
        Figure(name="screen usable", values=found["usable"], unit="ms", bar=500),
        Figure(name="idle memory, screen", values=found["screen"], unit="MB", bar=60),
        Figure(name="idle memory, collector", values=found["server"], unit="MB", bar=80),
        Figure(name="idle CPU, screen", values=found["cpu"], unit="% of a core", bar=1),
    ]


def _run(database: Path, idle_s: float) -> dict[str, float]:
    with running("llmwatch", database) as collector:
        command = [sys.executable, "-m", "llmwatch", "--db", str(database), "--port", str(collector.port)]
        screen = Screen.start(command, os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"})
        paint = screen.wait_for(b"Status")
        usable = screen.wait_for(b"Traces", b"OTEL_EXPORTER_OTLP_ENDPOINT")
        screen.idle(3)
        tui = Server("tui", 0, screen.process, database, 0)
        before = tui.cpu_s()
        screen.idle(idle_s)
        found = {
            "accepts": collector.started_in_s * 1000,
            "paint": paint * 1000,
            "usable": usable * 1000,
            "screen": tui.rss_mb(),
            "server": collector.rss_mb(),
            "cpu": (tui.cpu_s() - before) / idle_s * 100,
        }
        screen.stop()
        return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--db", type=Path, help="open this database instead of an empty one")
    parser.add_argument("--idle-seconds", type=float, default=10)
    args = parser.parse_args()
    print(table(measure(args.runs, args.db, args.idle_seconds)))


if __name__ == "__main__":
    main()
