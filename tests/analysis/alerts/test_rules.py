"""Every built-in rule: past its bar and not at it, once, held, resolved, cooled down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pytest

from llmwatch.analysis.alerts.kinds import KINDS
from llmwatch.analysis.alerts.significance import Sample
from llmwatch.analysis.alerts.view import SegmentCalls, SessionCost
from llmwatch.config.alerts import DEFAULT_RULES, WHOLE, length_ns
from llmwatch.store.filters import parse
from tests.analysis.alerts.fakes import (
    DOLLAR,
    MINUTE,
    SECOND,
    FakeView,
    Figure,
    Life,
    Usual,
    arm,
    budget,
    the_rule,
)


def metric(
    name: str, value: float | None, samples: int = 100, usual: float | None = None, sigma: float = 0
) -> FakeView:
    return FakeView(
        metrics={name: Figure(value, samples)}, normal={} if usual is None else {name: Usual(usual, sigma)}
    )


class Case(NamedTuple):
    """What a rule holds for, what not quite, and the words."""

    bad: FakeView
    fine: FakeView
    text: str


WEEK = [1.0, 1.1, 1.2, 1.35, 1.4, 1.5, 1.65]
FLAT = [1.0, 1.1, 0.9, 1.0, 1.1, 0.9, 1.0]
USERS = [SegmentCalls("free", 900, 9000), SegmentCalls("pro", 100, 1000)]
CASES = {
    "error_rate": Case(
        metric("error_rate", 0.081), metric("error_rate", 0.05), "error rate 8.1 %, over 5.0 %"
    ),
    "error_burst": Case(
        FakeView(minutes=[(50, 0), (6, 2), (4, 1)]),
        FakeView(minutes=[(50, 50), (6, 1), (4, 1)]),
        "3 of the last 10 calls failed, over 20 %",
    ),
    "ttft_p99": Case(
        metric("ttft_p99", 61 * SECOND),
        metric("ttft_p99", 60 * SECOND),
        "p99 time to first token 61.0 s, over 60.0 s",
    ),
    "latency_p99": Case(
        metric("latency_p99", 61 * SECOND),
        metric("latency_p99", 60 * SECOND),
        "p99 latency 61.0 s, over 60.0 s",
    ),
    "latency_p95": Case(
        metric("latency_p95", 6 * SECOND), metric("latency_p95", 5 * SECOND), "p95 latency 6.0 s, over 5.0 s"
    ),
    "latency_mean": Case(
        metric("latency_mean", 5 * SECOND, usual=2 * SECOND),
        metric("latency_mean", 4 * SECOND, usual=2 * SECOND),
        "mean latency 5.0 s, 2.5 times the usual 2.0 s",
    ),
    "safety": Case(
        metric("safety_failures", 1, 1),
        metric("safety_failures", 0, 1),
        "answers that failed a check of safety: 1, over 0",
    ),
    "quality_collapse": Case(
        metric("quality_score", 0.6, usual=0.82),
        metric("quality_score", 0.62, usual=0.82),
        "quality 0.60, 27 % under the usual 0.82",
    ),
    "cost_per_request": Case(
        metric("cost_per_request", 0.05 * DOLLAR, usual=0.02 * DOLLAR),
        metric("cost_per_request", 0.04 * DOLLAR, usual=0.02 * DOLLAR),
        "cost per request $0.0500, 2.5 times the usual $0.0200",
    ),
    "quality_drop": Case(
        metric("quality_score", 0.7, usual=0.82),
        metric("quality_score", 0.74, usual=0.82),
        "quality 0.70, 15 % under the usual 0.82",
    ),
    "quality_samples": Case(
        FakeView(marks=[0.71] * 4 + [0.8] * 6, normal={"quality_score": Usual(0.8)}),
        FakeView(marks=[0.71] * 3 + [0.8] * 7, normal={"quality_score": Usual(0.8)}),
        "40 % of the answers are 10 % or more under the usual quality 0.80, over 30 %",
    ),
    "token_quota": Case(
        FakeView(states=[budget(0.8, name="tpm", unit="tokens", period="minute")]),
        FakeView(states=[budget(0.79, name="tpm", unit="tokens"), budget(0.99)]),
        "this minute",
    ),
    "prompt_worse": Case(
        FakeView(live=[arm("v2", 500, 40, first=2), arm("v1", 500, 10, first=1)]),
        FakeView(live=[arm("v2", 500, 10, first=2), arm("v1", 500, 40, first=1)]),
        "prompt:ask: errors 8.0 % with v2, 2.0 % with v1 (p = ",
    ),
    "budget_warn": Case(
        FakeView(states=[budget(0.8)]),
        FakeView(states=[budget(0.799), budget(1, unit="calls", name="rpm")]),
        "today $8.00, 80 % of the daily budget $10.00",
    ),
    "budget_exceeded": Case(
        FakeView(states=[budget(1.0)]),
        FakeView(states=[budget(0.999)]),
        "today $10.00, 100 % of the daily budget $10.00",
    ),
    "cost_spike": Case(
        metric("cost_per_hour", 3.1 * DOLLAR, usual=DOLLAR),
        metric("cost_per_hour", 3 * DOLLAR, usual=DOLLAR),
        "cost per hour $3.10, 3.1 times the usual $1.00",
    ),
    "high_cost": Case(
        metric("cost_per_hour", 10.5 * DOLLAR),
        metric("cost_per_hour", 10 * DOLLAR),
        "cost per hour $10.50, over $10.00",
    ),
    "low_quality": Case(
        metric("low_score_rate", 0.25),
        metric("low_score_rate", 0.2),
        "answers with low scores: 25 %, over 20 %",
    ),
    "low_rating": Case(
        FakeView(rated=[0.5] * 10 + [1.0] * 50),
        FakeView(rated=[0.6] * 5),
        "the last 10 ratings are 0.50 on average, under 0.6",
    ),
    "negative_feedback": Case(
        metric("negative_feedback", 0.2),
        metric("negative_feedback", 0.15),
        "negative feedback 20 %, over 15 %",
    ),
    "regeneration": Case(
        metric("regeneration_rate", 0.12, usual=0.1),
        metric("regeneration_rate", 0.1095, usual=0.1),
        "answers made again: 12 %, 20 % over the usual 10 %",
    ),
    "retries": Case(
        metric("retry_rate", 0.12, usual=0.1),
        metric("retry_rate", 0.1095, usual=0.1),
        "calls tried again: 12 %, 20 % over the usual 10 %",
    ),
    "refusals": Case(
        metric("refusal_rate", 0.05, usual=0.02),
        metric("refusal_rate", 0.04, usual=0.02),
        "refusals 5.0 %, 2.5 times the usual 2.0 %",
    ),
    "heuristic_pass": Case(
        metric("heuristic_pass_rate", 0.94),
        metric("heuristic_pass_rate", 0.95),
        "answers that pass the checks: 94 %, under 95 %",
    ),
    "groundedness": Case(
        metric("groundedness", 0.79), metric("groundedness", 0.8), "groundedness 0.79, under 0.80"
    ),
    "truncation": Case(
        metric("truncation_rate", 0.21), metric("truncation_rate", 0.2), "answers cut off: 21 %, over 20 %"
    ),
    "prompt_drift": Case(
        metric("prompt_tokens_mean", 1310, usual=1000),
        metric("prompt_tokens_mean", 1300, usual=1000),
        "tokens of a prompt 1,310, 31 % over the usual 1,000",
    ),
    "token_outlier": Case(
        FakeView(amounts={"input": [900, 2100]}, normal={"input_tokens_p95": Usual(1000)}),
        FakeView(amounts={"input": [900, 2000]}, normal={"input_tokens_p95": Usual(1000)}),
        "1 request with up to 2,100 input tokens, over 2 times the usual p95 1,000",
    ),
    "session_cost": Case(
        FakeView(dear=[SessionCost("s1", 11 * DOLLAR, DOLLAR, 50)]),
        FakeView(dear=[SessionCost("s1", 10 * DOLLAR, DOLLAR, 50)]),
        "a session cost $11.00, over 10 times the mean $1.00",
    ),
    "request_rate": Case(
        metric("request_rate", 70, usual=40, sigma=9),
        metric("request_rate", 67, usual=40, sigma=9),
        "requests 70, usually 40 ± 9",
    ),
    "retrieval_trend": Case(
        FakeView(daily=[day * SECOND for day in WEEK]),
        FakeView(daily=[day * SECOND for day in FLAT]),
        "p95 latency of retrieval rose from 1.0 s to 1.6 s in 7 days (p = ",
    ),
    "new_segment": Case(
        FakeView(groups=[*USERS, SegmentCalls("trial", 10, 0)]),
        FakeView(groups=[*USERS, SegmentCalls("trial", 9, 0)]),
        "segment trial is new: 10 requests",
    ),
    "experiment": Case(
        FakeView(live=[arm("a", 500, 40, of="feature:x"), arm("b", 500, 10, of="feature:x")]),
        FakeView(live=[arm("a", 500, 20, of="feature:x"), arm("b", 500, 25, of="feature:x")]),
        "feature:x: errors 2.0 % with b, 8.0 % with a (p = ",
    ),
    "session_cost_trend": Case(
        FakeView(daily=[day * DOLLAR for day in WEEK]),
        FakeView(daily=[day * DOLLAR for day in FLAT]),
        "cost per session rose from $1.00 to $1.65 in 7 days (p = ",
    ),
    "request_ceiling": Case(
        FakeView(amounts={"cost": [0.2 * DOLLAR] * 5}),
        FakeView(amounts={"cost": [0.2 * DOLLAR] * 4 + [0.1 * DOLLAR]}),
        "5 requests over $0.1000, up to $0.2000",
    ),
    "runaway_loop": Case(
        FakeView(circling=[("t1", "search was called 5 times with the same arguments")]),
        FakeView(),
        "search was called 5 times with the same arguments",
    ),
    "request_cost": Case(
        FakeView(amounts={"cost": [1.5 * DOLLAR]}),
        FakeView(amounts={"cost": [DOLLAR]}),
        "1 request over $1.00, up to $1.50",
    ),
}
RELATIVE = [name for name, case in CASES.items() if case.bad.normal]
MEASURED = [name for name, case in CASES.items() if case.bad.metrics]
EVERY_MINUTE = [name for name in CASES if KINDS[name].every_s == 60]


def hold_of(name: str) -> float:
    """Minutes."""
    return length_ns(DEFAULT_RULES[name].hold) / MINUTE


def steps(start: float, end: float) -> Sequence[float]:
    """Every ten seconds, as the collector looks."""
    return [start + step / 6 for step in range(round((end - start) * 6))]


def test_every_rule_has_a_meaning_numbers_and_a_case() -> None:
    assert DEFAULT_RULES.keys() == KINDS.keys() == CASES.keys()
    assert KINDS.keys() > WHOLE


@pytest.mark.parametrize("name", CASES)
def test_it_holds_past_its_bar_and_not_at_it(name: str) -> None:
    bad, fine = Life(the_rule(name, hold="0s")), Life(the_rule(name, hold="0s"))
    bad.look(CASES[name].bad, 0)
    fine.look(CASES[name].fine, 0)
    (alert,) = bad.alerts
    assert alert.state == "firing" and alert.reason.startswith(CASES[name].text)
    assert alert.tier == DEFAULT_RULES[name].tier
    assert fine.alerts == []
    parse(alert.filter)


@pytest.mark.parametrize("name", CASES)
def test_not_before_its_window_once_and_over_when_it_is_over(name: str) -> None:
    hold, hour = hold_of(name), KINDS[name].every_s / 60 if name not in EVERY_MINUTE else 0
    life = Life(the_rule(name))
    life.look(CASES[name].bad, *steps(0, hold))
    assert life.events == []
    life.look(CASES[name].bad, *steps(hold, hold + 10))
    assert life.events == [("fired", hold)]
    end = hold + 10 + hour
    life.look(CASES[name].fine, end)
    assert life.events == [("fired", hold), ("resolved", end)]
    assert all(alert.state == "resolved" for alert in life.alerts)


@pytest.mark.parametrize(
    "name", sorted(set(EVERY_MINUTE) - {"token_quota", "budget_warn", "budget_exceeded"})
)
def test_it_cools_down(name: str) -> None:
    life, hold = Life(the_rule(name, cooldown="20m")), hold_of(name)
    life.look(CASES[name].bad, *steps(0, hold + 1))
    life.look(CASES[name].fine, hold + 1)
    life.look(CASES[name].bad, *steps(hold + 1, hold + 21))
    assert len(life.events) == 2
    life.look(CASES[name].bad, *steps(hold + 21, hold + 21 + hold), hold + 21 + hold)
    assert life.events[2:] == [("fired", hold + 21 + hold)]


@pytest.mark.parametrize("name", RELATIVE)
def test_nothing_fires_while_the_usual_is_being_learnt(name: str) -> None:
    learning = FakeView(
        metrics=CASES[name].bad.metrics, marks=CASES[name].bad.marks, amounts=CASES[name].bad.amounts
    )
    life = Life(the_rule(name, hold="0s", no_data="fire"))
    life.look(learning, *range(30))
    assert life.alerts == []


@pytest.mark.parametrize("name", MEASURED)
def test_too_few_samples_fire_nothing(name: str) -> None:
    (figure,) = CASES[name].bad.metrics.values()
    rule = the_rule(name, hold="0s", min_samples=10)
    for samples, fired in ((9, 0), (10, 1)):
        life = Life(rule)
        life.look(FakeView(metrics={m: Figure(figure.value, samples) for m in CASES[name].bad.metrics},
                           normal=CASES[name].bad.normal), 0, 1)  # fmt: skip
        assert len(life.alerts) == fired, samples


@pytest.mark.parametrize("name", CASES)
def test_no_data_at_all_fires_nothing(name: str) -> None:
    life = Life(the_rule(name, hold="0s"))
    life.look(FakeView(), *range(0, 180, 20))
    assert life.alerts == []


def test_one_error_of_one_call_pages_nobody() -> None:
    life = Life(the_rule("error_rate"), the_rule("error_burst"))
    life.look(FakeView(metrics={"error_rate": Figure(1.0, 1)}, minutes=[(1, 1)]), *range(60))
    assert life.alerts == []


def test_the_burst_rule_takes_whole_minutes_until_it_has_ten_calls() -> None:
    life = Life(the_rule("error_burst"))
    life.look(FakeView(minutes=[(100, 100), (9, 0), (3, 2)]), 0)  # 2 of 12
    assert life.alerts == []
    life.look(FakeView(minutes=[(100, 0), (9, 1), (3, 2)]), 1)  # 3 of 12
    assert [alert.value for alert in life.alerts] == [0.25]


def test_each_value_of_a_dimension_on_its_own() -> None:
    rule = the_rule("error_rate", hold="0s", by="model", match={"environment": "prod"})
    life = Life(rule)
    bad = {"gpt 4": Figure(0.5), "haiku": Figure(0.01), "tiny": Figure(1.0, 2), None: Figure(0.9)}
    life.look(FakeView(sliced={"error_rate": bad}), 0)
    (alert,) = life.alerts
    assert alert.slice == 'env:prod model:"gpt 4"'
    assert alert.filter.startswith('status:error kind:llm env:prod model:"gpt 4" after:')
    life.look(FakeView(sliced={"error_rate": {**bad, "haiku": Figure(0.2)}}), 1)
    assert [(event, where) for event, where, _ in life.told] == [
        ("fired", 'env:prod model:"gpt 4"'), ("fired", "env:prod model:haiku"),
    ]  # fmt: skip
    life.look(FakeView(sliced={"error_rate": {"haiku": Figure(0.2)}}), 2)
    assert life.told[2:] == [("resolved", 'env:prod model:"gpt 4"', 2)]


def test_by_works_for_rules_that_are_no_metric_too() -> None:
    life = Life(the_rule("request_cost", by="feature"))
    view = FakeView(
        sliced={"request_rate": {"chat": Figure(1.0), None: Figure(2.0)}}, amounts={"cost": [2 * DOLLAR]}
    )
    life.look(view, 0)
    assert [alert.slice for alert in life.alerts] == ["feature:chat"]


def test_windows_and_slices_are_asked_for() -> None:
    view = FakeView()
    Life(the_rule("truncation", window="30m", match={"feature": "chat"})).look(view, 0)
    assert view.asked == [("truncation_rate", 1800, {"feature": "chat"})]


def test_a_budget_fires_once_a_day_at_80_and_at_100_percent() -> None:
    life = Life(the_rule("budget_warn"), the_rule("budget_exceeded"))
    today, tomorrow = 1_795_219_200, 1_795_219_200 + 86_400
    for minute, share in enumerate((0.5, 0.8, 0.95, 0.79, 0.85, 1.0, 1.2, 0.99, 1.3)):
        life.look(FakeView(states=[budget(share, start_s=today)]), minute)
    assert [(event, minute) for event, _, minute in life.told if event == "fired"] == [
        ("fired", 1),
        ("fired", 5),
    ]
    life.look(FakeView(states=[budget(0.1, start_s=tomorrow)]), 10)
    assert all(alert.state == "resolved" for alert in life.alerts)
    life.look(FakeView(states=[budget(1.0, start_s=tomorrow)]), 11)
    fired = [(where, minute) for event, where, minute in life.told if event == "fired"]
    assert fired[2:] == [("daily 2026-11-22 00:00", 11)] * 2


def test_a_budget_of_every_user_has_alerts_of_its_own() -> None:
    states = [
        budget(0.9, name="free", by="user", value="u 1"), budget(0.85, name="free", by="user", value="u2"),
        budget(0.1, name="free", by="user", value="u3"),
    ]  # fmt: skip
    life = Life(the_rule("budget_warn"))
    life.look(FakeView(states=states), 0, 1)
    assert [where for _, where, _ in life.told] == [
        'free 2026-11-21 00:00 user:"u 1"', "free 2026-11-21 00:00 user:u2",
    ]  # fmt: skip


def test_versions_are_compared_by_quality_checks_and_feedback_as_well() -> None:
    good, bad = Sample(100, 0.8, 0.01), Sample(100, 0.7, 0.01)
    views = {
        "quality 0.70 with v2, 0.80 with v1": (
            arm("v1", 100, first=1, quality=good),
            arm("v2", 100, first=2, quality=bad),
        ),
        "checks passed 80 % with v2, 95 % with v1": (
            arm("v1", 400, first=1, checked=400, passed=380),
            arm("v2", 400, first=2, checked=400, passed=320),
        ),
        "negative feedback 30 % with v2, 10 % with v1": (
            arm("v1", 400, first=1, feedback=200, negative=20),
            arm("v2", 400, first=2, feedback=200, negative=60),
        ),
    }
    for text, arms in views.items():
        life = Life(the_rule("prompt_worse"))
        life.look(FakeView(live=arms), 0)
        assert [alert.reason.split(" (p")[0] for alert in life.alerts] == [f"prompt:ask: {text}"]
        assert life.alerts[0].filter.startswith("prompt:ask version:v2 after:")


def test_versions_with_few_calls_are_not_compared() -> None:
    life = Life(the_rule("prompt_worse"), the_rule("experiment"))
    life.look(FakeView(live=[arm("v1", 500, first=1), arm("v2", 29, 29, first=2)]), 0)
    assert life.alerts == []


def test_a_segment_whose_share_has_shifted() -> None:
    life = Life(the_rule("new_segment"))
    life.look(FakeView(groups=[SegmentCalls("free", 500, 9000), SegmentCalls("pro", 500, 1000)]), 0)
    assert sorted(alert.reason for alert in life.alerts) == [
        "segment pro makes 50 % of the calls, 10 % before"
    ]


def test_an_alert_whose_rule_is_gone_is_over() -> None:
    life = Life(the_rule("error_rate", hold="0s"), the_rule("error_burst"))
    life.look(FakeView(metrics={"error_rate": Figure(1.0)}), 0)
    life.rules = life.rules[1:]
    life.look(FakeView(), 1)
    assert life.events == [("fired", 0), ("resolved", 1)]
