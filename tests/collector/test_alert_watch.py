"""The collector looks at the rules, writes down what becomes of alerts, and tells of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from llmwatch.collector.alerting.message import decoded
from llmwatch.collector.alerting.outbox import Outbox
from llmwatch.collector.alerting.watching import EVERY_S, Watch
from llmwatch.collector.outlook import look
from llmwatch.config import Config, parse
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.reads import alerts as reads
from llmwatch.store.rows import AlertRow
from llmwatch.store.span import Call, Context, Cost, Span, Status, Usage
from llmwatch.store.writer import Writer
from llmwatch.store.writes import alerts as writes

SECOND = 10**9
MINUTE = 60 * SECOND
NOON = 1_795_262_400 * SECOND  # 2026-11-21T12:00Z


def only(**rules: Mapping[str, object]) -> Config:
    """A configuration in which no other rule is looked at."""
    others = {name: {"enabled": False} for name in Config().alerts.rules if name not in rules}
    return parse({"alerts": {"rules": {**others, **rules}, "tier2": ["log"]}})


def calls(
    at_ns: int,
    count: int,
    status: Status = "ok",
    *,
    seconds: float = 1.0,
    nanousd: int = 0,
    feature: str = "chat",
) -> Iterable[Span]:
    """LLM calls from ``at_ns`` on."""
    for number in range(count):
        yield Span(
            trace_id=f"{at_ns}-{status}-{feature}-{number}", span_id="1", kind="llm", status=status,
            start_ns=at_ns + number, end_ns=at_ns + number + round(seconds * SECOND) + number,
            context=Context(feature=feature),
            call=Call(response_model="m", usage=Usage(input_tokens=1, output_tokens=1)),
            cost=Cost(nanousd=nanousd),
        )  # fmt: skip


class Collecting:
    """A watch and the clock it goes by."""

    def __init__(self, writer: Writer, database: Path, config: Config) -> None:
        self.writer = writer
        self.database = database
        self.now_ns = NOON
        self.news = 0
        self.restart(config)

    def restart(self, config: Config) -> None:
        """As a new process."""
        self.config = config
        self.watch = Watch(self.writer, self.database, config, self._count, lambda: self.now_ns)

    def _count(self) -> None:
        self.news += 1

    def write(self, spans: Iterable[Span]) -> None:
        self.writer.submit(Batch(spans=list(spans))).result(timeout=10)

    async def until(self, minute: float, every_s: float = EVERY_S) -> None:
        """Looks from now until so many minutes after noon."""
        while self.now_ns < NOON + minute * MINUTE:
            self.now_ns += round(every_s * SECOND)
            await self.watch.look()

    @property
    def alerts(self) -> Sequence[tuple[str, str, str]]:
        """Rule, slice and state, the oldest first."""
        return [(row.rule, row.slice, row.state) for row in reversed(self.read(reads.recent))]

    @property
    def last(self) -> AlertRow:
        """The last that fired."""
        return self.read(reads.recent)[0]

    def read(self, question: Callable[..., list[AlertRow]]) -> list[AlertRow]:
        with closing(connect_reader(self.database)) as db:
            return question(db, 100) if question is reads.recent else question(db)

    @property
    def told(self) -> list[str]:
        """Everything that was queued, the oldest first."""
        with closing(connect_reader(self.database)) as db:
            rows = db.execute("SELECT message FROM deliveries ORDER BY id").fetchall()
        return [decoded(message).line for (message,) in rows]


@pytest.fixture
def collecting(writer: Writer, database: Path) -> Collecting:
    return Collecting(writer, database, only(error_rate={}))


async def test_error_rate_from_the_first_error_to_the_end(collecting: Collecting) -> None:
    for minute in range(10):
        collecting.write(calls(NOON + minute * MINUTE, 10, "error" if minute < 8 else "ok"))
    await collecting.until(5.8)  # the first whole minute is over at 12:01, and it must hold for five
    assert collecting.alerts == []
    assert [row.state for row in collecting.read(reads.pending)] == ["pending"]
    await collecting.until(6.5)
    assert collecting.alerts == [("error_rate", "", "firing")]
    assert collecting.told == ["ALERT [ERROR_RATE]: error rate 100 %, over 5.0 %"]
    await collecting.until(12.8)
    assert len(collecting.told) == 1
    await collecting.until(13.2)  # the last error is at 12:07, out of the window of five minutes
    assert collecting.alerts == [("error_rate", "", "resolved")]
    assert collecting.told[1].startswith("RESOLVED [ERROR_RATE]: error rate ")


async def test_it_keeps_the_worst_traces_and_a_filter_that_opens_them(collecting: Collecting) -> None:
    collecting.restart(only(latency_p95={}))
    collecting.write(calls(NOON, 20, seconds=9))
    collecting.write(calls(NOON, 20, seconds=1, feature="quick"))
    await collecting.until(2)
    alert = collecting.last
    assert alert.traces == tuple(f"{NOON}-ok-chat-{number}" for number in range(19, 14, -1))
    assert alert.filter == "kind:llm dur>5s after:2026-11-21T11:56:00Z"
    assert alert.value == pytest.approx(9 * SECOND, rel=0.01)
    assert alert.threshold == 5 * SECOND


async def test_late_spans_count(collecting: Collecting) -> None:
    collecting.restart(only(error_rate={"hold": "0s"}))
    await collecting.until(1.5)
    collecting.write(calls(NOON, 10, "error"))
    await collecting.until(1.8)
    assert collecting.alerts == [("error_rate", "", "firing")]


async def test_a_restart_neither_repeats_nor_forgets(collecting: Collecting) -> None:
    for minute in range(20):
        collecting.write(calls(NOON + minute * MINUTE, 10, "error"))
    await collecting.until(3)
    collecting.restart(collecting.config)
    await collecting.until(6.5)
    assert len(collecting.told) == 1
    collecting.restart(collecting.config)
    await collecting.until(10)
    assert collecting.alerts == [("error_rate", "", "firing")]
    assert len(collecting.told) == 1


async def test_slices_have_alerts_of_their_own(collecting: Collecting) -> None:
    collecting.restart(only(**{"error_rate": {"by": "feature", "hold": "0s"}}))
    collecting.write(calls(NOON, 20, "error", feature="mail"))
    collecting.write(calls(NOON, 20, "ok", feature="chat"))
    await collecting.until(1.5)
    assert collecting.alerts == [("error_rate", "feature:mail", "firing")]
    assert collecting.told == ["ALERT [ERROR_RATE]: error rate 100 %, over 5.0 % (feature:mail)"]
    assert collecting.last.traces[0].startswith(f"{NOON}-error-mail-")


async def test_a_changed_rule_counts_and_a_removed_one_is_over(collecting: Collecting) -> None:
    collecting.restart(only(error_rate={"hold": "0s", "threshold": 1.0}))
    collecting.write(calls(NOON, 20, "error"))
    await collecting.until(1.5)
    assert collecting.alerts == []
    collecting.watch.reconfigure(only(error_rate={"hold": "0s"}))
    await collecting.until(1.8)
    assert collecting.alerts == [("error_rate", "", "firing")]
    collecting.watch.reconfigure(only(truncation={}))
    await collecting.until(2)
    assert collecting.alerts == [("error_rate", "", "resolved")]


async def test_switched_off_nothing_is_looked_at(collecting: Collecting) -> None:
    collecting.restart(parse({"alerts": {"enabled": False}}))
    collecting.write(calls(NOON, 100, "error", seconds=100))
    await collecting.until(3)
    assert collecting.alerts == []


async def test_the_verdict_names_the_alert(collecting: Collecting) -> None:
    collecting.restart(only(truncation={}, latency_p99={}))
    collecting.write(calls(NOON, 20, seconds=70))
    await collecting.until(1.5)
    with closing(connect_reader(collecting.database)) as db:
        verdict = look(db, collecting.config, collecting.now_ns).verdict
    assert verdict.level == "CRIT"
    assert "latency_p99" in [reason.rule for reason in verdict.reasons]


async def test_snoozed_it_is_neither_told_nor_in_the_verdict_until_it_wakes(collecting: Collecting) -> None:
    collecting.restart(only(latency_p99={}))
    for minute in range(12):
        collecting.write(calls(NOON + minute * MINUTE, 20, seconds=70))
    await collecting.until(1.5)
    until_ns = collecting.now_ns + 5 * MINUTE
    collecting.writer.run(lambda db: writes.snooze(db, collecting.last.id, until_ns)).result(10)
    await collecting.until(6)
    with closing(connect_reader(collecting.database)) as db:
        assert reads.pressing(db, collecting.now_ns) == []
    assert len(collecting.told) == 1
    await collecting.until(7)
    assert len(collecting.told) == 2
    assert collecting.last.snoozed_until_ns is None


async def test_what_a_person_said_stays(collecting: Collecting) -> None:
    collecting.restart(only(latency_p99={}))
    for minute in range(6):
        collecting.write(calls(NOON + minute * MINUTE, 20, seconds=70))
    await collecting.until(1.5)
    collecting.writer.run(lambda db: writes.acknowledge(db, collecting.last.id, 7)).result(10)
    await collecting.until(5)
    assert (collecting.last.acknowledged_ns, collecting.last.state) == (7, "firing")


async def test_tier_three_waits_for_the_digest(collecting: Collecting) -> None:
    collecting.restart(only(request_cost={"tier": 3}))
    collecting.write(calls(NOON, 1, nanousd=2 * SECOND))
    await collecting.until(1.5)
    assert collecting.alerts == [("request_cost", "", "firing")]
    assert collecting.told == []
    await collecting.until(21 * 60, every_s=600)  # 09:00 of the next day
    (digest,) = collecting.told
    assert digest.startswith("ALERT [DIGEST]: 1 × request_cost; 1 request over $1.00, up to $")
    await collecting.until(48 * 60, every_s=600)
    assert len(collecting.told) == 1


async def test_what_is_queued_is_delivered(collecting: Collecting, caplog: pytest.LogCaptureFixture) -> None:
    collecting.restart(only(latency_p99={}))
    collecting.write(calls(NOON, 20, seconds=70))
    await collecting.until(1.2)
    assert collecting.news == 1
    with caplog.at_level(logging.INFO):
        await Outbox(
            collecting.writer,
            collecting.database,
            lambda: collecting.config.alerts,
            asyncio.Event(),
            lambda: collecting.now_ns,
        ).round()
    assert [message.split(" 6")[0] for message in caplog.messages] == ["ALERT [LATENCY_P99]: p99 latency"]


class Stopped(Exception):
    """The rounds of a test are over."""


async def test_a_database_in_trouble_is_told_once_and_tried_again(
    collecting: Collecting, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    rounds = iter(range(3))
    watch = Watch(collecting.writer, tmp_path / "none.db", only(), lambda: None, lambda: NOON)

    async def wait(_seconds: float) -> None:
        if next(rounds, None) is None:
            raise Stopped

    with pytest.raises(Stopped):
        await watch.run(wait)
    assert [message.split(":")[0] for message in caplog.messages] == ["alerts are not watched"]
