"""What the whole overview costs while spans come in and everything on it changes (Linux).

The list alone has a bar, and a benchmark of its own: tui_list.py.

usage: python bench/live.py [--db FILE] [--rate 500] [--seconds 20]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from figures import Figure, table
from otlp_load import encode_bodies, make_spans
from servers import Server, running
from startup import Screen

PER_SECOND = 10


def measure(db: Path | None, rate: int, seconds: float) -> list[Figure]:
    """CPU of the screen, idle and under ``rate`` spans a second."""
    with tempfile.TemporaryDirectory() as folder:
        database = db or Path(folder) / "live.db"
        with running("llmwatch", database) as collector:
            command = [sys.executable, "-m", "llmwatch", "--db", str(database), "--port", str(collector.port)]
            screen = Screen.start(command, os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"})
            screen.wait_for(b"Status")
            screen.idle(3)
            tui = Server("tui", 0, screen.process, database, 0)
            over = threading.Event()
            sender = threading.Thread(target=_send, args=(collector.url, rate, seconds + 5, over))
            sender.start()
            screen.idle(3)
            before, server_before = tui.cpu_s(), collector.cpu_s()
            screen.idle(seconds)
            cpu = (tui.cpu_s() - before) / seconds * 100
            server_cpu = (collector.cpu_s() - server_before) / seconds * 100
            over.set()
            sender.join()
            memory = tui.rss_mb()
            screen.stop()
    return [
        Figure(name=f"screen, {rate} spans/s coming in", values=[cpu], unit="% of a core"),
        Figure(name=f"collector, {rate} spans/s coming in", values=[server_cpu], unit="% of a core"),
        Figure(name="memory of the screen after it", values=[memory], unit="MB"),
    ]


def _send(url: str, rate: int, seconds: float, over: threading.Event) -> None:
    spans = make_spans(int(rate * seconds), seed=time.time_ns() % 1_000_000, spread_s=seconds)
    bodies = encode_bodies(spans, rate // PER_SECOND)
    begun = time.perf_counter()
    for number, (body, _) in enumerate(bodies):
        if over.wait(max(0.0, begun + number / PER_SECOND - time.perf_counter())):
            return
        request = urllib.request.Request(url, body, {"Content-Type": "application/x-protobuf"})
        urllib.request.urlopen(request, timeout=10).read()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--db", type=Path, help="open this database instead of an empty one")
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20)
    args = parser.parse_args()
    print(table(measure(args.db, args.rate, args.seconds)))


if __name__ == "__main__":
    main()
