"""What a metric usually is: by hand from its hours, and not before there are enough of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from math import sqrt
from pathlib import Path

import pytest
from msgspec.structs import replace

from llmwatch.analysis.baselines import Baseline, baseline, baselines, learn
from llmwatch.analysis.metrics import Figure
from llmwatch.errors import UsageError
from llmwatch.store.span import Context, Span, Status
from llmwatch.store.writer import Writer
from llmwatch.store.writes import baselines as writes
from tests.analysis.ledger import START_S, call, stored
from tests.store.builders import SECOND

HOUR = 3600
FIRST_S = START_S - START_S % HOUR
WEEK = 7 * 24 * HOUR


def figures(*values: float | None) -> list[Figure]:
    return [Figure(value, 0 if value is None else 5) for value in values]


def test_mean_deviation_and_percentile_by_hand() -> None:
    found = learn(figures(2, 4, None, 4, 4, 5, 5, 7, 9, None), enough=8)
    assert found == Baseline(mean=5, sigma=sqrt(32 / 7), p95=9, hours=8, samples=40)
    twenty = learn(figures(*range(1, 21)), enough=20)
    assert twenty is not None and twenty.p95 == 19  # the 19th of 20


@pytest.mark.parametrize(
    ("values", "enough"), [([1.0] * 23, 24), ([1.0] * 23 + [None] * 10, 24), ([1.0], 1), ([], 0)]
)
def test_too_few_hours_are_no_baseline(values: list[float | None], enough: int) -> None:
    assert learn(figures(*values), enough) is None


def test_a_value_that_rests_on_nothing_is_none() -> None:
    assert learn([Figure(0.0, 0)] * 30) is None


def _hourly(count: int) -> list[Span]:
    """A call an hour, the n-th costing n nano-dollars; every other one fails, and ann makes the others."""
    even, odd = Context(feature="even", user_id="ann"), Context(feature="odd")
    spans = []
    for n in range(count):
        at = (FIRST_S + n * HOUR + 60) * SECOND
        made = call(f"c{n}", f"t{n}", "m", 1, read=1, cost=n, context=odd if n % 2 else even)
        status: Status = "error" if n % 2 else "unset"
        spans.append(replace(made, status=status, start_ns=at, end_ns=at + SECOND))
    return spans


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("baselines") / "b.db"
    stored(path, _hourly(48)).close()
    return path


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    yield connection
    connection.execute("ROLLBACK")
    connection.close()


def test_the_week_before(db: sqlite3.Connection) -> None:
    found = baseline(db, "cost_per_hour", {}, FIRST_S + 48 * HOUR)
    assert found is not None
    assert (found.mean, found.p95, found.hours, found.samples) == (23.5, 45, 48, 48)
    errors = baseline(db, "error_rate", {}, FIRST_S + 30 * HOUR + 1800)
    assert errors is not None and (errors.mean, errors.hours) == (0.5, 30)
    even = baseline(db, "error_rate", {"feature": "even"}, FIRST_S + 48 * HOUR)
    assert even is not None and (even.mean, even.sigma, even.hours) == (0, 0, 24)


def test_learning(db: sqlite3.Connection) -> None:
    assert baseline(db, "error_rate", {}, FIRST_S + 23 * HOUR) is None
    assert baseline(db, "error_rate", {"feature": "even"}, FIRST_S + 40 * HOUR) is None
    assert baseline(db, "quality_score", {}, FIRST_S + 48 * HOUR) is None
    assert baseline(db, "error_rate", {}, FIRST_S + 10 * WEEK) is None, "nothing was called lately"


def test_the_golden_window_counts_whenever_one_looks(db: sqlite3.Connection) -> None:
    writes.choose(db, FIRST_S, FIRST_S + 24 * HOUR, 1)
    for now_s in (FIRST_S, FIRST_S + 48 * HOUR, FIRST_S + 10 * WEEK):
        found = baseline(db, "cost_per_hour", {}, now_s)
        assert found is not None and (found.mean, found.hours) == (11.5, 24)
    writes.choose(db, FIRST_S + 4 * HOUR, FIRST_S + 6 * HOUR, 2)
    short = baseline(db, "cost_per_hour", {}, FIRST_S)
    assert short is not None and (short.mean, short.hours) == (4.5, 2)
    writes.choose(db, FIRST_S + 47 * HOUR, FIRST_S + 50 * HOUR, 3)
    assert baseline(db, "cost_per_hour", {}, FIRST_S) is None, "two of its three hours are empty"
    writes.forget(db)
    assert baseline(db, "cost_per_hour", {}, FIRST_S + 10 * WEEK) is None


def test_several_at_once(db: sqlite3.Connection) -> None:
    now_s = FIRST_S + 48 * HOUR
    names = ["error_rate", "cost_per_hour", "active_users"]
    assert baselines(db, names, {}, now_s) == {name: baseline(db, name, {}, now_s) for name in names}
    assert len(baselines(db, [], {}, now_s)) > 60
    with pytest.raises(UsageError, match="no metric"):
        baseline(db, "p95", {}, now_s)


def test_of_a_user(db: sqlite3.Connection) -> None:
    now_s = FIRST_S + 48 * HOUR
    assert baseline(db, "error_rate", {"user": "ann"}, now_s) == baseline(
        db, "error_rate", {"feature": "even"}, now_s
    )
    assert baseline(db, "latency_p95", {"user": "bob"}, now_s) is None


def test_a_writer_sets_it(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    writer = Writer(path, enrich=lambda span, _: span, queue_spans=10, synchronous="NORMAL")
    writer.start()
    writer.run(lambda db: writes.choose(db, 0, HOUR, 1)).result(10)
    writer.run(lambda db: writes.choose(db, 0, 2 * HOUR, 2)).result(10)
    writer.close()
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT start_s, end_s FROM golden").fetchall() == [(0, 2 * HOUR)]
    db.close()
