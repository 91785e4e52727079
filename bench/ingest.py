"""Ingest beside the bare prototype, both servers up, one loaded at a time, interleaved.

usage: python bench/ingest.py [--rounds 3] [--spans 20000] [--singles 2000]

Prints medians (min-max) of acknowledged spans a second, p50 of single-span requests, CPU and bytes on disk.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path

from otlp_load import encode_bodies, make_spans, percentile, run_load
from servers import Server, running


def _stored(server: Server) -> int:
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as db:
        count: int = db.execute("SELECT count(*) FROM spans").fetchone()[0]
    return count


def measure(rounds: int, spans: int, singles: int) -> dict[str, dict[str, list[float]]]:
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
                if (stored := _stored(server)) != sent:
                    raise RuntimeError(f"{server.name} acknowledged {sent} spans and stored {stored}")
                mine["disk"].append(server.stored_bytes() / sent)
    return figures


def _cell(values: list[float], digits: int) -> str:
    median, low, high = statistics.median(values), min(values), max(values)
    return f"{median:,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


def main() -> None:
    """Print the table and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spans", type=int, default=20_000)
    parser.add_argument("--singles", type=int, default=2_000)
    args = parser.parse_args()
    figures = measure(args.rounds, args.spans, args.singles)
    print("| | spans/s, batch 100 × 4 | CPU s per 1 k | single: spans/s | single: p50 ms | bytes a span |")
    print("|---|---|---|---|---|---|")
    for name, f in figures.items():
        print(
            f"| {name} | {_cell(f['batch'], 0)} | {_cell(f['cpu'], 3)} | {_cell(f['single'], 0)} "
            f"| {_cell(f['p50'], 2)} | {f['disk'][-1]:,.0f} |"
        )
    ours, theirs = figures["llmwatch"], figures["prototype"]
    batch = [a / b for a, b in zip(ours["batch"], theirs["batch"], strict=True)]
    p50 = [a / b for a, b in zip(ours["p50"], theirs["p50"], strict=True)]
    print(f"\nbatch: {_cell(batch, 2)} × the prototype's rate (bar: at least 0.5)")
    print(f"single, p50: {_cell(p50, 2)} × the prototype's (bar: at most 2)")


if __name__ == "__main__":
    main()
