"""Edges are taken once a period, in order, also over a restart; and budgets as everyone reads them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from llmwatch.analysis.budgetstates import budget_states
from llmwatch.collector.budgets.edges import take_edges
from llmwatch.collector.budgets.ledger import Ledger
from llmwatch.config import Config, parse
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.span import Call, Cost, Span, Usage
from llmwatch.store.writer import Writer
from tests.store.builders import span, who

NANO = 10**9


def ns(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * NANO)


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

    def __init__(self, make: Callable[[], Writer], config: Config) -> None:
        self._make, self.config, self._spans = make, config, 0
        self.restart()

    def restart(self) -> None:
        self.writer = self._make()
        self.writer.keep(Ledger(self.config)).result(5)

    def spend(self, dollars: float, at_ns: int, **context: str) -> None:
        self._spans += 1
        call = Call(request_model="m", usage=Usage(input_tokens=1000, output_tokens=0))
        record = span(
            "a", trace_id=f"t{self._spans}", kind="llm", call=call, start_ns=at_ns,
            cost=Cost(nanousd=round(dollars * NANO)), context=who(**context),
        )  # fmt: skip
        assert isinstance(record, Span)
        self.writer.submit(Batch(spans=[record])).result(5)

    def taken(self, now_ns: int) -> list[tuple[str, str | None, str]]:
        edges = self.writer.run(lambda db: take_edges(db, self.config, now_ns)).result(5)
        return [(edge.state.name, edge.state.value, edge.kind) for edge in edges]


DAILY = parse({"budget": {"daily_usd": 10}})


def test_eight_of_ten_dollars_and_ten_of_ten_are_told_once_each(making: Callable[[], Writer]) -> None:
    noon = ns("2026-11-21T12:00")
    here = Spending(making, DAILY)
    here.spend(7.99, noon)
    assert here.taken(noon) == []
    here.spend(0.01, noon)
    assert here.taken(noon) == [("daily", None, "warn")]
    here.spend(1.99, noon)
    assert here.taken(noon + NANO) == []
    here.restart()
    assert here.taken(noon + 2 * NANO) == [], "a restart repeats nothing"
    here.spend(0.01, noon)
    assert here.taken(noon + 3 * NANO) == [("daily", None, "limit")]
    here.spend(5, noon)
    here.restart()
    assert here.taken(noon + 4 * NANO) == [], "nor forgets"


def test_both_edges_in_one_step_are_both_told(making: Callable[[], Writer]) -> None:
    noon = ns("2026-11-21T12:00")
    here = Spending(making, DAILY)
    here.spend(25, noon)
    assert here.taken(noon) == [("daily", None, "warn"), ("daily", None, "limit")]
    assert here.taken(noon) == []


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
    making: Callable[[], Writer], zone: str, day: str, after: str, hours: int
) -> None:
    here = Spending(making, parse({"budget": {"daily_usd": 10, "timezone": zone}}))
    start, end = ns(day, zone), ns(after, zone)
    assert end - start == hours * 3600 * NANO
    here.spend(4, start)
    here.spend(4, end - NANO)
    assert here.taken(end - 1) == [("daily", None, "warn")]
    assert here.taken(end) == [], "nothing is spent on the new day"
    here.spend(9, end)
    assert here.taken(end) == [("daily", None, "warn")]


def test_a_month_ends_with_its_last_day(making: Callable[[], Writer]) -> None:
    here = Spending(making, parse({"budget": {"monthly_usd": 10, "timezone": "Europe/Berlin"}}))
    last = ns("2026-02-28T23:59:59", "Europe/Berlin")
    here.spend(10, last)
    assert here.taken(last) == [("monthly", None, "warn"), ("monthly", None, "limit")]
    assert here.taken(last + NANO) == []


def test_each_user_has_edges_of_their_own(making: Callable[[], Writer]) -> None:
    noon = ns("2026-11-21T12:00")
    budgets = {"free": {"limit_usd": 1, "by": "user", "match": {"segment": "free"}}}
    here = Spending(making, parse({"budgets": budgets}))
    here.spend(0.85, noon, user_id="ann", segment="free")
    here.spend(1, noon, user_id="bob", segment="free")
    here.spend(9, noon, user_id="cid", segment="pro")
    assert here.taken(noon) == [
        ("free", "bob", "warn"), ("free", "bob", "limit"), ("free", "ann", "warn")
    ]  # fmt: skip
    here.spend(0.2, noon, user_id="ann", segment="free")
    assert here.taken(noon) == [("free", "ann", "limit")]


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
    noon = ns("2026-11-21T12:00")
    config = parse({"budget": {"daily_usd": 10}, "budgets": QUOTAS})
    here = Spending(making, config if with_collector else Config())
    here.spend(1, noon, feature="chat", session_id="s1")
    here.spend(2, noon + 30 * NANO, feature="chat", session_id="s2")
    here.spend(4, noon - 3600 * NANO, session_id="s1")
    with closing(connect_reader(tmp_path / "llmwatch.db")) as db:
        states = budget_states(db, config, noon + 30 * NANO)
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


def test_an_alert_engine_can_take_edges_and_write_in_one_transaction(making: Callable[[], Writer]) -> None:
    noon = ns("2026-11-21T12:00")
    here = Spending(making, DAILY)
    here.spend(9, noon)

    def fails(db: sqlite3.Connection) -> None:
        assert take_edges(db, DAILY, noon)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        here.writer.run(fails).result(5)
    assert here.taken(noon) == [("daily", None, "warn")], "nothing was noted by the transaction that failed"
