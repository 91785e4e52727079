"""The live list, driven by keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from llmwatch.tui.screens.trace import TraceScreen
from llmwatch.tui.widgets.tracelist import TraceList
from tests.tui import seed
from tests.tui.conftest import MakeApp
from tests.tui.piloting import overview, settled, shown, until

SIZE = (120, 40)


def _list(pilot: Pilot[int]) -> TraceList:
    return overview(pilot).traces


def _title(pilot: Pilot[int]) -> str:
    return next(line for line in shown(pilot).splitlines() if "5 Traces" in line)


async def _type(pilot: Pilot[int], text: str, key: str = "enter") -> None:
    """Type a filter in one go, and leave the line with ``key``."""
    await pilot.press("/")
    _list(pilot).bar.line.value = text
    await settled(pilot)
    if key:
        await pilot.press(key)


def _rows_drawn(pilot: Pilot[int]) -> list[str]:
    """The rows, without the scrollbar."""
    return [line[:114] for line in shown(pilot).splitlines()[22:37]]


def _on_screen(pilot: Pilot[int]) -> list[int]:
    return list(_list(pilot).rows.window.visible)


@pytest.fixture
def growing(tmp_path: Path) -> Path:
    """A database of half a day, to which the rest is added while it is looked at."""
    path = tmp_path / "w.db"
    seed.write(path, seed.day()[0][:240], [])
    return path


def _grow(path: Path) -> None:
    seed.write(path, seed.day()[0][240:], [])


async def test_it_follows_while_the_cursor_is_at_the_top(make_app: MakeApp, growing: Path) -> None:
    async with make_app(growing).run_test(size=SIZE) as pilot:
        await settled(pilot)
        before = _on_screen(pilot)[0]
        assert "5 Traces · ● following" in shown(pilot)
        _grow(growing)
        await until(pilot, lambda: _on_screen(pilot)[0] == 156)
        assert before < 156
        assert _list(pilot).rows.window.unseen == 0
        await until(pilot, lambda: "156 traces" in shown(pilot))


async def test_elsewhere_the_rows_stay_and_new_ones_are_counted(make_app: MakeApp, growing: Path) -> None:
    async with make_app(growing).run_test(size=SIZE) as pilot:
        await settled(pilot)
        newest = _on_screen(pilot)[0]
        await pilot.press("j", "j")
        before, text = _on_screen(pilot), _rows_drawn(pilot)
        _grow(growing)
        await until(pilot, lambda: _list(pilot).rows.window.unseen > 0)
        await settled(pilot)
        assert _on_screen(pilot) == before
        assert _rows_drawn(pilot) == text
        assert f"+{156 - newest} new" in shown(pilot)
        await pilot.press("F")
        await settled(pilot)
        assert _on_screen(pilot)[0] == 156
        assert "new" not in _title(pilot)


async def test_paused_it_holds_still_even_at_the_top(make_app: MakeApp, growing: Path) -> None:
    async with make_app(growing).run_test(size=SIZE) as pilot:
        await settled(pilot)
        before = _on_screen(pilot)
        await pilot.press("p")
        _grow(growing)
        await until(pilot, lambda: _list(pilot).rows.window.unseen > 0)
        assert _on_screen(pilot) == before
        await until(pilot, lambda: f"◌ paused · +{156 - before[0]} new" in _title(pilot))
        await pilot.press("F")
        await until(pilot, lambda: _on_screen(pilot)[0] == 156)
        assert not overview(pilot).paused


async def test_keys_move_over_all_rows(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        window = _list(pilot).rows.window
        page = _list(pilot).rows.rows_shown - 1
        for key, cursor in [
            ("G", 155),
            ("k", 154),
            ("g", 0),
            ("pagedown", page),
            ("pageup", 0),
            ("end", 155),
        ]:
            await pilot.press(key)
            await settled(pilot)
            assert window.cursor == cursor
            row = _list(pilot).rows.selected
            assert row is not None
            assert row.id == 156 - cursor
        assert _list(pilot).rows.top == window.top


async def test_a_filter_is_previewed_while_it_is_typed(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("/", *"status:err")
        await _type(pilot, "status:error", key="")
        assert "5 match" in shown(pilot)
        assert "status:error" in _title(pilot)
        await pilot.press("enter")
        assert _list(pilot).rows.has_focus
        await pilot.press("escape")
        await settled(pilot)
        assert len(_list(pilot).rows.window.order) == 156


async def test_escape_in_the_line_restores_the_filter_before(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        await _type(pilot, "status:error")
        await pilot.press("f", "ctrl+u")
        assert _list(pilot).bar.line.value == ""
        await _type(pilot, "model:claude*", key="")
        assert len(_list(pilot).rows.window.order) == 52
        await pilot.press("escape")
        await settled(pilot)
        assert len(_list(pilot).rows.window.order) == 5
        assert _list(pilot).choice.text == "status:error"


async def test_a_mistake_is_pointed_at_and_changes_nothing(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        await _type(pilot, "status:error modle:x", key="")
        lines = shown(pilot).splitlines()
        typed = next(i for i, line in enumerate(lines) if "status:error modle:x" in line and "/ " in line)
        assert lines[typed + 1].index("^") == lines[typed].index("modle")
        assert "There is no key modle" in lines[typed + 1]
        assert len(_list(pilot).rows.window.order) == 156
        await pilot.press("enter")
        assert _list(pilot).bar.display
        await pilot.press("escape")
        await settled(pilot)
        assert len(_list(pilot).rows.window.order) == 156


async def test_what_was_typed_before_comes_back(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press(
            "/", *"status:error", "enter", "/", "ctrl+u", *"cost>1", "enter", "/", "ctrl+u", "x"
        )
        line = _list(pilot).bar.line
        for key, text in [("up", "cost>1"), ("up", "status:error"), ("down", "cost>1"), ("down", "x")]:
            await pilot.press(key)
            assert line.value == text
        await pilot.press("space", "y", "ctrl+w")
        assert line.value == "x "


async def test_matches_that_come_later_are_added(make_app: MakeApp, growing: Path) -> None:
    async with make_app(growing).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await _type(pilot, "status:error")
        await settled(pilot)
        assert len(_list(pilot).rows.window.order) == 0
        assert "No trace matches status:error" in shown(pilot)
        _grow(growing)
        await until(pilot, lambda: len(_list(pilot).rows.window.order) == 5)


async def test_sorted_the_list_is_a_snapshot(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("o", "j", "enter")
        await settled(pilot)
        rows = [_list(pilot).rows.cache.get(id_) for id_ in _on_screen(pilot)]
        took = [row.duration_ns or 0 for row in rows if row is not None]
        assert len(took) > 10
        assert took == sorted(took, reverse=True)
        assert "by took, most first, as of 11:03:11" in _title(pilot)
        await pilot.press("O")
        await settled(pilot)
        rows = [_list(pilot).rows.cache.get(id_) for id_ in _on_screen(pilot)]
        assert [row.duration_ns or 0 for row in rows if row is not None] < took
        await pilot.press("F")
        await settled(pilot)
        assert _on_screen(pilot)[0] == 156
        assert "following" in _title(pilot)


async def test_marked_traces_can_be_looked_at_alone(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("space", "j", "v", "j", "j", "v")
        assert "4 marked" in _title(pilot)
        await pilot.press("M")
        await settled(pilot)
        assert _on_screen(pilot) == [156, 154, 153, 152]
        await pilot.press("M")
        await settled(pilot)
        assert len(_list(pilot).rows.window.order) == 156


async def test_y_copies_the_trace_id(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("y")
        assert app.clipboard == f"{156:032x}"
        await pilot.press("Y")
        assert "what happened" in app.clipboard.splitlines()[0]
        assert len(app.clipboard.splitlines()) > 10


async def test_enter_opens_the_trace_at_its_failing_call(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        await _type(pilot, "status:error")
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TraceScreen))
        await until(pilot, lambda: "429 rate limit reached" in shown(pilot))
        await pilot.press("escape")
        await settled(pilot)
        assert _list(pilot).choice.text == "status:error"


async def test_the_mouse_moves_the_cursor_and_opens(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        rows = _list(pilot).rows
        await pilot.click(rows, offset=(20, 4))
        assert rows.window.cursor == 3
        await pilot.click(rows, offset=(20, 0))
        assert rows.window.cursor == 3
        await pilot.click(rows, offset=(20, 4), times=2)
        await until(pilot, lambda: isinstance(pilot.app.screen, TraceScreen))
