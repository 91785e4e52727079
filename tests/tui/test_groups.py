"""Any pane by any dimension: what each says of a group, in which order, and where Enter leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.neutral import UNSAFE
from llmwatch.store.filters import parse
from llmwatch.store.histogram import Histogram
from llmwatch.store.rows import Measured, Totals
from llmwatch.tui.models.cells import text_of, width_of
from llmwatch.tui.models.columns import COST, QUALITY, STATUS, VERSIONS, Change, worse
from llmwatch.tui.models.groups import (
    DIMENSIONS,
    Column,
    Layout,
    door_to,
    grouping,
    next_dimension,
    table,
)
from tests.tui import rows
from tests.tui.conftest import MakeApp
from tests.tui.piloting import overview, settled, shown, until

SECOND = 10**9
DOLLAR = 10**9


def measured(calls: int = 0, quality: Sequence[float] = (), **more: Any) -> Measured:
    """Calls of a second each that cost a cent each."""
    totals = Totals(
        spans=calls, cost_nanousd=calls * DOLLAR // 100, priced=calls,
        duration_ns=Histogram.of([SECOND] * calls), cost=Histogram.of([DOLLAR // 100] * calls), **more,
    )  # fmt: skip
    return rows.measured(totals, quality)


def words(layout: Layout[Any], groups: Sequence[tuple[str | None, Any]], width: int = 160) -> list[list[str]]:
    made = grouping("model", groups, "since:15m", layout)
    return [line.split() for line in text_of(table(made, layout, width, 9)).splitlines()]


def test_each_dimension_has_a_key_of_the_filter() -> None:
    assert [parse(f"{key}:x").text for key in DIMENSIONS.values()] == [
        f"{key}:x" for key in DIMENSIONS.values()
    ]
    assert list(DIMENSIONS.values()) == [
        "model",
        "feature",
        "version",
        "app",
        "user",
        "segment",
        "env",
        "service",
    ]


def test_one_key_goes_round_all_of_them_and_the_pane_as_a_whole() -> None:
    seen, by = [], None
    for _ in range(len(DIMENSIONS) + 1):
        by = next_dimension(by, 1)
        seen.append(by)
    assert seen == [*DIMENSIONS, None]
    assert next_dimension(None, -1) == "service" and next_dimension("model", -1) is None


def test_status_by_group_has_the_worst_first() -> None:
    groups = [("good", measured(40)), ("bad", measured(20, errors=5)), (None, measured(2))]
    assert words(STATUS, groups) == [
        ["by", "model", "calls", "errors", "p95", "cost", "timeouts", "p50", "p99"],
        ["bad", "20", "25", "%", "1.0", "s", "$0.2000", "0", "%", "1.0", "s", "1.0", "s"],
        ["good", "40", "0", "%", "1.0", "s", "$0.4000", "0", "%", "1.0", "s", "1.0", "s"],
        ["–", "2", "0", "%", "1.0", "s", "$0.0200", "0", "%", "1.0", "s", "1.0", "s"],
    ]  # fmt: skip


def test_quality_by_group_has_the_lowest_marks_first() -> None:
    groups = [
        ("unmarked", measured(9, checked=10, passed=9)),
        ("good", measured(9, [0.9, 0.9])),
        ("poor", measured(9, [0.4, 0.6])),
    ]
    head, *lines = words(QUALITY, groups)
    assert head[2:5] == ["calls", "quality", "checks"]
    assert [row[:3] for row in lines] == [
        ["poor", "9", "0.50"],
        ["good", "9", "0.90"],
        ["unmarked", "9", "–"],
    ]


def test_cost_by_group_has_the_costliest_first() -> None:
    head, *lines = words(COST, [("cheap", measured(1)), ("dear", measured(300))])
    assert head[2:5] == ["cost", "calls", "$/call"]
    assert [row[:4] for row in lines] == [
        ["dear", "$3.00", "300", "$0.0100"],
        ["cheap", "$0.0100", "1", "$0.0100"],
    ]


def test_a_group_without_a_price_is_unpriced_and_a_free_one_costs_nothing() -> None:
    unknown = rows.measured(Totals(spans=3, unpriced=3), ())
    free = rows.measured(Totals(spans=2, priced=2), ())
    _, *lines = words(STATUS, [("mystery", unknown), ("local", free)])
    assert "unpriced" in lines[0]
    assert "$0" in lines[1]


def test_versions_by_group_say_what_it_was_before() -> None:
    groups = [
        ("same", Change(measured(40, errors=1), measured(40, errors=1))),
        ("worse", Change(measured(20, [0.7], errors=2), measured(50, [0.9]))),
        ("new", Change(measured(5), None)),
    ]
    made = grouping("model", groups, "", VERSIONS)
    lines = table(made, VERSIONS, 160, 9)
    assert [line.split()[0] for line in text_of(lines).splitlines()[1:]] == ["worse", "same", "new"]
    said = {" ".join(cell.text.split()): cell.tone for cell in lines[1][1:]}
    assert said["10 % (0 %)"] == "warn" and said["0.70 (0.90)"] == "warn"
    assert " ".join(lines[2][2].text.split()) == "2.5 % (2.5 %)" and lines[2][2].tone == "plain"


@pytest.mark.parametrize(
    ("metric", "was", "now", "is_worse"),
    [
        ("error_rate", 0.10, 0.12, True), ("error_rate", 0.10, 0.105, False),
        ("error_rate", 0.1, 0.01, False), ("quality_score", 0.9, 0.8, True),
        ("quality_score", 0.9, 0.85, False), ("quality_score", 0.5, 0.9, False),
        ("latency_p95", 10**9, 2 * 10**9, True),
    ],
)  # fmt: skip
def test_worse(metric: str, was: float, now: float, is_worse: bool) -> None:
    assert worse(metric, was, now) is is_worse


@pytest.mark.parametrize(
    ("value", "filter"),
    [
        ("gpt-4o", "model:gpt-4o since:15m"),
        ("my model", 'model:"my model" since:15m'),
        ('a"b', 'model:"a""b" since:15m'),
    ],
)
def test_a_group_leads_to_its_traces(value: str, filter: str) -> None:
    made = door_to("model", value, "since:15m")
    assert made is not None and made.filter == filter
    assert door_to("model", None, "since:15m") is None  # what spans do not say leads nowhere


def test_groups_that_have_no_room_are_counted_and_columns_that_say_nothing_are_left_out() -> None:
    one: Column[int] = Column("one", 3, lambda n: (str(n), "plain"))
    none: Column[int] = Column("none", 4, lambda n: ("–", "muted"))
    layout = Layout((one, none, one), lambda n: (n,))
    made = grouping("feature", [(f"f{n}", 9 - n) for n in range(5)], "", layout)
    lines = text_of(table(made, layout, 40, 3)).splitlines()
    assert lines[0].split() == ["by", "feature", "(2", "of", "5)", "one", "one"]
    assert [line.split() for line in lines[1:]] == [["f4", "5", "5"], ["f3", "6", "6"]]
    assert (
        text_of(table(grouping("model", [], "", layout), layout, 40, 3)).splitlines()[1]
        == "nothing in this time"
    )


@given(st.text(min_size=1), st.integers(20, 160), st.integers(1, 14))
def test_no_name_breaks_a_line(name: str, width: int, height: int) -> None:
    made = grouping("model", [(name, measured(3)), ("x", measured(1))], "since:15m", STATUS)
    lines = table(made, STATUS, width, height)
    assert len(lines) <= max(height, 1)
    assert len({width_of(line) for line in lines}) == 1
    assert not {ord(c) for line in lines for cell in line for c in cell.text} & {*UNSAFE, 0x0A}


# On the screen

SIZE = (120, 40)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
async def test_one_key_regroups_any_pane_and_its_title_says_by_what(make_app: MakeApp, number: int) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        pane = overview(pilot).panes[number - 1]
        await pilot.press(str(number))
        for key in DIMENSIONS.values():
            await pilot.press("b")
            await settled(pilot)
            assert f"{number} {pane.title} by {key}" in shown(pilot)
            assert pane.lines.text().startswith(f"by {key}")
        assert [each.by for each in overview(pilot).panes if each is not pane] == [None] * 3
        await pilot.press("b")
        await settled(pilot)
        assert " by " not in shown(pilot).splitlines()[2] and pane.by is None


async def test_enter_on_a_group_opens_its_traces_and_escape_leads_back(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        root = overview(pilot)
        await pilot.press("1", "b")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert root.traces.choice.text == "model:gpt-4o kind:llm after:2025-11-21T10:48:00Z"
        await until(pilot, lambda: len(root.traces.rows.window.order) == 20)
        await pilot.press("escape")
        await settled(pilot)
        assert root.panes[0].by == "model" and root._focused_number() == 1
        await pilot.press("escape")
        await settled(pilot)
        assert root.panes[0].by is None


async def test_users_are_counted_by_the_hour_and_the_title_says_so(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("1", "B", "B", "B", "B")
        await settled(pilot)
        assert "1 Status by user · since 10:00" in shown(pilot)


async def test_what_the_newest_version_changed_by_feature(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("4", "b", "b")
        await settled(pilot)
        text = shown(pilot)
        assert "4 Versions by feature · answer v2.4 beside v2.3" in text
        assert "rag-chat" in overview(pilot).panes[3].lines.text()


async def test_with_room_for_it_a_pane_is_grouped_unasked(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        for number in "1234":
            await pilot.press(number, "z")
            await settled(pilot)
            assert "by model" in shown(pilot)
            await pilot.press("z")
