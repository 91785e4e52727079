"""What a Prometheus parser reads out of our text."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from llmwatch.analysis.budget import BudgetState
from llmwatch.analysis.health import Outlook, Verdict
from llmwatch.collector.exposition import Exposition
from llmwatch.collector.outlook import Reading
from llmwatch.store.histogram import Histogram
from llmwatch.store.judging import JudgeSpend
from llmwatch.store.rows import AlertRow, Measured, ModelTotals, ScoreSums, StoreStats, Tier, Totals

OUTLOOK = Outlook(
    Verdict("WARN"), Totals(),
    (
        BudgetState(10, 9, 0.9, None, name="rpm", unit="calls", period="minute"),
        BudgetState(10 * 10**9, 8_500_000_000, 0.85, None, name="daily"),
        BudgetState(10**9, 250_000_000, 0.25, None, name="free", by="user", value="u1\n2"),
        BudgetState(None, 41_000_000_000, None, None, name="monthly", period="month"),
    ),
)  # fmt: skip
CALLS = Totals(
    spans=8, errors=2, refused=1, answered=4, duration_ns=Histogram.of([10**9, 2 * 10**9]),
    cost_nanousd=10**8, priced=4,
)  # fmt: skip
MEASURED = Measured(
    start_s=0, end_s=900, spans=CALLS, calls=CALLS, tools=Totals(), retrievals=Totals(), embeddings=Totals(),
    feedback=ScoreSums(scores=2, valued=2, total=1.0, negative=1, low=1, high=1),
    scores={"quality_score": ScoreSums(scores=4, valued=4, total=3.0, negative=0, low=1, high=2)},
)  # fmt: skip
SLICE = "model:gpt-4o\n\x1b[31m"
GPT = ModelTotals(
    model="gpt-4o", success=7, error=2, input_tokens=12_345, output_tokens=678, cost_nanousd=1_234_567_890,
    duration_sum_ns=21_500_000_000, durations=(1, 2, 3, 0, 2, 0, 0, 1),
)  # fmt: skip
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def model(name: str, success: int = 1) -> ModelTotals:
    return ModelTotals(
        model=name, success=success, error=0, input_tokens=10 * success, output_tokens=success,
        cost_nanousd=0,
        duration_sum_ns=success * 10**9, durations=(0, 0, success, 0, 0, 0, 0, 0),
    )  # fmt: skip


def reading(models: Sequence[ModelTotals], **counters: int) -> Reading:
    stats = StoreStats(spans=40, traces=9, last_received_ns=None, file_bytes=8192, counters=counters)
    return Reading(
        models=models, outlook=OUTLOOK, measured=MEASURED, alerts=ALERTS,
        judge=JudgeSpend(12, 340_000_000, 1, 5_000, 600), stats=stats, queued_spans=3, requests=11,
        failed_requests=1,
    )  # fmt: skip


def alert(rule: str, tier: Tier, slice_: str = "") -> AlertRow:
    return AlertRow(
        id=1, rule=rule, slice=slice_, tier=tier, state="firing", reason="", value=None, threshold=None,
        filter="", traces=(), pending_ns=0, seen_ns=0, fired_ns=0, resolved_ns=None, acknowledged_ns=None,
        snoozed_until_ns=None,
    )  # fmt: skip


ALERTS = [alert("error_rate", 1), alert("ttft", 2, SLICE), alert("error_rate", 1)]


def parse(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def shown(exposition: Exposition, models: Sequence[ModelTotals], **counters: int) -> Samples:
    text, media_type = exposition.render(reading(models, **counters), "text/plain")
    assert media_type.startswith("text/plain")
    return parse(text.decode())


def labels(**pairs: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(pairs.items()))


def test_the_names_and_numbers_of_a_model() -> None:
    found = shown(Exposition({}), [GPT])
    assert found["llm_requests_total", labels(model="gpt-4o", status="success")] == 7
    assert found["llm_requests_total", labels(model="gpt-4o", status="error")] == 2
    assert found["llm_tokens_total", labels(model="gpt-4o", type="input")] == 12_345
    assert found["llm_tokens_total", labels(model="gpt-4o", type="output")] == 678
    assert found["llm_cost_usd_total", labels(model="gpt-4o")] == 1.23456789
    buckets = {
        dict(pairs)["le"]: value
        for (name, pairs), value in found.items()
        if name == "llm_latency_seconds_bucket"
    }
    assert buckets == {
        "0.1": 1, "0.5": 3, "1.0": 6, "2.0": 6, "5.0": 8, "10.0": 8, "30.0": 8, "+Inf": 9
    }  # fmt: skip
    assert found["llm_latency_seconds_count", labels(model="gpt-4o")] == 9
    assert found["llm_latency_seconds_sum", labels(model="gpt-4o")] == 21.5


def test_our_own_figures() -> None:
    found = shown(Exposition({}), [], duplicates=4, spans_rejected=5)
    assert found["llmwatch_queued_spans", ()] == 3
    assert found["llmwatch_stored_spans", ()] == 40
    assert found["llmwatch_stored_traces", ()] == 9
    assert found["llmwatch_database_bytes", ()] == 8192
    assert found["llmwatch_requests_total", ()] == 11
    assert found["llmwatch_failed_requests_total", ()] == 1
    assert found["llmwatch_events_total", labels(event="duplicates")] == 4
    assert found["llmwatch_events_total", labels(event="spans_rejected")] == 5
    assert found["llmwatch_status", ()] == 1
    assert found["llmwatch_spent_usd", labels(period="day")] == 8.5
    assert found["llmwatch_budget_usd", labels(period="day")] == 10
    assert ("llmwatch_budget_usd", labels(period="month")) not in found, "there is no monthly budget"
    rpm = labels(budget="rpm", unit="calls", period="minute", by="none", value="")
    free = labels(budget="free", unit="usd", period="day", by="user", value="u1 2")
    daily = labels(budget="daily", unit="usd", period="day", by="none", value="")
    assert [found["llmwatch_budget_used", each] for each in (rpm, free, daily)] == [9, 0.25, 8.5]
    assert [found["llmwatch_budget_limit", each] for each in (rpm, free, daily)] == [10, 1, 10]
    assert [found["llmwatch_budget_used_ratio", each] for each in (rpm, free, daily)] == [0.9, 0.25, 0.85]


def test_figures_of_the_window_in_base_units() -> None:
    found = {
        (name, dict(pairs).get("metric"), dict(pairs).get("unit")): value
        for (name, pairs), value in shown(Exposition({}), []).items()
    }
    assert found["llmwatch_metric", "error_rate", "ratio"] == 0.25
    assert found["llmwatch_metric_samples", "error_rate", "ratio"] == 8
    assert found["llmwatch_metric", "refusal_rate", "ratio"] == 0.25
    assert found["llmwatch_metric", "latency_p95", "seconds"] == pytest.approx(2, rel=0.01)
    assert found["llmwatch_metric", "cost_per_request", "usd"] == 0.025
    assert found["llmwatch_metric", "quality_score", "ratio"] == 0.75
    assert found["llmwatch_metric", "requests", "count"] == 8
    assert found["llmwatch_metric", "negative_feedback", "ratio"] == 0.5
    assert not any(metric == "tool_success_rate" for _, metric, _ in found), "no tool ran"


def test_alerts_that_fire_and_what_judging_cost() -> None:
    found = shown(Exposition({}), [])
    firing = {dict(pairs)["rule"]: dict(pairs) for name, pairs in found if name == "llmwatch_alert_firing"}
    assert firing["error_rate"] == {"rule": "error_rate", "tier": "1", "slice": ""}
    assert firing["ttft"] == {"rule": "ttft", "tier": "2", "slice": "model:gpt-4o ␛[31m"}
    assert found["llmwatch_alert_firing", labels(rule="error_rate", tier="1", slice="")] == 1
    assert found["llmwatch_judged_answers_total", ()] == 12
    assert found["llmwatch_judge_cost_usd_total", ()] == 0.34


def test_openmetrics_for_those_who_ask() -> None:
    text, media_type = Exposition({}).render(
        reading([GPT], duplicates=1), "application/openmetrics-text; version=1.0.0"
    )
    assert media_type.startswith("application/openmetrics-text")
    families = openmetrics(text.decode())  # type: ignore[no-untyped-call]
    assert {family.name for family in families} >= {"llm_requests", "llm_latency_seconds"}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("", "(unnamed)"),
        ('quote" back\\slash', 'quote" back\\slash'),
        ("new\nline", "new line"),
        ("esc\x1b[31m", "esc␛[31m"),
        ("lone \ud800", "lone ·"),
        ("m" * 5_000, "m" * 99 + "…"),
    ],
)
def test_names_from_outside_are_safe_labels(name: str, label: str) -> None:
    found = shown(Exposition({}), [model(name)])
    assert found["llm_cost_usd_total", labels(model=label)] == 0


def test_models_beyond_the_limit_are_one() -> None:
    found = shown(Exposition({}), [model(f"model-{number:04}") for number in range(600)])
    names = {dict(pairs)["model"] for name, pairs in found if name == "llm_cost_usd_total"}
    assert len(names) == 501
    assert found["llm_requests_total", labels(model="(others)", status="success")] == 100


def test_what_was_shown_is_not_undercut() -> None:
    """A call that turns out to be a copy of another is taken back out of the sums."""
    exposition = Exposition({})
    shown(exposition, [model("a", 5)])
    corrected = shown(exposition, [model("a", 4)])
    assert corrected["llm_requests_total", labels(model="a", status="success")] == 5
    assert corrected["llm_latency_seconds_count", labels(model="a")] == 5
    grown = shown(exposition, [model("a", 6)])
    assert grown["llm_tokens_total", labels(model="a", type="input")] == 60


def test_what_another_process_has_shown_is_not_undercut_either() -> None:
    first = Exposition({})
    before = shown(first, [model("a", 5)])
    second = Exposition(first.risen)
    after = shown(second, [model("a", 4)])
    falling = {key for key, value in before.items() if after[key] < value}
    assert not {name for name, _ in falling if name.endswith(("_total", "_count", "_sum", "_bucket"))}
    assert after["llmwatch_requests_total", ()] == 22, "requests of both processes"
    assert second.risen.keys() == {("llmwatch_requests",), ("llmwatch_failed_requests",)}


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9), st.booleans()), max_size=8))
def test_no_counter_ever_goes_down(steps: list[tuple[str, int, bool]]) -> None:
    remembered: dict[tuple[str, ...], float] = {}
    exposition = Exposition(remembered)
    last: Samples = {}
    for name, success, restarted in steps:
        if restarted:
            exposition = Exposition(remembered)
        found = shown(exposition, [model(name, success)])
        remembered |= exposition.risen
        assert all(
            value >= last.get(key, 0) for key, value in found.items() if not key[0].startswith("llmwatch")
        )
        last |= found


@settings(max_examples=40)
@given(st.lists(st.text(max_size=120), max_size=20))
def test_any_model_name_can_be_read_back(names: list[str]) -> None:
    found = shown(Exposition({}), [model(name) for name in set(names)])
    counted = sum(value for (name, _), value in found.items() if name == "llm_requests_total")
    assert counted == len(set(names))
