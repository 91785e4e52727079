"""The verdict, worked out by hand: thresholds, small samples, budgets, order, wording."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from llmwatch.analysis.budget import BudgetState, budget_state, budgets
from llmwatch.analysis.health import Verdict, outlook, verdict, windows
from llmwatch.config import BudgetConfig, Config, HealthConfig
from llmwatch.store.filters import parse
from llmwatch.store.histogram import Histogram
from llmwatch.store.rows import AlertRow, Tier, Totals

MS = 10**6
SECOND = 10**9
DOLLAR = 10**9
CONFIG = HealthConfig()
NO_BUDGET = BudgetState(None, 0, None, None, name="daily")
FINE = Totals(
    spans=100, errors=1, checked=100, passed=99,
    duration_ns=Histogram.of([900 * MS] * 100), first_chunk_ns=Histogram.of([300 * MS] * 100),
)  # fmt: skip


def budget(
    spent: float, limit: float | None = 10.0, forecast: float | None = None, name: str = "daily"
) -> BudgetState:
    return BudgetState(
        None if limit is None else round(limit * DOLLAR),
        round(spent * DOLLAR),
        None if limit is None else spent / limit,
        None if forecast is None else round(forecast * DOLLAR),
        1_795_219_200,  # 2026-11-21T00:00Z
        name=name,
        period="month" if name == "monthly" else "day",
    )


def judge(totals: Totals, *states: BudgetState) -> Verdict:
    return verdict(totals, budgets=states or (NO_BUDGET,), config=CONFIG)


def test_nothing_called_is_idle() -> None:
    assert judge(Totals()) == Verdict("IDLE")


def test_all_well() -> None:
    assert judge(FINE) == Verdict("OK")


@pytest.mark.parametrize(
    ("errors", "level", "text"),
    [
        (20, "OK", ""),  # 2 % is not over 2 %
        (21, "WARN", "error rate 2.1 %, over 2 %"),
        (50, "WARN", "error rate 5.0 %, over 2 %"),
        (51, "CRIT", "error rate 5.1 %, over 5 %"),
        (81, "CRIT", "error rate 8.1 %, over 5 %"),
        (1000, "CRIT", "error rate 100 %, over 5 %"),
    ],
)
def test_error_rate(errors: int, level: str, text: str) -> None:
    found = judge(replace(FINE, spans=1000, errors=errors))
    assert found.level == level
    assert [reason.text for reason in found.reasons] == ([text] if text else [])
    assert all(reason.filter == "status:error kind:llm since:15m" for reason in found.reasons)


@pytest.mark.parametrize(("spans", "level"), [(1, "OK"), (9, "OK"), (10, "CRIT")])
def test_a_few_failures_of_a_few_calls_do_not_page(spans: int, level: str) -> None:
    assert judge(Totals(spans=spans, errors=spans)).level == level


@pytest.mark.parametrize(
    ("slow_ms", "level", "text"),
    [
        (4_900, "OK", None),
        (6_000, "WARN", "p95 latency 6.0 s, over 5 s"),
        (40_000, "CRIT", "p95 latency 40.0 s, over 30 s"),
    ],
)
def test_latency(slow_ms: int, level: str, text: str | None) -> None:
    """94 fast calls and 6 slow ones: the 95th of 100 is slow."""
    times = Histogram.of([500 * MS] * 94 + [slow_ms * MS] * 6)
    found = judge(replace(FINE, duration_ns=times))
    assert found.level == level
    if text:
        (reason,) = found.reasons
        assert reason.rule == "latency_p95"
        # A histogram bucket stands for its values within 1 %.
        assert reason.text.split(", over")[1] == text.split(", over")[1]
        assert float(reason.text.split()[2]) == pytest.approx(slow_ms / 1000, rel=0.02)
        assert reason.filter == f"dur>{5 if level == 'WARN' else 30}s kind:llm since:15m"


def test_five_slow_calls_of_a_hundred_are_not_the_95th_percentile() -> None:
    times = Histogram.of([500 * MS] * 95 + [60 * SECOND] * 5)
    assert judge(replace(FINE, duration_ns=times)).level == "OK"


def test_time_to_first_token_needs_enough_streamed_calls() -> None:
    few = Histogram.of([70 * SECOND] * 9)
    many = Histogram.of([70 * SECOND] * 10)
    assert judge(replace(FINE, first_chunk_ns=few)).level == "OK"
    found = judge(replace(FINE, first_chunk_ns=many))
    assert (found.level, found.reasons[0].rule) == ("CRIT", "first_chunk_p95")
    assert found.reasons[0].filter == "ttft>60s kind:llm since:15m"


@pytest.mark.parametrize(
    ("checked", "passed", "level"),
    [(0, 0, "OK"), (9, 0, "OK"), (100, 95, "OK"), (100, 94, "WARN"), (100, 0, "WARN")],
)
def test_heuristics(checked: int, passed: int, level: str) -> None:
    found = judge(replace(FINE, checked=checked, passed=passed))
    assert found.level == level
    if level == "WARN":
        assert found.reasons[0].text.endswith(" % of answers pass the checks, under 95 %")
        assert found.reasons[0].filter == "heuristic:* since:15m"


@pytest.mark.parametrize(
    ("state", "level", "text"),
    [
        (budget(7.99), "OK", ""),
        (budget(8), "WARN", "today $8.00, 80 % of the daily budget $10.00"),
        (budget(8, forecast=12), "WARN", "today $8.00, 80 % of the daily budget $10.00, heading for $12.00"),
        (budget(8, forecast=9), "WARN", "today $8.00, 80 % of the daily budget $10.00"),
        (budget(9.999), "WARN", "today $10.00, 99.9 % of the daily budget $10.00"),
        (budget(10), "CRIT", "today $10.00, 100 % of the daily budget $10.00"),
        (budget(25, forecast=50), "CRIT", "today $25.00, 250 % of the daily budget $10.00"),
        (budget(500, limit=None), "OK", ""),
    ],
)
def test_budget(state: BudgetState, level: str, text: str) -> None:
    found = judge(FINE, state)
    assert found.level == level
    assert [reason.text for reason in found.reasons] == ([text] if text else [])
    assert all(reason.filter == "cost>0 after:2026-11-21T00:00:00Z" for reason in found.reasons)


def test_a_budget_counts_even_when_nothing_is_called() -> None:
    found = judge(Totals(), budget(11))
    assert (found.level, found.reasons[0].rule) == ("CRIT", "daily_budget")


@pytest.mark.parametrize(
    ("state", "text", "where"),
    [
        (
            BudgetState(10**9, 9 * 10**8, 0.9, None, 1_795_219_200, name="free", by="user", value="a b"),
            "user a b: today $0.9000, 90 % of the free budget $1.00",
            'cost>0 user:"a b" after:2026-11-21T00:00:00Z',
        ),
        (
            BudgetState(
                100_000, 120_000, 1.2, None, 1_795_219_200, name="tpm", unit="tokens", period="minute",
                by="model", value="gpt-4o",
            ),
            "model gpt-4o: this minute 120 k tokens, 120 % of the tpm budget 100 k tokens",
            "tokens>0 model:gpt-4o after:2026-11-21T00:00:00Z",
        ),
        (
            BudgetState(60, 60, 1.0, None, 1_795_219_200, name="rpm", unit="calls", period="hour"),
            "this hour 60 calls, 100 % of the rpm budget 60 calls",
            "kind:llm,embedding after:2026-11-21T00:00:00Z",
        ),
    ],
)  # fmt: skip
def test_a_budget_of_ones_own(state: BudgetState, text: str, where: str) -> None:
    (reason,) = judge(FINE, state).reasons
    assert (reason.rule, reason.text, reason.filter) == (f"{state.name}_budget", text, where)
    parse(reason.filter)


def test_one_reason_a_budget_however_many_have_used_it_up() -> None:
    states = [
        BudgetState(10, spent, spent / 10, None, name="free", unit="calls", by="user", value=f"u{spent}")
        for spent in (30, 12, 9, 7)
    ]
    (reason,) = judge(FINE, *states).reasons
    assert reason.level == "CRIT"
    assert reason.text == "user u30: today 30 calls, 300 % of the free budget 10 calls; and 2 more"


def test_worst_first() -> None:
    found = judge(
        replace(FINE, errors=3, passed=50, duration_ns=Histogram.of([31 * SECOND] * 100)),
        budget(300, limit=200, name="monthly"),
        budget(8),
    )
    assert [(reason.level, reason.rule) for reason in found.reasons] == [
        ("CRIT", "latency_p95"),
        ("CRIT", "monthly_budget"),
        ("WARN", "error_rate"),
        ("WARN", "heuristic_pass"),
        ("WARN", "daily_budget"),
    ]
    assert found.level == "CRIT"


def test_every_filter_can_be_read() -> None:
    everything = Totals(
        spans=100, errors=100, checked=100, passed=1,
        duration_ns=Histogram.of([900 * SECOND] * 100), first_chunk_ns=Histogram.of([900 * SECOND] * 100),
    )  # fmt: skip
    found = judge(everything, budget(50), budget(50, name="monthly"))
    assert len(found.reasons) == 6
    for reason in found.reasons:
        parse(reason.filter)


def test_windows_are_whole_minutes_and_local_days() -> None:
    now = datetime(2026, 11, 21, 12, 7, 42, tzinfo=ZoneInfo("Europe/Berlin"))
    config = Config(budget=BudgetConfig(timezone="Europe/Berlin"), health=HealthConfig(window_minutes=15))
    found = windows(int(now.timestamp() * 10**9), config)
    minute = int(now.timestamp()) - 42
    assert found.status == (minute - 15 * 60, minute + 60)
    midnight = int(datetime(2026, 11, 21, tzinfo=now.tzinfo).timestamp())
    assert found.day == (midnight, midnight + 86_400)
    assert found.month[0] == int(datetime(2026, 11, 1, tzinfo=now.tzinfo).timestamp())


def test_outlook_puts_sums_and_configuration_together() -> None:
    config = Config(budget=BudgetConfig(daily_usd=10, monthly_usd=100, warn_at=0.5))
    now = int(datetime(2026, 11, 21, 12, tzinfo=ZoneInfo("UTC")).timestamp()) * 10**9
    daily, monthly = budgets(config)
    zone = ZoneInfo("UTC")
    states = [
        budget_state(daily, 6 * DOLLAR, now, zone), budget_state(monthly, 41 * DOLLAR, now, zone)
    ]  # fmt: skip
    found = outlook(FINE, states, config)
    assert found.totals is FINE
    assert found.daily.forecast == 12 * DOLLAR
    assert found.monthly.forecast == 60 * DOLLAR  # 20.5 of 30 days
    assert [reason.rule for reason in found.verdict.reasons] == ["daily_budget"]


def alert(rule: str, tier: Tier, **changes: Any) -> AlertRow:
    return replace(
        AlertRow(
            id=1, rule=rule, slice="", tier=tier, state="firing", reason=f"{rule} is past its bar", value=1.0,
            threshold=0.5, filter="kind:llm after:2026-11-21T11:00:00Z", traces=(), pending_ns=1, seen_ns=1,
            fired_ns=1, resolved_ns=None, acknowledged_ns=None, snoozed_until_ns=None,
        ),
        **changes,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tiers", "level", "rules"),
    [
        ((), "OK", []),
        ((3,), "OK", []),
        ((2,), "WARN", ["rule2"]),
        ((2, 1), "CRIT", ["rule1", "rule2"]),
        ((3, 2), "WARN", ["rule2"]),
    ],
)
def test_alerts_are_reasons_by_their_tier(tiers: tuple[Tier, ...], level: str, rules: list[str]) -> None:
    alerts = [alert(f"rule{tier}", tier, filter=f"trace:{tier}") for tier in tiers]
    found = verdict(FINE, budgets=(NO_BUDGET,), config=CONFIG, alerts=alerts)
    assert (found.level, [reason.rule for reason in found.reasons]) == (level, rules)


def test_an_alert_names_its_slice_and_opens_its_traces() -> None:
    sliced = alert("error_rate.chat", 1, slice="feature:chat")
    (reason,) = verdict(Totals(), budgets=(), config=CONFIG, alerts=[sliced]).reasons
    assert reason.text == "error_rate.chat is past its bar (feature:chat)"
    assert reason.filter == sliced.filter


def test_what_says_the_same_is_said_once_and_as_the_worse() -> None:
    warn = replace(FINE, errors=3)  # 3 %, over 2 %
    crit = replace(FINE, errors=9)
    for totals, tier, level in ((warn, 1, "CRIT"), (warn, 2, "WARN"), (crit, 2, "CRIT"), (crit, 1, "CRIT")):
        (reason,) = verdict(
            totals, budgets=(NO_BUDGET,), config=CONFIG, alerts=[alert("error_rate", 2 if tier == 2 else 1)]
        ).reasons
        assert (reason.rule, reason.level) == ("error_rate", level)
    full = budget(10)
    (own,) = judge(FINE, full).reasons
    found = verdict(
        FINE, budgets=(full,), config=CONFIG, alerts=[alert("budget_exceeded", 1, filter=own.filter)]
    )
    assert found.reasons == (own,)
