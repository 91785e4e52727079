"""A replay over what was recorded fires when the watch would have fired."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from llmwatch.analysis.alerts.rule import rules
from llmwatch.analysis.metrics import METRICS, figure
from llmwatch.collector.alerting.past import Fired, Replay
from llmwatch.collector.alerting.pastview import Past, PastView
from llmwatch.config import Config, parse
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.reads.measuring import measure
from llmwatch.store.reads.sliced import Where
from llmwatch.store.span import Score
from llmwatch.store.writer import Writer
from tests.collector.test_alert_watch import MINUTE, NOON, SECOND, Collecting, calls, only

NOON_S = NOON // SECOND
HOUR_S = 3600


def replay(database: Path, config: Config, start_s: int, end_s: int) -> list[Fired]:
    with closing(connect_reader(database)) as db:
        return Replay(db, config, start_s, end_s).run(rules(config.alerts))


def shown(fired: Sequence[Fired]) -> list[tuple[str, str, int, int | None]]:
    """Rule, slice, minute after noon, minutes until it was over."""
    return [
        (
            each.alert.rule,
            each.alert.slice,
            ((each.alert.fired_ns or 0) - NOON) // MINUTE,
            None if each.until_ns is None else (each.until_ns - (each.alert.fired_ns or 0)) // MINUTE,
        )
        for each in fired
    ]


def write(writer: Writer, minutes: int = 30) -> None:
    """Errors from the fifth to the fourteenth minute, slow from the twentieth on."""
    spans = [
        span
        for minute in range(minutes)
        for span in calls(
            NOON + minute * MINUTE,
            12,
            "error" if 5 <= minute < 15 else "ok",
            seconds=9 if minute >= 20 else 1,
            nanousd=2 * SECOND if minute == 25 else 1000,
            feature="mail" if minute % 2 else "chat",
        )
    ]
    for start in range(0, len(spans), 500):
        writer.submit(Batch(spans=spans[start : start + 500])).result(10)


CONFIG = only(
    error_rate={}, latency_p95={}, request_cost={}, error_burst={}, truncation={}, high_cost={"enabled": True}
)


def test_it_says_when_and_for_how_long(writer: Writer, database: Path) -> None:
    write(writer)
    fired = replay(database, CONFIG, NOON_S, NOON_S + 30 * 60)
    found = shown(fired)
    assert ("error_burst", "", 7, 9) in found  # looked at every three minutes; the errors began at 12:05
    assert (
        "error_rate",
        "",
        11,
        9,
    ) in found  # held for five minutes; the last error leaves the window at 12:20
    assert [each[0] for each in found].count("error_rate") == 1
    assert ("request_cost", "", 26, None) in found
    assert [each[2] for each in found if each[0] == "latency_p95"] == [21]
    assert not [each for each in found if each[0] == "truncation"]
    assert fired == sorted(fired, key=lambda each: each.alert.fired_ns or 0)


async def test_it_is_what_the_watch_would_have_done(writer: Writer, database: Path) -> None:
    collecting = Collecting(
        writer, database, only(error_rate={}, latency_p95={"by": "feature"}, error_burst={})
    )
    write(writer)
    await collecting.until(30, every_s=60)
    replayed = replay(database, collecting.config, NOON_S, NOON_S + 30 * 60)
    assert len(replayed) >= 4
    assert sorted((each.alert.rule, each.alert.slice) for each in replayed) == sorted(
        (rule, where) for rule, where, _ in collecting.alerts
    )


def test_by_and_match(writer: Writer, database: Path) -> None:
    write(writer)
    config = only(error_rate={"hold": "0s", "match": {"feature": "mail"}, "window": "1m"})
    assert {each[1] for each in shown(replay(database, config, NOON_S, NOON_S + 1800))} == {"feature:mail"}


def test_budgets_are_replayed_by_the_day(writer: Writer, database: Path) -> None:
    write(writer)  # twelve calls of $2 at 12:25
    config = parse({"budget": {"daily_usd": 30}})
    found = [each for each in shown(replay(database, config, NOON_S, NOON_S + 1800)) if "budget" in each[0]]
    assert found == [("budget_warn", "daily 2026-11-21 00:00", 26, None)]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 1.0, 1.5])
def test_when_a_budget_is_reached_is_known_beforehand(writer: Writer, database: Path, share: float) -> None:
    """The same as the view of each minute says; days begin at midnight in Kathmandu."""
    for minute in range(0, 26 * 60, 7):
        at_ns = NOON + minute * MINUTE
        writer.submit(Batch(spans=list(calls(at_ns, 1 + minute % 5, nanousd=SECOND * (minute % 11))))).result(
            10
        )
    budgets = {"hour": {"period": "hour", "limit_calls": 20}, "mine": {"by": "user", "limit_usd": 1.0}}
    config = parse({"budget": {"timezone": "Asia/Kathmandu", "daily_usd": 700}, "budgets": budgets})
    with closing(connect_reader(database)) as db:
        past = Past(db, config, NOON_S, NOON_S + 26 * HOUR_S)
        reached, place, view = past.reached(lambda _: share), past.slice({}).place, PastView(past, NOON_S)
        for end_s in range(NOON_S + 60, NOON_S + 26 * HOUR_S + 1, 60):
            view.move(end_s)
            states = [state.share for state in view.budgets() if state.share is not None]
            assert len(states) == 2
            known = reached[place(end_s)] > reached[place(end_s - 60)]
            assert known == any(each >= share for each in states)
    assert share not in (0.3, 0.8, 1.0) or 0 < reached[-1] < len(reached) - 1


def test_what_is_usual_is_learnt_from_the_week_before(writer: Writer, database: Path) -> None:
    for hour in range(30):
        writer.submit(Batch(spans=list(calls(NOON + hour * HOUR_S * SECOND, 12, nanousd=1000)))).result(10)
    late = NOON + 30 * HOUR_S * SECOND
    writer.submit(Batch(spans=list(calls(late, 12, nanousd=3000)))).result(10)
    config = only(cost_per_request={"window": "15m"})
    early = replay(database, config, NOON_S, NOON_S + 20 * HOUR_S)
    assert early == []
    (fired,) = replay(database, config, NOON_S, NOON_S + 31 * HOUR_S)
    assert fired.alert.fired_ns == late + MINUTE
    assert fired.alert.reason.startswith("cost per request <$0.0001, 3.0 times the usual")


def test_every_metric_is_what_it_is_elsewhere(writer: Writer, database: Path) -> None:
    write(writer)
    given = [
        Score(score_id=f"s{number}", name=name, time_ns=NOON + number * MINUTE, trace_id=f"{NOON}-ok-chat-0",
              span_id="1", value=0.4 + number / 100, source=source)
        for number, (name, source) in enumerate([("quality_score", "judge"), ("user_feedback", "user")] * 12)
    ]  # fmt: skip
    writer.submit(Batch(scores=given)).result(10)
    with closing(connect_reader(database)) as db:
        past = Past(db, Config(), NOON_S, NOON_S + 1800)
        for first, last in ((0, 30), (3, 8), (10, 25)):
            slices: tuple[Where, ...] = ({}, {"feature": "mail"})
            for where in slices:
                window = (NOON_S + first * 60, NOON_S + last * 60)
                whole, lazy = measure(db, *window, where), past.slice(where).measured(*window)
                for name, metric in METRICS.items():
                    if not metric.people:
                        assert figure(name, lazy) == figure(name, whole), (name, where, first)


@pytest.mark.parametrize("rules", [{}, {"error_rate": {}}])
def test_nothing_recorded_fires_nothing(writer: Writer, database: Path, rules: dict[str, Any]) -> None:
    assert replay(database, only(**rules), NOON_S, NOON_S + 7200) == []
