"""What is queued is delivered once, tried again after pauses that are seen, and given up in the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from llmwatch.collector.alerting.message import Message, message
from llmwatch.collector.alerting.outbox import PAUSES_S, Outbox
from llmwatch.config.alerts import AlertsConfig, PythonConfig
from llmwatch.errors import StoreError
from llmwatch.store.database import connect_reader
from llmwatch.store.reads import alerts as reads
from llmwatch.store.rows import DeliveryRow
from llmwatch.store.writer import Writer
from llmwatch.store.writes import alerts as writes
from tests.collector.test_alert_channels import ALERT

SECOND = 10**9
NOON = 1_795_262_400 * SECOND
FIRING = message(ALERT, "firing")
TOLD: list[str] = []
FAILURES: list[Exception] = []


def take(alert: dict[str, object]) -> None:
    if FAILURES:
        raise FAILURES.pop(0)
    TOLD.append(f"{alert['event']} {alert['rule']}")


CONFIG = AlertsConfig(python={"here": PythonConfig(function=f"{__name__}:take")})


class Time:
    """A clock of the test's own."""

    def __init__(self) -> None:
        self.now_ns = NOON

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock() -> Time:
    TOLD.clear()
    FAILURES.clear()
    return Time()


@pytest.fixture
def outbox(writer: Writer, database: Path, clock: Time) -> Outbox:
    return Outbox(writer, database, lambda: CONFIG, asyncio.Event(), clock)


@pytest.fixture
def queue(writer: Writer) -> Callable[..., None]:
    def queue(*channels: str, told: Message = FIRING) -> None:
        writer.run(lambda db: writes.queue(db, channels, told.event, None, told.encoded(), NOON)).result(10)

    return queue


def last(database: Path) -> DeliveryRow:
    with closing(connect_reader(database)) as db:
        (row,) = reads.deliveries(db)
    return row


async def test_delivered_once(outbox: Outbox, queue: Callable[..., None], database: Path) -> None:
    queue("python.here")
    await outbox.round()
    await outbox.round()
    assert TOLD == ["firing error_rate"]
    row = last(database)
    assert (row.attempts, row.delivered_ns, row.error, row.next_ns) == (1, NOON, None, None)


async def test_a_failure_is_tried_again_and_seen(
    outbox: Outbox, queue: Callable[..., None], database: Path, clock: Time, caplog: pytest.LogCaptureFixture
) -> None:
    queue("python.here")
    FAILURES[:] = [ValueError("down"), ValueError("still down")]
    await outbox.round()
    row = last(database)
    assert (row.attempts, row.delivered_ns, row.next_ns) == (1, None, NOON + 10 * SECOND)
    assert row.error is not None and row.error.endswith("ValueError: down")
    assert caplog.messages[-1].endswith("ValueError: down (again in 10 s)")
    clock.now_ns += 9 * SECOND
    await outbox.round()
    assert last(database).attempts == 1
    clock.now_ns += SECOND
    await outbox.round()
    assert (last(database).attempts, last(database).next_ns) == (2, clock.now_ns + 30 * SECOND)
    clock.now_ns += 30 * SECOND
    await outbox.round()
    assert TOLD == ["firing error_rate"]
    row = last(database)
    assert (row.attempts, row.delivered_ns, row.error) == (3, clock.now_ns, None)


async def test_given_up_in_the_end(
    outbox: Outbox, queue: Callable[..., None], database: Path, clock: Time
) -> None:
    queue("python.here")
    FAILURES[:] = [ValueError("down")] * 20
    for pause in (*PAUSES_S, 0):
        await outbox.round()
        clock.now_ns += pause * SECOND
    row = last(database)
    assert (row.attempts, row.next_ns, row.delivered_ns) == (9, None, None)
    await outbox.round()
    assert last(database).attempts == 9


async def test_what_lasts_is_not_tried_again(
    outbox: Outbox, queue: Callable[..., None], database: Path
) -> None:
    queue("slack.gone")
    await outbox.round()
    row = last(database)
    assert (row.attempts, row.next_ns) == (1, None)
    assert row.error == "there is no such channel in the configuration any more"


async def test_channels_do_not_wait_for_each_other(
    outbox: Outbox, queue: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    FAILURES[:] = [ValueError("down")]
    with caplog.at_level(logging.WARNING, "llmwatch.alerts"):
        queue("python.here", "log")
        await outbox.round()
    assert "ALERT [ERROR_RATE]: error rate 8.1 %, over 5 % (feature:chat)" in caplog.messages


async def test_it_runs_until_cancelled_and_wakes_for_news(
    writer: Writer, database: Path, clock: Time, queue: Callable[..., None]
) -> None:
    news = asyncio.Event()
    task = asyncio.create_task(Outbox(writer, database, lambda: CONFIG, news, clock).run())
    await asyncio.sleep(0)
    queue("python.here")
    news.set()
    while not TOLD:  # noqa: ASYNC110 - a thread adds to it
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_database_in_trouble_is_raised(writer: Writer, tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        await Outbox(writer, tmp_path / "none.db", lambda: CONFIG, asyncio.Event()).round()
