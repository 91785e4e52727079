"""Budgets are told of once a period at each mark, also over a restart; and read alike by everyone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from llmwatch.analysis.budgetstates import budget_states, reached_states
from llmwatch.collector.alerting.watching import Watch
from llmwatch.collector.budgets.ledger import Ledger
from llmwatch.config import Config, parse
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.span import Call, Cost, Span, Usage
from llmwatch.store.writer import Writer
from llmwatch.store.writes.accounts import open_accounts
from tests.store.builders import span, who

NANO = 10**9
WARN, OVER = "budget_warn", "budget_exceeded"


def ns(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * NANO)


NOON = ns("2026-11-21T12:00")


@pytest.fixture
def making(tmp_path: Path) -> Iterator[Callable[[], Writer]]:
    made: list[Writer] = []

    def make() -> Writer:
        for before in made:
            before.close()
        writer = Writer(
            tmp_path / "llmwatch.db", enrich=lambda record, _: record, queue_spans=100, synchronous="NORMAL"
        )
        writer.start()
        made.append(writer)
        return writer

    yield make
    made[-1].close()


class Spending:
    """A collector that is started again whenever the test wants it."""

    def __init__(self, make: Callable[[], Writer], folder: Path, config: Config, now_ns: int = NOON) -> None:
        self._make, self._database, self.config, self._spans = make, folder / "llmwatch.db", config, 0
        self._now_s = now_ns // NANO
        self.restart()

    def restart(self) -> None:
        self.writer, ledger = self._make(), Ledger(self.config)
        self.writer.keep(ledger).result(5)
        self.writer.run(lambda db: open_accounts(db, ledger.accounts, self._now_s)).result(5)

    def spend(self, dollars: float, at_ns: int, **context: str) -> None:
        self._spans += 1
        call = Call(request_model="m", usage=Usage(input_tokens=1000, output_tokens=0))
        record = span(
            "a", trace_id=f"t{self._spans}", kind="llm", call=call, start_ns=at_ns,
            cost=Cost(nanousd=round(dollars * NANO)), context=who(**context),
        )  # fmt: skip
        assert isinstance(record, Span)
        self.writer.submit(Batch(spans=[record])).result(5)

    def told(self, now_ns: int) -> list[tuple[str, str]]:
        """Rule and words of every alert about a budget that fires now."""
        watch = Watch(self.writer, self._database, self.config, lambda: None, lambda: now_ns)
        fired = [change.alert for change in asyncio.run(watch.look()) if change.event == "fired"]
        return sorted((alert.rule, alert.reason) for alert in fired if alert.rule in (WARN, OVER))


DAILY = parse({"budget": {"daily_usd": 10}})


def test_eight_of_ten_dollars_and_ten_of_ten_are_told_once_each(
    making: Callable[[], Writer], tmp_path: Path
) -> None:
    here = Spending(making, tmp_path, DAILY)
    here.spend(7.99, NOON)
    assert here.told(NOON) == []
    here.spend(0.01, NOON)
    assert here.told(NOON) == [(WARN, "today $8.00, 80 % of the daily budget $10.00")]
    here.spend(1.99, NOON)
    assert here.told(NOON + NANO) == []
    here.restart()
    assert here.told(NOON + 2 * NANO) == [], "a restart repeats nothing"
    here.spend(0.01, NOON)
    assert here.told(NOON + 3 * NANO) == [(OVER, "today $10.00, 100 % of the daily budget $10.00")]
    here.spend(5, NOON)
    here.restart()
    assert here.told(NOON + 4 * NANO) == [], "nor forgets"


def test_both_marks_in_one_step_are_both_told(making: Callable[[], Writer], tmp_path: Path) -> None:
    here = Spending(making, tmp_path, DAILY)
    here.spend(25, NOON)
    words = "today $25.00, 250 % of the daily budget $10.00"
    assert here.told(NOON) == [(OVER, words), (WARN, words)]
    assert here.told(NOON + NANO) == []


@pytest.mark.parametrize(
    ("zone", "day", "after", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-30", 23),
        ("Europe/Berlin", "2026-10-25", "2026-10-26", 25),
        ("America/New_York", "2026-03-08", "2026-03-09", 23),
        ("America/New_York", "2026-11-01", "2026-11-02", 25),
    ],
)
def test_a_new_day_begins_at_local_midnight(
    making: Callable[[], Writer], tmp_path: Path, zone: str, day: str, after: str, hours: int
) -> None:
    start, end = ns(day, zone), ns(after, zone)
    assert end - start == hours * 3600 * NANO
    config = parse({"budget": {"daily_usd": 10, "timezone": zone}})
    here = Spending(making, tmp_path, config, start)
    here.spend(4, start)
    here.spend(4, end - NANO)
    assert [rule for rule, _ in here.told(end - 1)] == [WARN]
    assert here.told(end) == [], "nothing is spent on the new day"
    here.spend(9, end)
    assert [rule for rule, _ in here.told(end)] == [WARN]


def test_what_is_spent_in_the_last_second_of_a_month_is_told_after_it(
    making: Callable[[], Writer], tmp_path: Path
) -> None:
    last = ns("2026-02-28T23:59:59", "Europe/Berlin")
    config = parse({"budget": {"monthly_usd": 10, "timezone": "Europe/Berlin"}})
    here = Spending(making, tmp_path, config, last)
    here.spend(10, last)
    assert [rule for rule, _ in here.told(last + 5 * NANO)] == [OVER, WARN]
    assert here.told(last + 15 * NANO) == []
    with closing(connect_reader(tmp_path / "llmwatch.db")) as db:
        assert reached_states(db, config, last + 90 * NANO) == []


def test_each_user_has_marks_of_their_own(making: Callable[[], Writer], tmp_path: Path) -> None:
    budgets = {"free": {"limit_usd": 1, "by": "user", "match": {"segment": "free"}}}
    here = Spending(making, tmp_path, parse({"budgets": budgets}))
    here.spend(0.85, NOON, user_id="ann", segment="free")
    here.spend(1, NOON, user_id="bob", segment="free")
    here.spend(9, NOON, user_id="cid", segment="pro")
    assert [(rule, words[:8]) for rule, words in here.told(NOON)] == [
        (OVER, "user bob"), (WARN, "user ann"), (WARN, "user bob")
    ]  # fmt: skip
    here.spend(0.2, NOON, user_id="ann", segment="free")
    assert [(rule, words[:8]) for rule, words in here.told(NOON)] == [(OVER, "user ann")]


QUOTAS = {
    "tpm": {"limit_tokens": 4000, "period": "minute", "by": "model"},
    "rpd": {"limit_calls": 10},
    "zero": {"limit_usd": 0, "match": {"feature": "none"}},
    "hourly": {"limit_usd": 8, "period": "hour", "match": {"feature": "chat"}},
    "sessions": {"limit_usd": 5, "by": "session"},
}


@pytest.mark.parametrize("with_collector", [True, False])
def test_states_are_the_same_with_and_without_a_collector(
    making: Callable[[], Writer], tmp_path: Path, with_collector: bool
) -> None:
    """Kept in the file, or counted from spans when the file knows nothing of a budget."""
    config = parse({"budget": {"daily_usd": 10}, "budgets": QUOTAS})
    here = Spending(making, tmp_path, config if with_collector else Config())
    here.spend(1, NOON, feature="chat", session_id="s1")
    here.spend(2, NOON + 30 * NANO, feature="chat", session_id="s2")
    here.spend(4, NOON - 3600 * NANO, session_id="s1")
    with closing(connect_reader(tmp_path / "llmwatch.db")) as db:
        states = budget_states(db, config, NOON + 30 * NANO)
        kept = {name for (name,) in db.execute("SELECT budget FROM budget_definitions")}
    assert kept == ({"daily", *QUOTAS} if with_collector else set())
    assert [(s.name, s.value, s.unit, s.spent, s.limit, s.share) for s in states] == [
        ("zero", None, "usd", 0, 0, 1.0),
        ("sessions", "s1", "usd", 5 * NANO, 5 * NANO, 1.0),
        ("daily", None, "usd", 7 * NANO, 10 * NANO, 0.7),
        ("tpm", "m", "tokens", 2000, 4000, 0.5),
        ("sessions", "s2", "usd", 2 * NANO, 5 * NANO, 0.4),
        ("hourly", None, "usd", 3 * NANO, 8 * NANO, 0.375),
        ("rpd", None, "calls", 3, 10, 0.3),
        ("monthly", None, "usd", 7 * NANO, None, None),
    ]
    forecasts = {s.name: s.forecast for s in states}
    assert forecasts["daily"] == 7 * NANO * 86_400 // 43_230, "twelve hours and half a minute of 24"
    assert forecasts["tpm"] == 4000, "half a minute of one"
