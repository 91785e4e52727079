"""Measure everything and print one table against the bars.

usage: python bench/run.py [--spans 1000000]

Takes about half an hour with a million spans, most of it to build and index them. Nothing else should run.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from pathlib import Path

import ingest
import install_size
import live
import queries
import startup
import tui_list
from figures import table


def machine() -> str:
    """What it was measured on."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    cpu = f"{len(models)} x {models[0]}" if models else platform.processor()
    return f"{cpu}, {platform.system()} {platform.release()}, Python {sys.version.split()[0]}"


def main() -> None:
    """Print the machine and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--spans", type=int, default=1_000_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "million.db"
        figures = [*install_size.measure(), *ingest.measure(rounds=3, spans=20_000, singles=2_000)]
        figures += queries.measure(args.spans, database)
        figures += startup.measure(runs=5, db=database, idle_s=10)
        figures += live.measure(database, rate=500, seconds=20)
        listed = Path(folder) / "list.db"
        tui_list.build(listed, args.spans)
        figures += tui_list.measure(listed, rate=500, seconds=10)
    print(f"{machine()}; {args.spans:,} spans stored\n\n{table(figures)}")


if __name__ == "__main__":
    main()
