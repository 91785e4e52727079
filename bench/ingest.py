"""Ingest beside the bare prototype, both servers up, one loaded at a time, interleaved.

usage: python bench/ingest.py [--rounds 3] [--spans 20000] [--singles 2000]

Absolute figures are of this machine at this minute; what counts is the ratio of the two in the same round.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from figures import Figure, table
from otlp_load import encode_bodies, make_spans, percentile, run_load
from servers import Server, running


def _stored(server: Server, sent: int) -> int:
    """Spans that can be read; what was acknowledged last is written a moment later."""
    deadline, count = time.monotonic() + 1, 0
    while count != sent and time.monotonic() < deadline:
        with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as db:
            count = db.execute("SELECT count(*) FROM spans").fetchone()[0]
    return count


def measure(rounds: int, spans: int, singles: int) -> list[Figure]:
    """Both servers' rates and their ratios."""
    runs = _runs(rounds, spans, singles)
    ours, theirs = runs["llmwatch"], runs["prototype"]
    batch = [a / b for a, b in zip(ours["batch"], theirs["batch"], strict=True)]
    p50 = [a / b for a, b in zip(ours["p50"], theirs["p50"], strict=True)]
    told = [
        Figure(name=f"{server}, {what}", values=run[key], unit=unit)
        for server, run in runs.items()
        for key, what, unit in (
            ("batch", "batches of 100 on 4 connections", "spans/s"),
            ("cpu", "CPU", "s per 1,000 spans"),
            ("single", "single spans on 1 connection", "spans/s"),
            ("p50", "p50 of a single span", "ms"),
        )
    ]
    return [
        *told,
        Figure(name="batches, llmwatch / prototype", values=batch, unit="×", bar=0.5, sense="at least"),
        Figure(name="single p50, llmwatch / prototype", values=p50, unit="×", bar=2),
        Figure(name="on disk, a span of 2.5 KB", values=ours["disk"][-1:], unit="bytes", bar=2560),
    ]


def _runs(rounds: int, spans: int, singles: int) -> dict[str, dict[str, list[float]]]:
    """Per server: ``batch`` and ``single`` spans/s, ``p50`` ms, ``cpu`` s per 1000 spans, ``disk`` bytes."""
    figures: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with (
        tempfile.TemporaryDirectory() as folder,
        running("prototype", Path(folder) / "prototype.db") as prototype,
        running("llmwatch", Path(folder) / "llmwatch.db") as ours,
    ):
        sent = 0
        for turn in range(rounds):
            batches = encode_bodies(make_spans(spans, seed=2 * turn + 1), 100)
            ones = encode_bodies(make_spans(singles, seed=2 * turn + 2), 1)
            sent += spans + singles
            for server in (prototype, ours):
                mine = figures[server.name]
                before = server.cpu_s()
                load = run_load(server.url, batches, connections=4, retries=5)
                mine["batch"].append(load.acked_spans / load.wall_s)
                mine["cpu"].append((server.cpu_s() - before) / spans * 1000)
                load = run_load(server.url, ones, connections=1, retries=5)
                mine["single"].append(load.acked_spans / load.wall_s)
                mine["p50"].append(percentile(load.latencies_s, 50) * 1000)
                if (stored := _stored(server, sent)) != sent:
                    raise RuntimeError(f"{server.name} acknowledged {sent} spans and stored {stored}")
                mine["disk"].append(server.stored_bytes() / sent)
    return figures


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spans", type=int, default=20_000)
    parser.add_argument("--singles", type=int, default=2_000)
    args = parser.parse_args()
    print(table(measure(args.rounds, args.spans, args.singles)))


if __name__ == "__main__":
    main()
