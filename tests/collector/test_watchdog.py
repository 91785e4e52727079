"""Alerts begin, change and end once each, on a clock of the test's own, and survive a restart."""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from llmwatch.analysis.health import Reason, Verdict
from llmwatch.collector.watchdog import changes, run
from llmwatch.config import BudgetConfig, Config
from llmwatch.store.batch import AlertChange, Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.reads.alerts import open_alerts, recent
from llmwatch.store.rows import AlertRow
from llmwatch.store.span import Call, Cost, Span, Status, Usage
from llmwatch.store.writer import Writer

MINUTE = 60 * 10**9
NOON = 1_795_262_400 * 10**9  # 2026-11-21T12:00Z
CONFIG = Config()


def row(rule: str, level: str) -> AlertRow:
    return AlertRow(
        id=1, rule=rule, slice="", tier=2 if level == "WARN" else 1, state="firing", reason="", value=None,
        threshold=None, filter="", traces=(), pending_ns=1, seen_ns=1, fired_ns=1, resolved_ns=None,
        acknowledged_ns=None, snoozed_until_ns=None,
    )  # fmt: skip


def reason(rule: str, level: str) -> Reason:
    return Reason(rule, "WARN" if level == "WARN" else "CRIT", f"{rule} is {level}", "")


@pytest.mark.parametrize(
    ("open_now", "holding", "expected"),
    [
        ({}, {}, []),
        ({}, {"error_rate": "WARN"}, [("error_rate", "WARN")]),
        ({"error_rate": "WARN"}, {"error_rate": "WARN"}, []),
        ({"error_rate": "WARN"}, {"error_rate": "CRIT"}, [("error_rate", "CRIT")]),
        ({"error_rate": "CRIT"}, {"error_rate": "WARN"}, [("error_rate", "WARN")]),
        ({"error_rate": "CRIT"}, {}, [("error_rate", None)]),
        (
            {"b": "WARN", "a": "WARN"},
            {"c": "CRIT", "b": "WARN"},
            [("c", "CRIT"), ("a", None)],
        ),
    ],
)
def test_only_edges_are_changes(
    open_now: dict[str, str], holding: dict[str, str], expected: list[tuple[str, str | None]]
) -> None:
    verdict = Verdict("OK", tuple(reason(rule, level) for rule, level in holding.items()))
    found = changes([row(rule, level) for rule, level in open_now.items()], verdict, NOON)
    assert [(change.rule, change.level) for change in found] == expected
    assert all(change.time_ns == NOON for change in found)
    assert all(change.reason == f"{change.rule} is {change.level}" for change in found if change.level)


def calls(at_ns: int, count: int, status: Status = "ok", nanousd: int = 0) -> Iterable[Span]:
    """LLM calls of a second each, from ``at_ns`` on."""
    for number in range(count):
        yield Span(
            trace_id=f"{at_ns}-{number}", span_id="1", kind="llm", status=status,
            start_ns=at_ns + number, end_ns=at_ns + number + 10**9,
            call=Call(response_model="m", usage=Usage(input_tokens=1, output_tokens=1)),
            cost=Cost(nanousd=nanousd),
        )  # fmt: skip


class Stopped(Exception):
    """The rounds of a test are over."""


async def watch(writer: Writer, database: Path, times: Iterable[int], config: Config = CONFIG) -> None:
    """One round of the watchdog at each of ``times``."""
    remaining = list(times)

    async def wait(_seconds: float) -> None:
        if not remaining:
            raise Stopped

    with pytest.raises(Stopped):
        await run(writer, database, config, clock=lambda: remaining.pop(0), wait=wait)


def alerts(database: Path) -> list[tuple[str, str, int, int | None]]:
    """Rule, level, minute fired and minute resolved after noon, oldest first."""
    with closing(connect_reader(database)) as db:
        return [
            (
                alert.rule,
                alert.level,
                ((alert.fired_ns or 0) - NOON) // MINUTE,
                None if alert.resolved_ns is None else (alert.resolved_ns - NOON) // MINUTE,
            )
            for alert in reversed(recent(db, 100))
        ]


def write(writer: Writer, spans: Iterable[Span]) -> None:
    writer.submit(Batch(spans=list(spans))).result(timeout=10)


