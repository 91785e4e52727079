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
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import dataclass
from pathlib import Path

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


def _median(values: list[float], unit: str) -> str:
    return f"{statistics.median(values):.0f} {unit} ({min(values):.0f}–{max(values):.0f})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--db", type=Path, help="open this database instead of an empty one")
    parser.add_argument("--idle-seconds", type=float, default=10)
    args = parser.parse_args()
    accepts: list[float] = []
    paint: list[float] = []
    usable: list[float] = []
    tui_mib: list[float] = []
    tui_cpu: list[float] = []
    collector_mib: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for run in range(args.runs):
            database = args.db or Path(folder) / f"{run}.db"
            with running("llmwatch", database) as collector:
                accepts.append(collector.started_in_s * 1000)
                environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
                command = [sys.executable, "-m", "llmwatch"]
                command += ["--db", str(database), "--port", str(collector.port)]
                screen = Screen.start(command, environment)
                paint.append(screen.wait_for(b"Status") * 1000)
                usable.append(screen.wait_for(b"Traces", b"OTEL_EXPORTER_OTLP_ENDPOINT") * 1000)
                screen.idle(3)
                tui = Server("tui", 0, screen.process, database, 0)
                before = tui.cpu_s()
                screen.idle(args.idle_seconds)
                tui_cpu.append((tui.cpu_s() - before) / args.idle_seconds * 100)
                tui_mib.append(tui.rss_mib())
                collector_mib.append(collector.rss_mib())
                screen.stop()
    print("| | median (min–max) | bar |\n|---|---|---|")
    print(f"| start → accepts spans | {_median(accepts, 'ms')} | < 1000 ms |")
    print(f"| first paint | {_median(paint, 'ms')} | ≤ 400 ms |")
    print(f"| usable | {_median(usable, 'ms')} | ≤ 500 ms |")
    print(f"| idle memory, screen | {_median(tui_mib, 'MiB')} | ≤ 60 MB |")
    print(f"| idle memory, collector | {_median(collector_mib, 'MiB')} | ≤ 80 MB |")
    print(f"| idle CPU, screen | {statistics.median(tui_cpu):.1f} % | ≤ 1 % |")


if __name__ == "__main__":
    main()
