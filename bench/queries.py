"""What the screen asks of a database with a million spans, built through the real pipeline and writer.

usage: python bench/queries.py [--spans 1000000] [--db FILE]

A tenth of the spans lies in the last hour, the rest in the thirty days before. An existing FILE is used as it
is. Each question is asked five times after a first one that is not counted; all alert rules are replayed over
the thirty days three times.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

from figures import Figure, table
from otlp_load import encode_bodies, make_spans

from llmwatch.analysis.alerts.rule import rules
from llmwatch.collector.alerting.sharing import replayed
from llmwatch.collector.otlp.protobuf import spans as decode
from llmwatch.collector.pipeline import Pipeline
from llmwatch.config import BudgetConfig, Config
from llmwatch.store.batch import WriteResult
from llmwatch.store.database import connect_reader
from llmwatch.store.filters import parse
from llmwatch.store.reads import spans, traces
from llmwatch.store.writer import Writer
from llmwatch.tui.panes import cost, quality, status, versions

CHUNK = 12_000
BATCH = 600
WAITING = 20
RUNS = 5
LOOKS_BACK = 3
HOUR_S = 3600
MONTH_S = 30 * 24 * HOUR_S
CONFIG = Config(budget=BudgetConfig(daily_usd=100, monthly_usd=2000))


def build(database: Path, count: int, now_ns: int) -> None:
    """Fill ``database`` with ``count`` spans and wait until their texts are indexed."""
    pipeline = Pipeline(CONFIG)
    writer = Writer(database, enrich=pipeline.enrich, queue_spans=100_000, synchronous="NORMAL")
    writer.start()
    pending: list[Future[WriteResult]] = []
    for number, (body, size) in enumerate(_bodies(count, now_ns)):
        pending.append(writer.submit(pipeline.spans(decode(body), size).batch))
        if len(pending) > WAITING:
            pending.pop(0).result()
        if number % 100 == 0:
            sys.stderr.write(f"\r{number * BATCH:,} spans")
    for future in pending:
        future.result()
    with closing(sqlite3.connect(database)) as db:
        while left := db.execute("SELECT count(*) FROM search_queue").fetchone()[0]:
            sys.stderr.write(f"\r{left:,} spans to index   ")
            time.sleep(1)
    writer.close()
    sys.stderr.write("\n")


def _bodies(count: int, now_ns: int) -> Iterator[tuple[bytes, int]]:
    """Request bodies, oldest first: nine tenths over a month, the rest over its last hour."""
    chunks = -(-count // CHUNK)
    old = max(1, chunks * 9 // 10)
    for number in range(chunks):
        if number < old:
            step_s = (MONTH_S - HOUR_S) / old
            ends_s = MONTH_S - step_s * (number + 1)
        else:
            step_s = HOUR_S / (chunks - old)
            ends_s = HOUR_S - step_s * (number - old + 1)
        made = make_spans(CHUNK, seed=number, end_ns=now_ns - int(ends_s * 1e9), spread_s=step_s)
        for body, _ in encode_bodies(made, BATCH):
            yield body, len(body)


def ask(database: Path) -> list[Figure]:
    """Milliseconds of every question, as if asked when the newest span began."""
    with closing(connect_reader(database)) as db:
        (now_ns,) = db.execute("SELECT max(start_ns) FROM spans").fetchone()
        newest = traces.page(db, parse(""), before_id=None, limit=1)[0]
        first, last = traces.id_range(db) or (0, 0)
        middle = (first + last) // 2

        def page(text: str, before_id: int | None = None) -> Callable[[], object]:
            return lambda: traces.page(db, parse(text), before_id=before_id, limit=50)

        def one_trace() -> None:
            for row in spans.spans_of(db, newest.trace_id):
                spans.detail(db, newest.trace_id, row.span_id)

        questions: list[tuple[str, float, Callable[[], object]]] = [
            ("pane: status", 50, lambda: status.load(db, now_ns, CONFIG)),
            ("pane: quality", 50, lambda: quality.load(db, now_ns, CONFIG)),
            ("pane: cost", 50, lambda: cost.load(db, now_ns, CONFIG)),
            ("pane: versions", 50, lambda: versions.load(db, now_ns)),
            ("pane: status by feature", 50, lambda: status.load_groups(db, now_ns, CONFIG, "feature")),
            ("pane: quality by model", 50, lambda: quality.load_groups(db, now_ns // 10**9, "model")),
            ("pane: cost by user", 50, lambda: cost.load_groups(db, now_ns, CONFIG, "user")),
            ("list: newest 50", 10, lambda: traces.window(db, last - 49, last)),
            ("list: 50 in the middle", 10, lambda: traces.window(db, middle, middle + 49)),
            ("list: 50 with errors", 10, page("status:error")),
            ("list: 50 of a model with errors", 10, page("status:error model:gpt-4o")),
            ("list: 50 slower than 5 s", 10, page("dur>5s")),
            ("list: 50 of a user, older half", 10, page("user:user-0042", middle)),
            ("one trace with all details", 50, one_trace),
            ("search: a common word", 200, page("warranty")),
            ("search: two words and a filter", 200, page("warranty invoice service:rag-api")),
            ("search: a word nobody said", 200, page("zebra")),
        ]
        return [Figure(name=n, values=_times(q), unit="ms", bar=bar) for n, bar, q in questions]


def look_back(database: Path) -> Figure:
    """Seconds of a replay of every alert rule over the last thirty days, as ``llmwatch alerts backtest``."""
    with closing(connect_reader(database)) as db:
        (newest_ns,) = db.execute("SELECT max(start_ns) FROM spans").fetchone()
    end_s = newest_ns // 10**9 // 60 * 60 + 60
    taken = []
    for _ in range(LOOKS_BACK):
        begun = time.perf_counter()
        replayed(database, CONFIG, end_s - MONTH_S, end_s, rules(CONFIG.alerts))
        taken.append(time.perf_counter() - begun)
    return Figure(name="back-test of every rule over 30 days", values=taken, unit="s", bar=10)


def _times(question: Callable[[], object]) -> list[float]:
    question()
    taken = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        question()
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def measure(count: int, database: Path | None) -> list[Figure]:
    """Build the database if need be, and ask."""
    with tempfile.TemporaryDirectory() as folder:
        path = database or Path(folder) / "queries.db"
        if not path.exists():
            build(path, count, time.time_ns())
        size = Figure(name="database", values=[path.stat().st_size / 1e6], unit="MB")
        return [size, *ask(path), look_back(path)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--spans", type=int, default=1_000_000)
    parser.add_argument("--db", type=Path)
    args = parser.parse_args()
    print(table(measure(args.spans, args.db)))


if __name__ == "__main__":
    main()
