from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.store.rows import SpanRow
from llmwatch.tui.models.tracetree import build
from llmwatch.tui.models.waterfall import bar, critical_path, draw, milestones
from tests.tui.rows import NOON, SECOND, span_row


def _agent_run() -> list[SpanRow]:
    """The trace of an agent: a plan, three tools side by side, an answer."""
    return [
        span_row("agent", start=0, end=15),
        span_row("plan", "agent", start=0, end=3),
        span_row("search 1", "agent", start=3, end=9),
        span_row("search 2", "agent", start=3, end=7.5),
        span_row("read", "agent", start=5, end=7),
        span_row("answer", "agent", start=10, end=15, time_to_first_chunk_ns=2 * SECOND),
    ]


def test_bars_stand_where_the_time_went() -> None:
    tree = build(_agent_run(), NOON)
    drawn = {node.span_id: draw(bar(tree, i, 15), 15) for i, node in enumerate(tree.nodes)}
    assert drawn == {
        "agent":    "━━━━━━━━━━━━━━━",
        "plan":     "━━━            ",
        "search 1": "   ━━━━━━      ",
        "search 2": "   ━━━━╸       ",
        "read":     "     ━━        ",
        "answer":   "          ──━━━",
    }  # fmt: skip


def test_a_moment_still_has_a_bar() -> None:
    tree = build([span_row("root", end=100), span_row("blip", "root", start=100, end=100)], NOON)
    assert draw(bar(tree, 1, 4), 4) == "   ╺"
    assert draw(bar(build([span_row("a", end=0)], NOON), 0, 3), 3) == "╸  "


def _path(rows: list[SpanRow]) -> list[tuple[str, float]]:
    tree = build(rows, NOON)
    return [(tree.nodes[i].span_id, length / SECOND) for i, length in milestones(critical_path(tree), 0)]


@pytest.mark.parametrize(
    ("rows", "path"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([span_row("a", end=2)], [("a", 2)], id="one span"),
        pytest.param(
            _agent_run(),
            [("plan", 3), ("search 1", 6), ("agent", 1), ("answer", 5)],
            id="the slowest of three side by side",
        ),
        pytest.param(
            [span_row("r", end=10), span_row("a", "r", start=0, end=6), span_row("b", "r", start=4, end=10)],
            [("r", 4), ("b", 6)],
            id="one that began before the other ended did not wait for it",
        ),
        pytest.param(
            [span_row("r", end=4), span_row("late", "r", start=2, end=9)],
            [("r", 2), ("late", 2)],
            id="what outlives its parent counts while the parent ran",
        ),
        pytest.param(
            [span_row("r", end=4), span_row("after", "r", start=5, end=9)],
            [("r", 4)],
            id="what began after its parent ended held up nobody",
        ),
        pytest.param(
            [span_row("r", end=4), span_row("a", "r", end=4), span_row("leaf", "a", start=1, end=4)],
            [("a", 1), ("leaf", 3)],
            id="down to the leaves",
        ),
    ],
)
def test_the_critical_path(rows: list[SpanRow], path: list[tuple[str, float]]) -> None:
    assert _path(rows) == path


def test_only_what_matters_is_a_milestone() -> None:
    rows = [span_row("r", end=100), span_row("a", "r", end=4), span_row("b", "r", start=4, end=99)]
    tree = build(rows, NOON)
    assert [tree.nodes[i].span_id for i, _ in milestones(critical_path(tree))] == ["b"]


@st.composite
def _spans(draw_: st.DrawFn) -> list[SpanRow]:
    count = draw_(st.integers(1, 12))
    rows = []
    for i in range(count):
        parent = draw_(st.one_of(st.none(), st.integers(0, count)))
        start = draw_(st.integers(0, 50))
        rows.append(
            span_row(
                f"s{i}",
                None if parent is None else f"s{parent}",
                start=start,
                end=start + draw_(st.integers(-2, 50)),
                time_to_first_chunk_ns=draw_(st.one_of(st.none(), st.integers(-SECOND, 90 * SECOND))),
            )
        )
    return rows


@given(_spans(), st.integers(1, 60))
def test_bars_stay_within_bounds(rows: list[SpanRow], cells: int) -> None:
    tree = build(rows, NOON)
    for i in range(len(tree.nodes)):
        stretch = bar(tree, i, cells)
        assert 0 <= stretch.start <= stretch.answer <= stretch.end <= 2 * cells
        assert stretch.start < stretch.end
        assert len(draw(stretch, cells)) == cells
        assert draw(stretch, cells).strip()


@given(_spans())
def test_the_path_fills_the_longest_top_span_without_overlap(rows: list[SpanRow]) -> None:
    tree = build(rows, NOON)
    path = critical_path(tree)
    longest = max(node.end_ns - node.start_ns for node in tree.nodes if node.parent < 0)
    assert sum(piece.duration_ns for piece in path) == longest
    for before, after in itertools.pairwise(path):
        assert before.end_ns == after.start_ns
