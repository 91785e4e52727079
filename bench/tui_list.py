"""What the trace list costs over a million traces while others come in, in a terminal of its own (Linux).

usage: python bench/tui_list.py [--traces 1000000] [--rate 500] [--seconds 10] [--db FILE]

The list has the screen to itself. Another process writes ``rate`` traces of one span a second. The lag is how
late a timer of 20 ms is in the screen's event loop.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from figures import Figure, table
from startup import Screen

from llmwatch.config import Config
from llmwatch.store.database import prepare
from llmwatch.store.span import Call, Span, Usage
from llmwatch.store.writer import Batch, Writer
from llmwatch.tui import app
from llmwatch.tui.screens.overview import Overview
from llmwatch.tui.widgets.tracelist import TraceList

TICK_S = 0.02
WARM_UP_S = 3.0
PER_SECOND = 10
SECOND = 10**9

SCENARIOS: dict[str, tuple[bool, str, float]] = {
    "idle": (False, "", 0),
    "following": (True, "", 0),
    "holding": (True, "hold", 0),
    "cursor 20 times a second": (True, "cursor_down", 20),
    "page 20 times a second": (True, "page_down", 20),
    "end to end 5 times a second": (True, "jump", 5),
}
"""Whether traces come in, what is pressed, and how often a second."""


def build(path: Path, count: int) -> None:
    """Fill ``path`` with ``count`` rows of traces, five minutes a thousand."""
    prepare(path)
    first_ns = time.time_ns() - count * 300_000_000
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(_FILL, {"count": count, "first": first_ns})


_FILL = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
INSERT INTO traces (id, trace_id, facets, root_span_id, name, start_ns, end_ns, duration_ns, status, running,
    span_count, llm_calls, error_count, error_type, error_message, user_id, prompt_name, prompt_version,
    model, input_tokens, output_tokens, cost_nanousd, unpriced_calls, received_ns)
SELECT i, printf('%032x', i), ',', 'root', iif(i % 3, 'rag-chat', 'summarise'), :first + i * 300000000,
    :first + i * 300000000 + 2000000000, 2000000000, iif(i % 50, 'ok', 'error'), 0, 3,
    1, i % 50 = 0, iif(i % 50, NULL, 'RateLimitError'), iif(i % 50, NULL, '429 rate limit reached'),
    'u_' || i % 100, 'answer', 'v2.4', iif(i % 2, 'gpt-4o', 'claude-sonnet-4-5'), 1204, 312, 6100000, 0,
    :first
FROM n
"""


def write(path: Path, rate: int, seconds: float) -> None:
    """Write ``rate`` traces a second, the way the collector does."""
    writer = Writer(path, enrich=lambda span, _: span, queue_spans=100_000, synchronous="NORMAL")
    writer.start()
    begun = time.perf_counter()
    for number in range(int(seconds * PER_SECOND)):
        time.sleep(max(0.0, begun + number / PER_SECOND - time.perf_counter()))
        writer.submit(Batch(spans=[_span() for _ in range(rate // PER_SECOND)]))
    writer.close()


def _span() -> Span:
    now_ns = time.time_ns()
    return Span(
        trace_id=os.urandom(16).hex(), span_id="0" * 16, name="live", kind="llm", start_ns=now_ns - SECOND,
        end_ns=now_ns, status="ok",
        call=Call(request_model="gpt-4o", usage=Usage(input_tokens=1204, output_tokens=312)),
    )  # fmt: skip


class Watched(app.LlmwatchApp):
    """The app, with a list that has the screen to itself, presses of its own, and a look at its clock."""

    CSS_PATH = [Path(app.__file__).parent / name for name in app.LlmwatchApp.CSS_PATH]  # noqa: RUF012

    def __init__(self, path: Path, press: str, often: float, seconds: float, report: Path) -> None:
        super().__init__(path, "http://127.0.0.1:9", Config())
        self._press, self._often, self._seconds, self._report = press, often, seconds, report

    def on_ready(self) -> None:
        """Begin."""
        self.run_worker(self._measured())

    async def _measured(self) -> None:
        overview = self.screen
        assert isinstance(overview, Overview)
        overview.action_pane(5)
        overview.action_zoom()
        await asyncio.sleep(WARM_UP_S)
        if self._press == "hold":
            overview.traces.action_page_down()
        press = self.set_interval(1 / self._often, self._presser(overview.traces)) if self._often else None
        lags = await self._lags()
        if press is not None:
            press.stop()
        self._report.write_text(json.dumps(lags))
        self.exit(0)

    def _presser(self, traces: TraceList) -> Callable[[], None]:
        ends = [traces.action_bottom, traces.action_top]

        def press() -> None:
            if self._press == "jump":
                ends.append(ends.pop(0))
                ends[0]()
            else:
                getattr(traces, f"action_{self._press}")()

        return press

    async def _lags(self) -> dict[str, Any]:
        before, begun = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        late: list[float] = []
        while (at := time.perf_counter()) < begun + self._seconds:
            await asyncio.sleep(TICK_S)
            late.append((time.perf_counter() - at - TICK_S) * 1000)
        after, took = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - begun
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {
            "cpu": used / took * 100,
            "lag": statistics.quantiles(late, n=20)[-1],
            "rss": _most_memory_mb(),
        }


def _most_memory_mb() -> float:
    """The largest resident memory so far; that of getrusage counts what the parent had when it forked."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("the kernel shows no VmHWM")


def measure(path: Path, rate: int, seconds: float) -> list[Figure]:
    """CPU, lag and memory of the screen in each of `SCENARIOS`."""
    figures: list[Figure] = []
    for name, (live, press, often) in SCENARIOS.items():
        found = _run(path, rate if live else 0, seconds, press, often)
        bound = name in ("following", "holding")
        figures += [
            Figure(name=f"{name}: CPU", values=[found["cpu"]], unit="% of a core", bar=10 if bound else None),
            Figure(name=f"{name}: lag, p95", values=[found["lag"]], unit="ms", bar=10),
        ]
    figures.append(Figure(name="memory of the screen", values=[found["rss"]], unit="MB", bar=60))
    return figures


def _run(path: Path, rate: int, seconds: float, press: str, often: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        me = [sys.executable, __file__, "--db", str(path), "--seconds", str(seconds)]
        environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        screen = Screen.start([*me, "--watch", str(report), press, str(often)], environment)
        writer = subprocess.Popen([*me, "--write", str(rate)]) if rate else None
        with contextlib.suppress(OSError):  # the terminal is gone when the screen has ended
            while True:
                screen.drain(1)
        screen.process.wait(10)
        if writer is not None:
            writer.terminate()
            writer.wait(10)
        os.close(screen.master)
        found: dict[str, float] = json.loads(report.read_text())
        return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--traces", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--db", type=Path, help="keep the database here, and use it when it is there")
    parser.add_argument("--watch", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--write", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.watch:
        report, press, often = args.watch
        Watched(args.db, press, float(often), args.seconds, Path(report)).run()
    elif args.write:
        write(args.db, args.write, args.seconds + WARM_UP_S + 5)
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = args.db or Path(folder) / "list.db"
            if not path.exists():
                build(path, args.traces)
            print(table(measure(path, args.rate, args.seconds)))


if __name__ == "__main__":
    main()
