from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.store.rows import SpanRow
from llmwatch.tui.models.tracetree import TraceTree, build, most_telling
from tests.tui.rows import NOON, SECOND, span_row


def _drawn(tree: TraceTree) -> list[str]:
    return ["  " * node.depth + node.span_id for node in tree.nodes]


def test_children_stand_under_their_parent_by_start() -> None:
    rows = [
        span_row("answer", "root", start=4, end=9),
        span_row("search", "plan", start=1, end=3),
        span_row("root", start=0, end=9),
        span_row("plan", "root", start=0, end=3),
    ]
    tree = build(rows, NOON)
    assert _drawn(tree) == ["root", "  plan", "    search", "  answer"]
    assert [node.size for node in tree.nodes] == [4, 2, 1, 1]
    assert tree.duration_ns == 9 * SECOND


def test_a_parent_that_never_came_is_a_placeholder_around_its_children() -> None:
    tree = build([span_row("b", "lost", start=5, end=7), span_row("a", "lost", start=2, end=6)], NOON)
    assert _drawn(tree) == ["lost", "  a", "  b"]
    lost = tree.nodes[0]
    assert lost.row is None
    assert (lost.start_ns, lost.end_ns) == (NOON + 2 * SECOND, NOON + 7 * SECOND)
    assert tree.span_count == 2


def test_a_circle_of_parents_is_cut_at_its_earliest_span() -> None:
    rows = [span_row("a", "c", start=2), span_row("b", "a", start=1), span_row("c", "b", start=3)]
    tree = build([*rows, span_row("d", "d"), span_row("e", "c", start=9, end=10)], NOON)
    assert _drawn(tree) == ["d", "b", "  c", "    a", "    e"]
    assert [node.span_id for node in tree.nodes if node.in_circle] == ["d", "b"]


def test_a_running_span_ends_now() -> None:
    tree = build([span_row("a", end=None)], NOON + 5 * SECOND)
    assert tree.nodes[0].running
    assert tree.duration_ns == 5 * SECOND
    before_it_began = build([span_row("a", start=9, end=None)], NOON)
    assert before_it_began.duration_ns == 0


def test_an_empty_trace_has_no_nodes() -> None:
    assert build([], NOON).nodes == ()


@pytest.mark.parametrize(
    ("rows", "attempts"),
    [
        pytest.param(
            [
                {"retry_count": 0, "status": "error"},
                {"retry_count": 1, "status": "error"},
                {"retry_count": 2},
            ],
            [1, 2, 3],
            id="the sender counts",
        ),
        pytest.param([{"retry_count": 0}, {"retry_count": 0}], [None, None], id="no retries"),
        pytest.param([{"status": "error"}, {"status": "error"}, {}], [1, 2, 3], id="failed, then again"),
        pytest.param([{}, {}], [None, None], id="a loop that goes well"),
        pytest.param([{"status": "error"}, {"name": "other"}], [None, None], id="another step"),
        pytest.param([{"status": "error", "end": 30}, {}], [None, None], id="side by side"),
        pytest.param([{"status": "error"}, {"start": 0.5}, {}], [1, None, 2], id="one of two, again"),
    ],
)
def test_tries_of_a_step_are_numbered(rows: list[dict[str, object]], attempts: list[int | None]) -> None:
    spans = [
        span_row(f"s{i}", "root", **({"name": "call", "start": 2 * i, "end": 2 * i + 1} | row))
        for i, row in enumerate(rows)
    ]
    tree = build([span_row("root", end=40), *spans], NOON)
    assert [node.attempt for node in tree.nodes[1:]] == attempts


def test_folding_hides_the_subtree() -> None:
    rows = [span_row("root"), span_row("a", "root"), span_row("a1", "a"), span_row("b", "root", start=0.5)]
    tree = build(rows, NOON)
    assert tree.visible(set()) == [0, 1, 2, 3]
    assert tree.visible({"a"}) == [0, 1, 3]
    assert tree.visible({"root", "a"}) == [0]


def test_the_next_failing_span_goes_around_the_end() -> None:
    rows = [span_row("root"), span_row("a", "root", status="error"), span_row("b", "root", start=0.5)]
    tree = build(rows, NOON)
    assert tree.next_failing(0) == 1
    assert tree.next_failing(2) == 1
    assert tree.next_failing(1) == 1
    assert build([span_row("root")], NOON).next_failing(0) is None


_IDS = "abcdefgh"


@st.composite
def _any_spans(draw: st.DrawFn) -> list[SpanRow]:
    ids = draw(st.lists(st.sampled_from(_IDS), unique=True))
    parents = st.one_of(st.none(), st.just(""), st.sampled_from(_IDS + "xy"))
    ends = st.one_of(st.none(), st.integers(-3, 9))
    return [
        span_row(
            id_,
            draw(parents),
            start=draw(st.integers(0, 5)),
            end=draw(ends),
            status=draw(st.sampled_from(["ok", "error"])),
            name=draw(st.sampled_from("mn")),
            retry_count=draw(st.sampled_from([None, 0, 1])),
        )
        for id_ in ids
    ]


@given(_any_spans(), st.randoms(use_true_random=False))
def test_whatever_the_parents_say_every_span_is_there_once(
    rows: list[SpanRow], random_: random.Random
) -> None:
    tree = build(rows, NOON + 3 * SECOND)
    came = [node.span_id for node in tree.nodes if node.row is not None]
    assert sorted(came) == sorted(row.span_id for row in rows)
    for i, node in enumerate(tree.nodes):
        if node.parent < 0:
            assert node.depth == 0
        else:
            above = tree.nodes[node.parent]
            assert node.parent < i < node.parent + above.size
            assert node.depth == above.depth + 1
            assert node.row is not None
            assert node.row.parent_id == above.span_id
        assert tree.first_ns <= node.start_ns <= node.end_ns <= tree.last_ns
    shuffled = rows.copy()
    random_.shuffle(shuffled)
    assert build(shuffled, NOON + 3 * SECOND) == tree


@pytest.mark.parametrize(
    ("rows", "span_id"),
    [
        pytest.param([], None, id="nothing"),
        pytest.param([span_row("root")], None, id="no call, no failure"),
        pytest.param([span_row("root"), span_row("a", "root", kind="llm")], "a", id="the first call"),
        pytest.param(
            [span_row("root", status="error"), span_row("tool", "root", status="error"),
             span_row("a", "root", kind="llm")],
            "tool",
            id="the cause, not what it brought down",
        ),
        pytest.param(
            [span_row("root", status="error"), span_row("tool", "root", status="error"),
             span_row("a", "root", kind="llm", status="error", start=0.5)],
            "a",
            id="a call that failed first of all",
        ),
    ],
)  # fmt: skip
def test_the_span_to_look_at_first(rows: list[SpanRow], span_id: str | None) -> None:
    assert most_telling(build(rows, NOON)) == span_id
