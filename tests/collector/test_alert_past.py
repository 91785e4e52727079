"""A replay finds, with all that it keeps from moment to moment, what plain reads find at every moment."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llmwatch.analysis.alerts.kinds import KINDS
from llmwatch.analysis.alerts.looking import Views, changes_of, seen
from llmwatch.analysis.alerts.rule import SECOND_NS, Rule, rules
from llmwatch.collector.alerting import sharing
from llmwatch.collector.alerting.past import Fired, Replay
from llmwatch.collector.alerting.view import Memory, StoreView
from llmwatch.config import Config, parse
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.rows import AlertRow
from llmwatch.store.span import Call, Context, Cost, Kind, Retrieval, Score, Span, Status, Tool, Usage
from llmwatch.store.writer import Writer
from llmwatch.store.writes import baselines
from tests.collector.test_alert_watch import MINUTE, NOON, calls

NOON_S = NOON // SECOND_NS
START_S = NOON_S + 3 * 3600
"""Three hours that are usual, then those that are looked back on."""
END_S = START_S + 80 * 60
KINDS_OF_SPANS: tuple[Kind, ...] = ("llm", "llm", "llm", "tool", "retriever")
SELDOM = {"session_cost", "prompt_worse", "experiment", "new_segment"}
"""What is looked at twice a day only."""


def recorded(seed: int) -> Iterator[Batch]:
    """Minutes of little and of much, of good and of bad, with scores whose sums are exact."""
    dice = random.Random(seed)
    for minute in range((END_S - NOON_S) // 60):
        bad = minute >= 180 and minute // 7 % 2
        spans = [_span(dice, minute, number, bad) for number in range(dice.choice((0, 2, 9, 20)))]
        scores = [
            Score(score_id=f"{minute}-{number}", name=name, source=source, trace_id=span.trace_id,
                  span_id="1", time_ns=span.start_ns, value=dice.choice((0.25, 0.5) if bad else (0.75, 1.0)))
            for number, span in enumerate(spans)
            for name, source in [dice.choice((("quality_score", "judge"), ("safety", "judge"),
                                              ("stars", "user"), ("groundedness", "app"), ("retry", "user")))]
            if dice.random() < 0.4
        ]  # fmt: skip
        yield Batch(spans=spans, scores=scores)


def _span(dice: random.Random, minute: int, number: int, bad: object) -> Span:
    kind: Kind = dice.choice(KINDS_OF_SPANS)
    start_ns, much = NOON + minute * MINUTE + number * SECOND_NS, dice.choice((1, 3, 9)) if bad else 1
    usage = Usage(input_tokens=dice.randrange(10, 90) * much, output_tokens=dice.randrange(5, 50) * much)
    call = Call(
        response_model=dice.choice("mn"), usage=usage, finish_reasons=(dice.choice(("stop", "length")),),
        refused=dice.random() < 0.1 * much, time_to_first_chunk_ns=dice.randrange(1, 10**9) * much * 10,
    )  # fmt: skip
    return Span(
        trace_id=f"{minute}-{number}", span_id="1", kind=kind, start_ns=start_ns,
        end_ns=start_ns + dice.randrange(10**8, 2 * 10**9) * much,
        status="error" if dice.random() < 0.05 * much else "ok",
        context=Context(feature=dice.choice(("chat", "mail")), user_id=dice.choice("ab")),
        call=call if kind == "llm" else None, tool=Tool(name="t") if kind == "tool" else None,
        retrieval=Retrieval() if kind == "retriever" else None,
        cost=Cost(nanousd=dice.randrange(10**5, 10**7) * much**2) if kind == "llm" else None,
    )  # fmt: skip


def plainly(database: Path, config: Config) -> list[Fired]:
    """What would have fired, with a new view of the database at each moment."""
    fired: dict[tuple[str, str, int], Fired] = {}
    known: dict[str, dict[str, AlertRow]] = {}
    with closing(connect_reader(database)) as db:
        for end_s in range(START_S + 60, END_S + 1, 60):
            view = StoreView(db, config, end_s, Memory(), end_s * SECOND_NS)
            for rule in rules(config.alerts):
                mine, every_s = known.setdefault(rule.name, {}), pace(rule)
                if (end_s - START_S - 60) % every_s:
                    continue
                found = seen(rule, Views(view, view))
                for change in list(changes_of(rule, found, mine, end_s * SECOND_NS, every_s * SECOND_NS)):
                    alert = change.alert
                    if change.event == "dropped":
                        del mine[alert.slice]
                        continue
                    mine[alert.slice] = alert
                    if change.event in ("fired", "resolved"):
                        key = (alert.rule, alert.slice, alert.fired_ns or 0)
                        first = fired.get(key, Fired(alert, None))
                        fired[key] = replace(first, until_ns=alert.resolved_ns)
    return list(fired.values())


def pace(rule: Rule) -> int:
    """Five times in the length of its window, in whole minutes."""
    return max(rule.window_s // 300 * 60, 60, KINDS[rule.kind].every_s)


def told(fired: Sequence[Fired]) -> list[tuple[object, ...]]:
    return sorted(
        (each.alert.rule, each.alert.slice, each.alert.fired_ns, each.until_ns, each.alert.pending_ns,
         each.alert.value, each.alert.threshold, each.alert.reason, each.alert.filter)
        for each in fired
    )  # fmt: skip


def sensitive(**more: Mapping[str, object]) -> Config:
    """All rules that are looked at as the watch does, and that fire soon."""
    changed: dict[str, Any] = {
        name: {"enabled": name not in SELDOM, "min_samples": 2, "cooldown": "3m"}
        for name in Config().alerts.rules
    }
    for name, window in (("cost_per_request", "20m"), ("cost_spike", "10m"), ("truncation", "15m")):
        changed[name]["window"] = window
    changed["latency_p99"]["threshold"] = changed["ttft_p99"]["threshold"] = 8
    changed["request_ceiling"]["threshold"] = 0.2
    changed["request_cost"]["threshold"] = 0.3
    return parse({"alerts": {"rules": {**changed, **more}}})


def write(writer: Writer, seed: int) -> None:
    for batch in recorded(seed):
        writer.submit(batch).result(10)
    writer.run(lambda db: baselines.choose(db, NOON_S, START_S, NOON)).result(10)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_replay_is_what_plain_reads_are(writer: Writer, database: Path, seed: int) -> None:
    write(writer, seed)
    config = sensitive(
        by_feature={"rule": "latency_p95", "by": "feature", "min_samples": 2, "threshold": 4},
        by_user={"rule": "error_rate", "by": "user", "min_samples": 2, "hold": "0s", "threshold": 0.4},
        mail={"rule": "error_burst", "match": {"feature": "mail"}, "window": "5m", "threshold": 0.1},
        mean={"rule": "latency_mean", "match": {"feature": "chat"}, "min_samples": 2, "threshold": 1.5},
        quiet={"rule": "ttft_p99", "min_samples": 9, "no_data": "fire", "hold": "2m"},
        kept={"rule": "error_rate", "min_samples": 9, "no_data": "keep", "hold": "0s"},
    )
    with closing(connect_reader(database)) as db:
        replayed = Replay(db, config, START_S, END_S).run(rules(config.alerts))
    plain = plainly(database, config)
    assert told(replayed) == told(plain)
    assert len({each.alert.rule for each in plain}) >= 20


def test_shared_out_it_is_the_same(writer: Writer, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among processes, where there is much to look at."""
    write(writer, 3)
    config = sensitive()
    wanted = rules(config.alerts)
    alone = sharing.replayed(database, config, START_S, END_S, wanted)
    monkeypatch.setattr(sharing, "_MUCH", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    shared = sharing.replayed(database, config, START_S, END_S, wanted)
    assert told(shared) == told(alone)
    assert [each.alert.fired_ns for each in shared] == sorted(each.alert.fired_ns or 0 for each in alone)
    assert len({each.alert.rule for each in alone}) >= 20


def test_what_is_usual_is_kept_and_completed(writer: Writer, database: Path) -> None:
    memory = Memory()

    def usual(hour: int, memory: Memory) -> object:
        with closing(connect_reader(database)) as db:
            end_s = NOON_S + hour * 3600 + 60
            return StoreView(db, Config(), end_s, memory, end_s * SECOND_NS).usual("error_rate", {})

    def arrive(hour: int, count: int, status: Status) -> None:
        writer.submit(Batch(spans=list(calls(NOON + hour * 60 * MINUTE, count, status)))).result(10)

    for hour in range(200):
        arrive(hour, 3 + hour % 2, "ok")
        if hour % 3 == 0:
            arrive(hour - 1, 1, "error")  # late
        if hour in (23, 24, 30, 31, 32, 33, 180, 199):
            assert usual(hour + 1, memory) == usual(hour + 1, Memory())
    before = usual(200, memory)
    assert before is not None
    writer.run(lambda db: baselines.choose(db, NOON_S, NOON_S + 30 * 3600, NOON)).result(10)
    assert usual(201, memory) == usual(201, Memory()) != before
    arrive(2, 5, "error")
    assert usual(230, memory) == usual(230, Memory())  # the next day
