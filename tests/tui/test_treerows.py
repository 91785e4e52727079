from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from llmwatch.neutral import UNSAFE
from llmwatch.store.rows import SpanRow
from llmwatch.tui.models.runs import Run
from llmwatch.tui.models.tracetree import build
from llmwatch.tui.models.treerows import TreeView, as_text, critical_line, header, layout, row, state
from tests.tui.rows import NOON, SECOND, span_row


def _text(runs: list[Run]) -> str:
    return "".join(text for text, _ in runs)


def _view(*rows: SpanRow) -> TreeView:
    return TreeView.of(build(rows, NOON + 10 * SECOND))


def test_lines_say_state_name_kind_time_and_share() -> None:
    view = _view(
        span_row("root", end=10, name="agent-run", kind="agent"),
        span_row("a", "root", end=4, name="search", kind="tool", status="error"),
        span_row("b", "root", start=5, end=6, name="search", kind="tool"),
        span_row("c", "root", start=8, end=None, name="answer", kind="llm"),
    )
    columns = layout(64)
    assert [_text(row(view, i, columns, ())) for i in range(4)] == [
        f"  {'▾ agent-run':<24} agent {'━' * 16}  10.0 s  100 %",
        f"✗ {'    search #1':<24} tool  {'━━━━━━╸':<16}   4.0 s   40 %",
        f"  {'    search #2':<24} tool  {'        ━━':<16}   1.0 s   10 %",
        f"● {'    answer':<24} llm   {'            ╺━━━':<16}   2.0 s   20 %",
    ]
    assert _text(header(view, columns)).split() == ["span", "kind", "0", "10.0", "s", "took", "share"]


def test_what_is_closed_says_how_much_is_in_it() -> None:
    view = _view(span_row("root"), span_row("a", "root"), span_row("b", "a"))
    assert "▸ root +2" in _text(row(view, 0, layout(64), {"root"}))


def test_levels_beyond_the_eighth_say_how_deep_they_are() -> None:
    view = _view(*(span_row(f"s{i}", f"s{i - 1}" if i else None) for i in range(12)))
    lines = [_text(row(view, i, layout(80), ())) for i in range(12)]
    assert [line.index("s") for line in lines[:9]] == [4 + 2 * i for i in range(9)]
    assert lines[8].index("s8") == lines[9].index("s9") == lines[11].index("s11")
    assert " 11 " in lines[11]


@pytest.mark.parametrize(
    ("known", "glyph"),
    [
        ({}, " "),
        ({"status": "error", "end": None}, "✗"),
        ({"end": None}, "●"),
        ({"heuristics_failed": ("refused",)}, "▲"),
        ({"heuristics_failed": ()}, " "),
    ],
)
def test_states(known: dict[str, Any], glyph: str) -> None:
    assert state(_view(span_row("a", **known)).tree.nodes[0])[0] == glyph


def test_of_the_critical_path_the_longest_are_named_when_there_is_no_room_for_all() -> None:
    view = _view(
        span_row("root", end=10),
        span_row("plan", "root", end=2),
        span_row("search", "root", start=2, end=7),
        span_row("answer", "root", start=7, end=10),
    )
    assert _text(critical_line(view, 80)) == "critical path  plan 2.0 s → search 5.0 s → answer 3.0 s"
    assert _text(critical_line(view, 50)) == "critical path  search 5.0 s → answer 3.0 s"
    assert _text(critical_line(view, 20)) == ""


def test_the_whole_tree_as_text() -> None:
    text = as_text(_view(span_row("root"), span_row("a", "lost", start=0.5)), [0, 1, 2], ())
    assert [line.split()[0:3:2] for line in text.split("\n")] == [
        ["span", "0"], ["root", "1.0"], ["?", "(parent"], ["a", "500"], ["critical", "root"],
    ]  # fmt: skip


_NAMES = st.text(max_size=40)


@given(
    st.lists(st.tuples(_NAMES, st.integers(0, 20), st.integers(0, 60)), min_size=1, max_size=15), st.data()
)
def test_every_line_is_as_wide_as_the_screen_and_harmless(
    spans: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    view = _view(
        *(
            span_row(f"s{i}", f"s{parent}" if i else None, name=name, end=end, retry_count=end % 3)
            for i, (name, parent, end) in enumerate(spans)
        )
    )
    width = data.draw(st.integers(30, 140))
    columns = layout(width)
    folded = data.draw(st.sets(st.sampled_from([node.span_id for node in view.tree.nodes])))
    for i in range(len(view.tree.nodes)):
        line = _text(row(view, i, columns, folded))
        assert cell_len(line) == width
        assert not any(ord(char) in UNSAFE or char == "\n" for char in line)
    assert cell_len(_text(header(view, columns))) == width
    assert sum(cell_len(text) for text, _ in critical_line(view, width)) <= width
