"""Measure everything and print one table against the bars.

usage: python bench/run.py [--spans 1000000] [--db FILE]

Takes about half an hour with a million spans, most of it to build and index them. Nothing else should run.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import ingest
import install_size
import live
import proxy
import queries
import startup
import tui_list
from figures import Figure, table


def machine() -> str:
    """What it was measured on."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    cpu = f"{len(models)} x {models[0]}" if models else platform.processor()
    return f"{cpu}, {platform.system()} {platform.release()}, Python {sys.version.split()[0]}"


def measured(spans: int, million: Path, listed: Path) -> Iterator[list[Figure]]:
    """The figures of every bench, one after the other."""
    yield install_size.measure()
    yield ingest.measure(rounds=3, spans=20_000, singles=2_000)
    yield proxy.measure(rounds=3, calls=400)
    yield queries.measure(spans, million)
    yield startup.measure(runs=5, db=million, idle_s=10)
    yield live.measure(million, rate=500, seconds=20)
    tui_list.build(listed, spans)
    yield tui_list.measure(listed, rate=500, seconds=10)


def main() -> None:
    """Print the machine, and each table as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--spans", type=int, default=1_000_000)
    parser.add_argument("--db", type=Path, help="a database with so many spans, made when it is not there")
    args = parser.parse_args()
    print(f"{machine()}; {args.spans:,} spans stored\n", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        million = args.db or Path(folder) / "million.db"
        for figures in measured(args.spans, million, Path(folder) / "list.db"):
            print(f"{table(figures)}\n", flush=True)


if __name__ == "__main__":
    main()
