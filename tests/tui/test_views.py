"""View models: rows in, what the panes say out. Expected values are computed by hand."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.analysis.budget import BudgetState
from llmwatch.analysis.drift import Shift
from llmwatch.analysis.health import Outlook, Reason, Verdict
from llmwatch.clients import Address
from llmwatch.config import HealthConfig
from llmwatch.neutral import UNSAFE
from llmwatch.store.histogram import Histogram
from llmwatch.store.rows import Group, Point, ScorePoint, StoreStats, Totals, VersionRow
from llmwatch.tui.models.budgetbars import budget_lines
from llmwatch.tui.models.cells import Cell, Door, Line, bar, flow, row, spark, spread, text_of, width_of
from llmwatch.tui.models.cost import Costs, CostView, cost_lines, cost_view
from llmwatch.tui.models.firstrun import first_run_lines
from llmwatch.tui.models.header import HeaderView, Link, header_line, link_run
from llmwatch.tui.models.quality import QualityView, Usual, quality_lines, quality_view
from llmwatch.tui.models.status import StatusView, status_lines, status_view
from llmwatch.tui.models.timewindow import STEPS, stretches, tick_labels, window_of
from llmwatch.tui.models.versions import pairs, versions_lines, versions_view, worse
from tests.tui.rows import measured

SECOND = 10**9
NOW_S = 1_763_722_980
"""2025-11-21 11:03:00 UTC: a whole minute."""
NOW_NS = NOW_S * SECOND
DOLLAR = 10**9
NO_BUDGET = BudgetState(None, 0, None, None, name="daily")
NO_MONTHLY = BudgetState(None, 0, None, None, name="monthly", period="month")


def totals(spans: int = 0, **more: Any) -> Totals:
    return Totals(spans=spans, **more)


def seconds(*values: float) -> Histogram:
    return Histogram.of(int(value * SECOND) for value in values)


def text(lines: list[Line]) -> str:
    return text_of(lines)


# Cells


@pytest.mark.parametrize(
    ("values", "width", "shown"),
    [
        ((), 3, "   "),
        ((0, 0, 0), 3, "▁▁▁"),
        ((0, 1, 2), 3, "▁▅█"),
        ((1, None, 1), 3, "█ █"),
        ((7, 1, 2), 2, "▅█"),
        ((1,), 3, "  █"),
        ((1, 2), 0, ""),
    ],
)
def test_spark(values: tuple[float | None, ...], width: int, shown: str) -> None:
    assert spark(values, width) == shown


@pytest.mark.parametrize(
    ("share", "full"), [(0, 0), (0.001, 1), (0.5, 5), (0.94, 9), (0.96, 10), (1, 10), (1.7, 10)]
)
def test_bar(share: float, full: int) -> None:
    assert bar(share, 10) == ("━" * full, "─" * (10 - full))


def test_what_does_not_fit_is_left_out_not_cut() -> None:
    chunks = [(Cell("aaaa"),), (Cell("日本"),), (Cell("cc"),)]
    assert text([row(chunks, 12)]) == "aaaa   日本"
    assert text(flow(chunks, 9, 2)) == "aaaa\n日本   cc"
    assert text(flow(chunks, 9, 1)) == "aaaa   cc"
    assert text([spread((Cell("left"),), (Cell("right"),), 12)]) == "left   right"
    assert text([spread((Cell("left"),), (Cell("right"),), 9)]) == "left"


# Status


def status(**changes: Any) -> StatusView:
    start = NOW_S - 15 * 60
    calls = totals(
        20,
        errors=1,
        priced=20,
        cost_nanousd=DOLLAR // 4,
        duration_ns=seconds(*[1] * 10, *[2] * 9, 8),
        first_chunk_ns=seconds(*[0.4] * 20),
    )
    reason = Reason("latency_p95", "WARN", "p95 latency 6.0 s, over 5 s", "dur>5s kind:llm since:15m")
    made: dict[str, Any] = {
        "outlook": Outlook(Verdict("WARN", (reason,)), calls, (NO_BUDGET, NO_MONTHLY)),
        "minutes": [
            Point(start_s=start + 60, totals=totals(4, errors=1)),
            Point(start_s=NOW_S, totals=totals(9)),
        ],
        "groups": [],
        "config": HealthConfig(),
    } | changes
    known = dataclasses.replace(measured(made["outlook"].totals), start_s=start, end_s=NOW_S + 60)
    return status_view(measured=known, **made)


def test_status_numbers() -> None:
    errors, p95, ttft, cost, requests = status().metrics
    assert (errors.value, errors.note, errors.level) == ("5.0 %", "1 of 20", "OK")
    assert (p95.value, p95.level) == ("2.0 s", "WARN")  # the 19th of 20
    assert p95.note in ("p50 1.0 s", "p50 992 ms")  # the 10th of 20, within 1 %
    assert ttft.value in ("399 ms", "400 ms", "401 ms", "402 ms")
    assert (cost.value, cost.note) == ("$0.9375/h", "$0.2500")  # a quarter in 16 minutes
    assert (requests.value, requests.note) == ("1.2/min", "20")


def test_status_courses_say_nothing_of_the_running_minute_and_of_empty_ones() -> None:
    errors, *_, requests = status().metrics
    assert errors.course == (None, 0.25, *[None] * 13, 0.0)
    assert requests.course == (0, 4, *[0] * 13, None)


def test_status_doors_lead_to_what_was_counted() -> None:
    filters = [metric.door.filter for metric in status().metrics]
    assert filters[0] == "kind:llm status:error since:15m"
    assert filters[1].startswith("kind:llm dur>=19") and filters[1].endswith("ms since:15m")
    assert filters[3:] == ["cost>0 since:15m", "kind:llm since:15m"]


def test_nothing_called_is_idle_and_unknown() -> None:
    view = status(outlook=Outlook(Verdict("IDLE"), Totals(), (NO_BUDGET, NO_MONTHLY)), minutes=[])
    assert [metric.value for metric in view.metrics] == ["–", "–", "–", "$0/h", "0.0/min"]
    assert {metric.level for metric in view.metrics} == {"IDLE"}
    assert text(status_lines(view, 116, 3)).startswith("○ IDLE  no calls in the last 15 min")


def slow(share: float, calls: int = 100) -> Totals:
    late = round(calls * share)
    return totals(calls, duration_ns=seconds(*[9] * late, *[1] * (calls - late)))


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (
            [[Group(value="gpt-4o", totals=slow(0.3)), Group(value="mini", totals=slow(0.02))]],
            "mostly gpt-4o",
        ),
        ([[Group(value="gpt-4o", totals=slow(0.3)), Group(value="mini", totals=slow(0.3))]], ""),
        ([[Group(value="gpt-4o", totals=slow(0.3))]], ""),  # all calls are its: that says nothing
        ([[Group(value=None, totals=slow(0.5)), Group(value="mini", totals=slow(0))]], ""),
        (
            [
                [Group(value="gpt-4o", totals=slow(0.3)), Group(value="mini", totals=slow(0))],
                [Group(value="rag", totals=slow(0.3)), Group(value="sum", totals=slow(0))],
            ],
            "mostly gpt-4o in rag",
        ),
    ],
)
def test_what_most_of_the_trouble_has_in_common(groups: list[list[Group]], said: str) -> None:
    assert status(groups=groups).mostly == said


def test_status_as_tiles_and_as_lines() -> None:
    tiles = status_lines(status(), 116, 3)
    assert len(tiles) == 3 and {width_of(line) <= 116 for line in tiles} == {True}
    assert text(tiles).splitlines()[0] == "▲ WARN  [latency_p95] p95 latency 6.0 s, over 5 s"
    lines = text(status_lines(status(), 76, 7)).splitlines()
    assert len(lines) == 6 and lines[1].startswith("✓ errors        5.0 %")


def reasons(*rules: str) -> StatusView:
    """The status with a reason for each of ``rules``."""
    made = tuple(Reason(rule, "WARN", f"{rule} is over its limit", f"name:{rule}") for rule in rules)
    return status(outlook=Outlook(Verdict("WARN", made), totals(20), (NO_BUDGET, NO_MONTHLY)))


def test_every_reason_can_be_reached() -> None:
    rules = ("error_rate", "latency_p95", "daily_budget", "quality_drop")
    (line, *_) = status_lines(reasons(*rules), 116, 3)
    assert text([line]) == (
        "▲ WARN  [error_rate] error_rate is over its limit"
        "   ▲ [latency_p95]   ▲ [daily_budget]   ▲ [quality_drop]"
    )
    assert [cell.door.filter for cell in line if cell.door] == [f"name:{rule}" for rule in rules]
    (line, *_) = status_lines(reasons(*rules), 80, 3)
    assert text([line]) == "▲ WARN  [error_rate] error_rate is over its limit   ▲ [latency_p95]   +2 more"
    assert text(status_lines(reasons(*rules), 76, 20)).splitlines()[3].startswith("▲ WARN  [quality_drop]")


def test_a_reason_that_is_too_long_is_cut_and_not_left_out() -> None:
    line = text(status_lines(reasons("error_rate"), 40, 3)).splitlines()[0]
    assert line == "▲ WARN  [error_rate] error_rate is over…"


# Cost


def costs(*budgets: BudgetState, unpriced: int = 0, judge: tuple[int, int] | None = None) -> CostView:
    starts = range(NOW_S - 3600, NOW_S + 180, 180)
    hour = Point(
        start_s=NOW_S - 180,
        totals=totals(
            9, cost_nanousd=DOLLAR, input_tokens=5_000, output_tokens=1_000, cache_read_tokens=1_900
        ),
    )
    by_model = (
        Group(value="gpt-4o", totals=totals(40, errors=2, cost_nanousd=5 * DOLLAR)),
        Group(value="gpt-4o-mini", totals=totals(300, cost_nanousd=DOLLAR // 2)),
        Group(value=None, totals=totals(1, cost_nanousd=0)),
    )
    nobody_says = (Group(value=None, totals=totals(341, cost_nanousd=DOLLAR)),)
    listed = [Costs("model", by_model, "after:2025-11-21"), Costs("segment", nobody_says, "")]
    return cost_view(budgets, [hour], starts, listed, unpriced, judge)


def budget(name: str, limit: int | None, spent: int, coming: int | None = None, **more: Any) -> BudgetState:
    return BudgetState(
        limit, spent, None if limit is None else spent / limit, coming, NOW_S, name=name, **more
    )


DAILY = budget("daily", 10 * DOLLAR, 7_120_000_000, 11_900_000_000)
MONTHLY = budget("monthly", 200 * DOLLAR, 88_400_000_000, 190 * DOLLAR, period="month")


def test_costs_with_budgets() -> None:
    lines = text(cost_lines(costs(DAILY, MONTHLY), 96, 7)).splitlines()
    assert lines[0].startswith("✓ daily      $7.12 of $10.00  ━")
    assert lines[0].endswith("─   71 %  ▲ $11.90   by midnight")
    assert lines[1].endswith("44 %  → $190.00  by month's end")
    assert lines[0].index("of") == lines[1].index("of") and lines[0].index("━") == lines[1].index("━")
    assert lines[2].startswith("$/hour       $1.00")
    assert lines[3].split()[:2] == ["tok/min", "100"] and lines[3].endswith("cached 38 %")
    assert lines[4] == "model     gpt-4o $5.00   gpt-4o-mini $0.5000   – $0"
    assert len(lines) == 5  # nobody says a segment


def test_a_cost_leads_to_its_traces() -> None:
    doors = [cell.door.filter for cell in cost_lines(costs(), 76, 7)[-1] if cell.door]
    assert doors == ["model:gpt-4o after:2025-11-21", "model:gpt-4o-mini after:2025-11-21"]


def test_without_a_budget_there_is_no_bar_and_it_says_so() -> None:
    line = text(budget_lines([budget("daily", None, DOLLAR, 2 * DOLLAR)], 76, 1))
    assert line == "· daily      $1.00  no budget  → $2.00    by midnight"


def test_narrow_costs_keep_bars_and_drop_words() -> None:
    lines = cost_lines(costs(DAILY), 56, 7)
    assert "▲ $11.90" in text(lines) and "by midnight" not in text(lines)
    assert max(map(width_of, lines)) <= 56


@pytest.mark.parametrize(
    ("share", "glyph", "tone"),
    [(0.5, "✓", "ok"), (0.8, "▲", "warn"), (0.999, "▲", "warn"), (1.0, "✗", "error"), (3.0, "✗", "error")],
)
def test_a_budget_changes_its_glyph_and_its_tone(share: float, glyph: str, tone: str) -> None:
    (line,) = budget_lines([budget("daily", DOLLAR, int(share * DOLLAR))], 76, 1)
    assert line[0].text == f"{glyph} "
    assert {cell.tone for cell in line if "%" in cell.text} == {tone}


def test_a_bar_goes_on_past_its_limit() -> None:
    over = [budget("hourly", DOLLAR, DOLLAR * 5 // 4, period="hour"), budget("daily", DOLLAR, 9 * DOLLAR)]
    bars = [re.sub(r"[^━┃─]", "", line) for line in text(budget_lines(over, 76, 2)).splitlines()]
    assert {len(each) for each in bars} == {30}
    assert [each.index("┃") + 1 for each in bars] == [24, 15]  # 4/5 of it; more than twice is shown as twice


def test_quotas_of_tokens_and_calls_and_of_each_value() -> None:
    states = [
        budget("tpm", 200_000, 150_000, unit="tokens", period="minute", by="model", value="gpt-4o"),
        budget("calls", 1_000, 30, unit="calls"),
    ]
    lines = budget_lines(states, 76, 2)
    said = text(lines).splitlines()
    assert said[0].startswith("✓ tpm gpt-4o   150 k of 200 k tok   ━") and said[0].endswith("75 %")
    assert said[1].startswith("✓ calls           30 of 1,000 calls ━")
    assert [cell.door.filter for line in lines for cell in line if cell.door] == [
        "tokens>0 model:gpt-4o after:2025-11-21T11:03:00Z",
        "kind:llm,embedding after:2025-11-21T11:03:00Z",
    ]


def test_budgets_that_have_no_room_are_counted() -> None:
    states = [budget(f"b{n}", DOLLAR, 0) for n in range(5)]
    lines = text(budget_lines(states, 76, 3)).splitlines()
    assert len(lines) == 3 and lines[2] == "  +3 more"
    assert budget_lines([], 76, 3) == [] and budget_lines(states, 76, 0) == []


def test_of_many_users_the_worst_stands_for_all_where_there_is_no_room() -> None:
    users = [budget("users", DOLLAR, DOLLAR - n, by="user", value=f"u{n}") for n in range(50)]
    lines = text(budget_lines([*users, DAILY, MONTHLY], 76, 4)).splitlines()
    assert [line.split()[1:3] for line in lines] == [
        ["users", "u0"],
        ["daily", "$7.12"],
        ["monthly", "$88.40"],
    ]
    assert len(budget_lines([*users, DAILY], 76, 60)) == 51


def test_what_judging_costs_is_said_apart() -> None:
    assert "judge $0.1200 of $1.00 today" in text(
        cost_lines(costs(judge=(12 * DOLLAR // 100, DOLLAR)), 76, 7)
    )
    assert "▲ judge $1.20 of $1.00 today" in text(cost_lines(costs(judge=(12 * DOLLAR // 10, DOLLAR)), 76, 7))


def test_unpriced_calls_are_said_and_lead_to_themselves() -> None:
    cells = [
        cell for line in cost_lines(costs(unpriced=3), 76, 7) for cell in line if "unpriced" in cell.text
    ]
    assert [(cell.text, cell.door and cell.door.filter) for cell in cells] == [("3 unpriced", "unpriced:yes")]


# Quality


@pytest.mark.parametrize(
    ("ago_s", "hours"), [(0, 1), (3600, 1), (3601, 3), (20_000, 6), (40_000, 12), (86_000, 24), (10**6, 24)]
)
def test_the_window_is_no_longer_than_what_there_is(ago_s: int, hours: int) -> None:
    window = window_of(NOW_S - ago_s, NOW_S)
    assert window.title == f"{hours} h"
    assert window.step_s * STEPS == hours * 3600 and window.starts[-1] <= NOW_S < window.end_s


def test_times_under_the_chart_are_round() -> None:
    steps, times = tick_labels(window_of(None, NOW_S), 8)
    assert times == ["12:00", "15:00", "18:00", "21:00", "00:00", "03:00", "06:00", "09:00"]
    assert len(steps) == 8 and steps[0] >= 0 and steps[-1] <= STEPS + 1


@pytest.mark.parametrize(
    ("values", "runs"),
    [
        ((), []),
        ((None, None), []),
        ((1, 1, 1), [[0, 1, 2]]),
        ((1, None, None, 1), [[0, 3]]),
        ((1, None, None, None, 1, 0.0), [[0], [4, 5]]),
    ],
)
def test_the_line_breaks_where_too_little_is_known(
    values: tuple[float | None, ...], runs: list[list[int]]
) -> None:
    assert stretches(values) == runs


def scored(name: str, at: int, values: list[float], source: str = "judge") -> ScorePoint:
    window = window_of(None, NOW_S)
    return ScorePoint(
        start_s=window.starts[at], name=name, source=source, scores=len(values), valued=len(values),
        total=sum(values), negative=sum(value < 0.5 for value in values),
    )  # fmt: skip


def judged(
    scores: Sequence[ScorePoint] = (), calls: Sequence[Totals] = (), usual: Usual | None = None
) -> QualityView:
    window = window_of(None, NOW_S)
    points = [Point(start_s=window.starts[i], totals=each) for i, each in zip((10, 58), calls, strict=False)]
    return quality_view(window, scores, points, [], 0.95, usual)


def test_a_score_that_drops_by_a_tenth_is_a_warning() -> None:
    view = judged([scored("quality", 5, [0.9] * 10), scored("quality", 58, [0.8] * 10)])
    (fact,) = view.facts
    assert (fact.value, fact.change, fact.level, fact.note) == ("0.80", "−11 %", "WARN", "n 20")
    assert view.series[0].values[5] == pytest.approx(0.9) and view.series[0].values[6] is None


def test_few_scores_are_not_compared() -> None:
    (fact,) = judged([scored("quality", 5, [0.9] * 9), scored("quality", 58, [0.1] * 99)]).facts
    assert (fact.change, fact.level) == ("", "OK")


def test_the_chart_shows_the_two_most_frequent_scores() -> None:
    scores = [scored(name, 5, [0.9] * n) for name, n in (("a", 1), ("b", 5), ("c", 3))]
    view = judged(scores)
    assert [(series.name, series.tone) for series in view.series] == [("b", "accent"), ("c", "muted")]
    assert [(fact.label, fact.line) for fact in view.facts] == [("b", "accent"), ("c", "muted"), ("a", None)]


def test_without_scores_the_chart_shows_the_checks() -> None:
    view = judged(calls=[totals(10, checked=10, passed=9)])
    assert view.series[0].name == "checks" and view.series[0].values[10] == 0.9
    assert [(fact.label, fact.value, fact.level) for fact in view.facts] == [
        ("checks", "90 %", "WARN"),
        ("refusals", "0 %", "OK"),
    ]


def test_what_all_marks_come_to_is_first_and_the_judges_prefix_is_not_shown() -> None:
    view = judged([scored("judge_safety", 5, [1.0] * 9), scored("quality_score", 5, [0.9])])
    assert [fact.label for fact in view.facts] == ["quality", "safety"]
    assert [series.name for series in view.series] == ["quality", "safety"]


def test_marks_are_held_against_what_is_usual() -> None:
    usual = Usual({"quality_score": 0.9})
    view = judged([scored("quality_score", 58, [0.72] * 10)], usual=usual)
    (fact,) = view.facts
    assert (fact.value, fact.change, fact.level) == ("0.72", "−20 %", "WARN")
    assert view.notes == ()


def test_before_there_is_a_baseline_it_says_so() -> None:
    view = judged([scored("quality_score", 58, [0.7])], usual=Usual({"quality_score": None}))
    assert view.notes == ("learning what is usual",)
    assert text(quality_lines(view, 60, 3)) == "✓ quality ⠤⠒ 0.70 n 1   learning what is usual"
    assert judged().notes == ()


def test_a_model_whose_answers_became_others_is_marked() -> None:
    shift = Shift(
        model="gpt-4o",
        metric="output_tokens_p50",
        usual=300.0,
        now=420.0,
        since_s=window_of(None, NOW_S).starts[50],
    )
    view = judged([scored("quality_score", 58, [0.7])], usual=Usual({}, (shift,)))
    assert [(marker.step, marker.name) for marker in view.markers] == [(50, "drift gpt-4o")]
    assert (view.facts[0].value, view.facts[0].change, view.facts[0].note) == ("420", "+40 %", "drift")
    assert view.facts[0].label.startswith("gpt-4o ")


def test_notes_have_a_line_of_their_own_where_not_all_fits() -> None:
    view = dataclasses.replace(judged([scored(f"mark {n}", 58, [0.7]) for n in range(9)]), notes=("a note",))
    lines = text(quality_lines(view, 40, 3)).splitlines()
    assert len(lines) == 3 and lines[2] == "a note"


def test_feedback_refusals_and_truncation() -> None:
    view = judged(
        [scored("thumbs", 3, [1.0] * 8 + [0.0] * 2, "user")],
        [totals(100, refused=1, truncated=30), totals(100, refused=5, truncated=11)],
    )
    said = {fact.label: (fact.value, fact.level) for fact in view.facts}
    assert said == {
        "thumbs down": ("20 %", "WARN"),
        "refusals": ("3.0 %", "WARN"),
        "truncated": ("20 %", "WARN"),
    }


def test_nothing_judged_yet() -> None:
    assert "No answers were checked or scored yet" in text(quality_lines(judged(), 60, 3))


# Versions


def version(name: str, number: str, first_s: int, last_s: int = 0, kind: Any = "prompt") -> VersionRow:
    """First and last seen so many seconds ago."""
    return VersionRow(
        kind=kind, name=name, version=number, first_seen_ns=NOW_NS - first_s * SECOND,
        last_seen_ns=NOW_NS - last_s * SECOND, spans=9,
    )  # fmt: skip


def test_versions_live_now_and_since_when() -> None:
    rows = [
        version("answer", "v2", 900),
        version("shop", "1.8", 7200, kind="app"),
        version("gpt-4o", "gpt-4o-2024-11-20", 90_000, kind="model"),
        version("fast", "gpt-4o-mini", 90_000, kind="model"),
        version("answer", "v1", 90_000, 4000),
    ]
    view = versions_view(
        rows, {rows[0]: (measured(totals(50, errors=4)), measured(totals(100, errors=1)))}, NOW_NS
    )
    assert [each.name for each in view.versions] == [
        "answer v2", "shop 1.8", "gpt-4o-2024-11-20", "fast → gpt-4o-mini"
    ]  # fmt: skip
    assert [each.new for each in view.versions] == [True, False, False, False]
    assert pairs(rows, NOW_NS) == [(rows[0], rows[4])]
    assert text(versions_lines(view, 200, 1)).startswith("new answer v2 since")
    assert "▲ errors 8.0 % (was 1.0 %)" in text(versions_lines(view, 200, 1))
    assert text(versions_lines(view, 64, 1)).endswith("+3 more")
    assert len(versions_lines(view, 64, 4)) == 4
    assert text(versions_lines(view, 64, 3)).splitlines()[2] == "+2 more"


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (totals(9, errors=9), totals(99), ""),
        (totals(100, errors=3), totals(100, errors=2), ""),
        (totals(100, errors=5), totals(100, errors=2), "errors 5.0 % (was 2.0 %)"),
        (totals(99, checked=50, passed=40), totals(99, checked=50, passed=49), "checks 80 % (was 98 %)"),
        (
            totals(99, duration_ns=seconds(*[2] * 99)),
            totals(99, duration_ns=seconds(*[1] * 99)),
            "p95 2.0 s (was 1.0 s)",
        ),
        (
            totals(10, priced=10, cost_nanousd=20 * DOLLAR),
            totals(10, priced=10, cost_nanousd=10 * DOLLAR),
            "$2.00 a call (was $1.00)",
        ),
        (totals(10, cost_nanousd=DOLLAR), totals(10), ""),
    ],
)
def test_what_got_worse(now: Totals, before: Totals, said: str) -> None:
    assert worse(measured(now), measured(before)) == said


def test_lower_marks_are_worse() -> None:
    calls = totals(20)
    assert worse(measured(calls, [0.7] * 10), measured(calls, [0.9] * 10)) == "quality 0.70 (was 0.90)"
    assert worse(measured(calls, [0.85] * 10), measured(calls, [0.9] * 10)) == ""
    assert worse(measured(calls, [0.1] * 9), measured(calls, [0.9] * 10)) == ""


# Header

STATS = StoreStats(spans=1_204_331, traces=9, last_received_ns=None, file_bytes=1_181_116_006, counters={})
LONG = Verdict(
    "CRIT", (Reason("a", "CRIT", "error rate 8.1 %, over 5 %", "f"), Reason("b", "WARN", "x", "f"))
)


@pytest.mark.parametrize(
    ("link", "said"),
    [
        (Link(), "○ waiting for spans"),
        (Link(missing=True, changed_ns=NOW_NS), "○ waiting for spans"),
        (Link(changed_ns=NOW_NS - SECOND // 5), "● live 0.2 s"),
        (Link(changed_ns=NOW_NS - 240 * SECOND), "● live, last span 4 min ago"),
        (Link(changed_ns=NOW_NS, paused=True, unseen=213), "◌ paused (+213 new)"),
        (Link(changed_ns=NOW_NS, paused=True, down_ns=NOW_NS), "▲ collector down since 11:03:00"),
        (
            Link(down_ns=NOW_NS, failed_ns=NOW_NS),
            "▲ database unreadable since 11:03:00, showing what was known",
        ),
    ],
)
def test_link(link: Link, said: str) -> None:
    assert link_run(link, NOW_NS)[0] == said


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (
            119,
            " ✗ CRIT  error rate 8.1 %, over 5 % (+1)  ● live 0.0 s  :4318  1.20 M spans  1.1 GB  11:03:00",
        ),
        (71, " ✗ CRIT  error rate 8.1 %, over 5 % (+1)  ● live 0.0 s  :4318  11:03:00"),
        (56, " ✗ CRIT  error rate 8.1 %, over 5 % (+1)  ● live 0.0 s"),
        (40, " ✗ CRIT  error rate 8.1 %…  ● live 0.0 s"),
    ],
)
def test_the_first_line_leaves_out_what_matters_least(width: int, said: str) -> None:
    line = header_line(HeaderView(LONG, Link(changed_ns=NOW_NS), STATS, ":4318"), width, NOW_NS)
    assert width_of(line) <= width
    assert " ".join(text([line]).split()) == " ".join(said.split())


def test_before_the_first_look_it_says_who_it_is() -> None:
    line = header_line(HeaderView(None, Link(), None, ":4318"), 80, NOW_NS)
    assert text([line]).split() == ["llmwatch", "○", "waiting", "for", "spans", ":4318", "11:03:00"]


# First run


def test_first_run_leaves_out_recipes_that_do_not_fit() -> None:
    here = Address("127.0.0.1", 4318, 4317)
    full, low = (text(first_run_lines(here, "", height)) for height in (40, 12))
    assert "opentelemetry-instrument" in full and "opentelemetry-instrument" not in low
    for said in (full, low):
        assert "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318" in said and "llmwatch demo" in said
        assert max(map(len, said.splitlines())) <= 76
        assert "llmwatch connect" in said
    assert len(low.splitlines()) <= 12


def test_first_run_says_why_there_is_no_grpc() -> None:
    here = Address("127.0.0.1", 4318, 4317)
    lines = first_run_lines(here, "No gRPC on port 4317: it is taken", 20)
    assert text(lines).splitlines()[-1] == "No gRPC on port 4317: it is taken"
    assert len(lines) <= 20


def test_doors_are_equal_when_they_lead_to_the_same_place() -> None:
    assert Door("a", "b") == Door("a", "b")


# Any text


@given(st.text(min_size=1), st.integers(20, 160), st.integers(1, 14))
def test_no_name_breaks_a_line_or_passes_unneutralised(name: str, width: int, height: int) -> None:
    group = Group(value=name, totals=totals(20, errors=1, cost_nanousd=DOLLAR))
    row_of = version(name, name, 60)
    scores = [scored(name, 5, [0.9] * 10), scored(name, 58, [0.2] * 10)]
    reason = Reason("error_rate", "CRIT", "error rate 100 %, over 5 %", "status:error")
    spent = cost_view(
        [budget("users", DOLLAR, DOLLAR, by="user", value=name)], [], range(0, 360, 180),
        [Costs("model", (group,), "since:1h")], 1, None,
    )  # fmt: skip
    seen = status(
        outlook=Outlook(Verdict("CRIT", (reason,)), totals(9, errors=9), (NO_BUDGET, NO_MONTHLY)),
        groups=[[group, Group(value="x", totals=totals(99))]],
    )
    for lines in (
        cost_lines(spent, width, height),
        quality_lines(judged(scores), width, height),
        versions_lines(versions_view([row_of], {}, NOW_NS), width, height),
        status_lines(seen, width, height),
    ):
        assert not {ord(c) for cell in itertools.chain(*lines) for c in cell.text} & {*UNSAFE, 0x0A}