async def test_an_alert_fires_once_holds_and_resolves(writer: Writer, database: Path) -> None:
    write(writer, calls(NOON, 20))
    await watch(writer, database, [NOON + MINUTE])
    assert alerts(database) == [], "all is well"
    write(writer, calls(NOON + MINUTE, 10, "error"))
    await watch(writer, database, [NOON + minute * MINUTE for minute in (2, 3, 4, 15)])
    assert alerts(database) == [("error_rate", "CRIT", 2, None)], "fired once, and holds"
    await watch(writer, database, [NOON + 30 * MINUTE, NOON + 31 * MINUTE])
    assert alerts(database) == [("error_rate", "CRIT", 2, 30)], "the failures have left the window"


async def test_a_restart_neither_repeats_nor_forgets(tmp_path: Path) -> None:
    database = tmp_path / "watched.db"

    def started() -> Writer:
        writer = Writer(database, enrich=lambda span, _: span, queue_spans=1000, synchronous="NORMAL")
        writer.start()
        return writer

    with closing(started()) as writer:
        write(writer, calls(NOON, 10, "error"))
        await watch(writer, database, [NOON + MINUTE])
    with closing(started()) as writer:
        await watch(writer, database, [NOON + 2 * MINUTE])
        assert alerts(database) == [("error_rate", "CRIT", 1, None)]
    with closing(started()) as writer:
        await watch(writer, database, [NOON + 40 * MINUTE])
        assert alerts(database) == [("error_rate", "CRIT", 1, 40)]


async def test_a_budget_fires_at_80_and_at_100_percent_and_again_the_next_day(
    writer: Writer, database: Path
) -> None:
    config = Config(budget=BudgetConfig(daily_usd=10))
    day = 24 * 60
    write(writer, calls(NOON, 1, nanousd=7_900_000_000))
    await watch(writer, database, [NOON + MINUTE], config)
    assert alerts(database) == []
    write(writer, calls(NOON + 2 * MINUTE, 1, nanousd=100_000_000))
    await watch(writer, database, [NOON + 3 * MINUTE, NOON + 4 * MINUTE], config)
    assert alerts(database) == [("daily_budget", "WARN", 3, None)]
    write(writer, calls(NOON + 5 * MINUTE, 1, nanousd=2_000_000_000))
    await watch(writer, database, [NOON + 6 * MINUTE, NOON + 7 * MINUTE], config)
    assert alerts(database) == [("daily_budget", "WARN", 3, 6), ("daily_budget", "CRIT", 6, None)]
    await watch(writer, database, [NOON + (day - 720) * MINUTE], config)
    assert alerts(database)[-1] == ("daily_budget", "CRIT", 6, day - 720), "midnight begins anew"


async def test_trouble_is_said_once_and_watching_goes_on(
    writer: Writer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        await watch(writer, tmp_path / "gone.db", [NOON, NOON + MINUTE, NOON + 2 * MINUTE])
    assert [record.message for record in caplog.records] == [
        f"alerts are not watched: There is no database at {tmp_path / 'gone.db'}"
    ]


async def test_alerts_are_logged(writer: Writer, database: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(writer, calls(NOON, 10, "error"))
    with caplog.at_level(logging.INFO, "llmwatch.collector.watchdog"):
        await watch(writer, database, [NOON + MINUTE, NOON + 40 * MINUTE])
    assert [record.message for record in caplog.records] == [
        "ALERT [ERROR_RATE] CRIT: error rate 100 %, over 5 %",
        "RESOLVED [ERROR_RATE]",
    ]


async def test_it_ends_when_it_is_cancelled(writer: Writer, database: Path) -> None:
    watching = asyncio.create_task(run(writer, database, CONFIG, wait=asyncio.sleep))
    await asyncio.sleep(0)
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching


def test_open_alerts_are_what_the_screen_shows(writer: Writer, database: Path) -> None:
    fired = AlertChange(rule="error_rate", level="WARN", reason="error rate 3.0 %, over 2 %", time_ns=NOON)
    writer.submit(Batch(alerts=[fired])).result(timeout=10)
    with closing(connect_reader(database)) as db:
        (found,) = open_alerts(db)
    assert (found.rule, found.level, found.fired_ns, found.resolved_ns) == ("error_rate", "WARN", NOON, None)
