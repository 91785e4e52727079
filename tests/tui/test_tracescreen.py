"""The trace screen and the session screen, driven by keys."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from llmwatch.store.span import Span
from llmwatch.tui.screens.session import SessionScreen
from llmwatch.tui.screens.trace import TraceScreen
from tests.tui import seed
from tests.tui.piloting import shown, until
from tests.tui.tracing import alone, opened, read

SIZE = (120, 40)


def _at(screen: TraceScreen) -> str:
    node = screen.tree_view.node
    assert node is not None
    return node.span_id


def _tree(pilot: Pilot[int]) -> list[str]:
    """The lines of the tree: state, name, kind."""
    return [" ".join(line[2:32].split()) for line in shown(pilot).splitlines()[3:13]]


async def test_the_tree_shows_every_span_where_it_belongs(run_db: Path) -> None:
    async with alone(run_db).run_test(size=SIZE) as pilot:
        await opened(pilot)
        assert _tree(pilot) == [
            "✗ ▾ agent-run agent",
            "plan llm",
            "✗ search_web #1 tool",
            "search_web tool",
            "read_page tool",
            "search_web #2 tool",
            "retrieve retr",
            "▲ answer llm",
            "? ▾ (parent missing)",
            "late child",
        ]
        assert "critical path  plan 2.8 s → search_web 6.0 s → answer 4.9 s" in shown(pilot)
        head = shown(pilot).splitlines()[0]
        for fact in (
            "agent-run",
            "✗ error",
            "14.9 s",
            "$0.0884",
            "37,330 → 1,004 tokens",
            "turn 4 of 5",
            "u_07",
        ):
            assert fact in head


async def test_it_opens_at_what_failed_and_shows_why(run_db: Path) -> None:
    async with alone(run_db).run_test(size=SIZE) as pilot:
        screen = await opened(pilot)
        assert _at(screen) == "tool-1"
        assert "503 from search.example: upstream" in shown(pilot)
        await pilot.press("!")
        await read(pilot)
        assert _at(screen) == "root"


async def test_it_opens_at_the_span_it_was_asked_for(run_db: Path) -> None:
    async with alone(run_db).run_test(size=SIZE) as pilot:
        screen = await opened(pilot, span_id="docs")
        assert _at(screen) == "docs"
        assert "1. score 0.9123  plans.md" in shown(pilot)


async def test_branches_close_and_open(run_db: Path) -> None:
    async with alone(run_db).run_test(size=SIZE) as pilot:
        screen = await opened(pilot)
        await pilot.press("h")
        assert _at(screen) == "root"
        await pilot.press("h")
        assert "▸ agent-run +7" in shown(pilot)
        await pilot.press("j")
        assert _at(screen) == "lost"
        await pilot.press("k", "enter")
        assert "▾ agent-run" in shown(pilot)
        await pilot.press("space")
        assert "▸ agent-run" in shown(pilot)
        await pilot.press("!")
        assert _at(screen) == "tool-1"


async def test_a_missing_parent_says_that_it_is_missing(run_db: Path) -> None:
    async with alone(run_db).run_test(size=SIZE) as pilot:
        await opened(pilot, span_id="lost")
        assert "this span has not come: 1 span here names it as" in shown(pilot)


async def test_tabs_stay_chosen_from_span_to_span(run_db: Path) -> None:
    async with alone(run_db).run_test(size=SIZE) as pilot:
        screen = await opened(pilot, span_id="plan")
        await pilot.press("3")
        assert "→ read_page  call_3   ✓ ran 1.8 s" in shown(pilot)
        assert "malformed JSON at line 1, column 48" in shown(pilot)
        await pilot.press("8")
        text = shown(pilot)
        assert "from cache        12,000       1.25       $0.015" in text
        assert "the sender says  $0.041" in text
        await pilot.press("G", "k", "k")
        await read(pilot)
        assert screen.details.tab == 7
        await pilot.press("]")
        assert screen.details.tab == 0
        await pilot.press("[", "[")
        assert screen.details.tab == 6


async def test_long_texts_fold_and_are_searched(run_db: Path) -> None:
    async with alone(run_db).run_test(size=SIZE) as pilot:
        screen = await opened(pilot, span_id="answer")
        reader = screen.details.reader
        await pilot.press("1", "tab", "/")
        screen.details.line.value = "teams of 6"
        await read(pilot)
        assert "1 of 11" in shown(pilot)
        await pilot.press("enter", "n", "n")
        assert reader.has_focus
        assert reader.at_match == 2
        assert "teams of 61 people" in shown(pilot)
        await pilot.press("N")
        assert reader.at_match == 1
        await pilot.press("escape")
        assert reader.needle == ""
        assert isinstance(pilot.app.screen, TraceScreen)
        await pilot.press("space")
        assert "more lines" in "".join(text for i in range(reader.count) for text, _ in reader.row(i))


async def test_what_is_under_the_cursor_is_copied(run_db: Path) -> None:
    app = alone(run_db)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, span_id="plan")
        await pilot.press("y")
        assert app.clipboard == "plan"
        await pilot.press("1", "tab", "y")
        assert app.clipboard == "You are a research assistant for Acme."
        await pilot.press("Y")
        for part in ("plan\nllm · gpt-4o", "== Messages ==", "== Cost ==", "$0.032865"):
            assert part in app.clipboard


async def test_what_the_mouse_selects_is_copied_without_the_wrapping(run_db: Path) -> None:
    app = alone(run_db)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, span_id="docs")
        await pilot.press("enter", "4")
        reader = screen.details.reader
        await pilot.mouse_down(reader, offset=(3, 4))
        await pilot.hover(reader, offset=(8, 5))
        await pilot.mouse_up(reader, offset=(8, 5))
        await pilot.press("ctrl+c")
        assert (
            app.clipboard == "The plan for teams of 1 people costs $7 a month and includes priority support."
        )


async def test_the_view_can_be_written_to_a_file(run_db: Path) -> None:
    async with alone(run_db).run_test(size=SIZE) as pilot:
        screen = await opened(pilot, span_id="plan")
        text = screen.view_text()
        for part in ("agent-run   ✗ error", "critical path", "== Attributes =="):
            assert part in text


async def test_one_side_at_a_time_where_there_is_no_room_for_two(run_db: Path) -> None:
    async with alone(run_db).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert screen.query_one("#spans").display
        assert not screen.details.display
        await pilot.press("enter")
        await read(pilot)
        assert not screen.query_one("#spans").display
        assert "Tools" in shown(pilot)
        await pilot.press("escape")
        assert screen.query_one("#spans").display
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, TraceScreen)


def _spans(count: int) -> list[Span]:
    return [
        Span(trace_id="1" * 32, span_id=f"s{n}", parent_id="s0" if n else None, name=f"step {n}",
             state="started" if n == 0 else "ended", start_ns=seed.NOW_NS + n * seed.SECOND,
             end_ns=None if n == 0 else seed.NOW_NS + (n + 1) * seed.SECOND)
        for n in range(count)
    ]  # fmt: skip


async def test_spans_that_come_do_not_move_the_cursor(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    seed.write(path, [_spans(5)[0], *_spans(5)[3:]], [])
    async with alone(path, now_ns=seed.NOW_NS + 9 * seed.SECOND).run_test(size=SIZE) as pilot:
        screen = await opened(pilot, "1" * 32, "s3")
        assert screen.tree_view.cursor == 1
        assert "● ▾ step 0" in shown(pilot)
        seed.write(path, _spans(6), [])
        await until(pilot, lambda: screen.tree_view.count == 6)
        assert _at(screen) == "s3"
        assert screen.tree_view.cursor == 3
        assert "Spans 6" in shown(pilot)


async def test_a_trace_that_is_gone_says_so(run_db: Path) -> None:
    async with alone(run_db).run_test(size=SIZE) as pilot:
        await opened(pilot, "0f" * 16)
        assert "▲ this trace is not in the database (any more)" in shown(pilot)


async def test_the_session_adds_up(run_db: Path) -> None:
    async with alone(run_db).run_test(size=SIZE) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, SessionScreen))
        await read(pilot)
        text = shown(pilot)
        # turns of 980, 1,880, 2,780 and 38,334 tokens, and of $0.00305, $0.0053, $0.00755 and $0.088365
        for sum_ in ("2,860  $0.0083", "5,640  $0.0159", "43,974  $0.1043"):
            assert sum_ in text
        assert "5 turns · 43,974 tokens · $0.1043" in text
        await pilot.press("g", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TraceScreen))
        assert isinstance(pilot.app.screen, TraceScreen)
        assert pilot.app.screen.trace_id == f"{0:032x}"


async def test_two_thousand_spans_are_one_tree(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    seed.write(path, _spans(2_000), [])
    async with alone(path, now_ns=seed.NOW_NS + 99_999 * seed.SECOND).run_test(size=SIZE) as pilot:
        screen = await opened(pilot, "1" * 32)
        assert screen.tree_view.count == 2_000
        await pilot.press("G")
        assert "step 1999" in shown(pilot)
