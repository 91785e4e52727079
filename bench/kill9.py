"""Kill the collector in the middle of a load, again and again: what it acknowledged must be in the file.

usage: python bench/kill9.py [--rounds 10] [--seconds 1.5] [--seed N]

Each round starts the collector on the same file, loads it over four connections and kills it (SIGKILL) at a
random moment; the next one also sends again some of what the last one was sent. The collector is started once
more, as it writes then what the killed one had only noted, and every acknowledged span
must be there, none twice, the sums over spans unchanged by repetitions, and SQLite's integrity check content.
Exits 1 if not.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from otlp_load import encode_bodies, make_spans, run_load
from servers import running

from llmwatch.store.database import connect_reader
from llmwatch.store.reads import spans as reads

SPANS_A_SECOND = 10_000
"""More than are taken, so that the load lasts until the kill."""
RESENT = 20
SAMPLE = 100

Body = tuple[bytes, int]
Id = tuple[str, str]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1.5, help="latest moment of the kill")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    chance = random.Random(options.seed)
    acknowledged: set[Id] = set()
    again: Sequence[Body] = ()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "llmwatch.db"
        print(f"{'round':>5} {'killed after':>12} {'acknowledged':>12} {'in all':>8} {'stored':>8}  verdict")
        for number in range(1, options.rounds + 1):
            spans = make_spans(int(SPANS_A_SECOND * options.seconds), seed=options.seed + number)
            batch = chance.choice((1, 20, 100))
            bodies = [*again, *encode_bodies(spans, batch)]
            after = chance.uniform(0.05, options.seconds)
            answered = [index - len(again) for index in killed_load(database, bodies, after)]
            fresh = [index for index in answered if index >= 0]
            acknowledged |= {
                (span["trace_id"], span["span_id"])
                for index in fresh
                for span in spans[index * batch : (index + 1) * batch]
            }
            again = chance.sample(bodies[len(again) :][: len(fresh) + 8], k=min(RESENT, len(fresh) + 8))
            with running("llmwatch", database):
                pass
            stored, faults = examine(database, acknowledged, chance)
            verdict = "; ".join(faults) or "all there, none twice, file sound"
            counts = f"{len(fresh) * batch:>12,} {len(acknowledged):>8,} {stored:>8,}"
            print(f"{number:>5} {after:>10.2f} s {counts}  {verdict}")
            if faults:
                return 1
    return 0


def killed_load(database: Path, bodies: Sequence[Body], after_s: float) -> list[int]:
    """Which of ``bodies`` a collector acknowledged that was killed ``after_s`` seconds into the load."""
    with running("llmwatch", database) as server:
        killer = threading.Timer(after_s, server.process.kill)
        killer.start()
        load = run_load(server.url, bodies, connections=4)
        killer.join()
    return load.acked_requests


def examine(database: Path, acknowledged: set[Id], chance: random.Random) -> tuple[int, list[str]]:
    """How many spans are stored, and everything that is wrong with them."""
    faults = []
    db = connect_reader(database)
    stored = db.execute("SELECT trace_id, span_id FROM spans").fetchall()
    if lost := len(acknowledged.difference(stored)):
        faults.append(f"{lost} acknowledged spans are lost")
    if twice := len(stored) - len(set(stored)):
        faults.append(f"{twice} spans are there twice")
    for what, sql in (
        ("traces count", "SELECT coalesce(sum(span_count), 0) FROM traces"),
        ("rollups count", "SELECT coalesce(sum(spans), 0) FROM rollups WHERE width_s = 60"),
        ("contents count", "SELECT count(*) FROM spans JOIN contents ON contents.id = spans.content"),
    ):
        if (counted := db.execute(sql).fetchone()[0]) != len(stored):
            faults.append(f"{what} {counted} spans")
    for trace_id, span_id in chance.sample(stored, k=min(SAMPLE, len(stored))):
        if reads.detail(db, trace_id, span_id) is None:
            faults.append(f"the content of {trace_id}:{span_id} cannot be read")
    db.close()
    with sqlite3.connect(database) as whole:
        if (verdict := whole.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            faults.append(f"integrity check: {verdict}")
    whole.close()
    return len(stored), faults


if __name__ == "__main__":
    sys.exit(main())
