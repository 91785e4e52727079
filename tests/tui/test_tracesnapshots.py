"""How list, trace screen and session look: refresh with ``pytest --snapshot-update`` and look at each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from llmwatch.config import Config, TuiConfig
from llmwatch.tui.screens.session import SessionScreen
from tests.tui import agentrun
from tests.tui.conftest import CONFIG, MakeApp
from tests.tui.piloting import overview, settled
from tests.tui.tracing import alone, opened, read

Compare = Callable[..., bool]

SMALL, LARGE = (80, 24), (120, 40)
_SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
_THEMES = pytest.mark.parametrize("theme", ["dark", "light"])


def themed(name: str) -> Config:
    return dataclasses.replace(CONFIG, tui=TuiConfig(theme=f"llmwatch-{name}"))


def opening(*keys: str, span_id: str | None = None) -> Any:
    """Open the agent's run at a span, press keys, wait for all that is read."""

    async def act(pilot: Pilot[int]) -> None:
        await opened(pilot, span_id=span_id)
        for key in keys:
            await pilot.press(key)
            await read(pilot)

    return act


def pressing(*keys: str) -> Any:
    """The list alone on the screen, and keys pressed in it."""

    async def act(pilot: Pilot[int]) -> None:
        await settled(pilot)
        for key in ("5", "z", *keys):
            await pilot.press(key)
            await settled(pilot)

    return act


def typing(text: str, *keys: str) -> Any:
    """The list alone on the screen, a filter typed into its line, then keys."""

    async def act(pilot: Pilot[int]) -> None:
        await pressing("slash")(pilot)
        overview(pilot).traces.bar.line.value = text
        await settled(pilot)
        for key in keys:
            await pilot.press(key)
            await settled(pilot)

    return act


@_SIZES
@_THEMES
def test_trace(snap_compare: Compare, run_db: Path, size: tuple[int, int], theme: str) -> None:
    assert snap_compare(alone(run_db, theme=theme), terminal_size=size, run_before=opening())


@pytest.mark.parametrize("tab", range(1, 9))
def test_tabs(snap_compare: Compare, run_db: Path, tab: int) -> None:
    """Each tab at the span that has most of it."""
    span_id = {4: "docs", 5: "answer", 6: "tool-1"}.get(tab, "plan")
    keys = opening("tab", str(tab), span_id=span_id)
    assert snap_compare(alone(run_db), terminal_size=SMALL, run_before=keys)


@_THEMES
def test_details_alone(snap_compare: Compare, run_db: Path, theme: str) -> None:
    app = alone(run_db, theme=theme)
    assert snap_compare(app, terminal_size=SMALL, run_before=opening("1", "tab", span_id="plan"))


def test_search(snap_compare: Compare, run_db: Path) -> None:
    keys = opening("1", "slash", *"prio", "enter", "n", span_id="answer")
    assert snap_compare(alone(run_db), terminal_size=LARGE, run_before=keys)


def test_closed_branch(snap_compare: Compare, run_db: Path) -> None:
    assert snap_compare(alone(run_db), terminal_size=SMALL, run_before=opening("h", "h"))


@_SIZES
@_THEMES
def test_session(snap_compare: Compare, run_db: Path, size: tuple[int, int], theme: str) -> None:
    async def act(pilot: Pilot[int]) -> None:
        await pilot.app.push_screen(SessionScreen(agentrun.SESSION))
        await read(pilot)

    assert snap_compare(alone(run_db, theme=theme), terminal_size=size, run_before=act)


@_SIZES
@_THEMES
def test_list(
    snap_compare: Compare, make_app: MakeApp, run_db: Path, size: tuple[int, int], theme: str
) -> None:
    app = make_app(run_db, themed(theme))
    assert snap_compare(app, terminal_size=size, run_before=pressing("j", "space", "v", "j"))


@_SIZES
def test_mistaken_filter(snap_compare: Compare, make_app: MakeApp, size: tuple[int, int]) -> None:
    keys = typing("status:error cst>1")
    assert snap_compare(make_app(), terminal_size=size, run_before=keys)


def test_filtered(snap_compare: Compare, make_app: MakeApp) -> None:
    keys = typing("status:error", "enter", "j")
    assert snap_compare(make_app(), terminal_size=LARGE, run_before=keys)


def test_sorted(snap_compare: Compare, make_app: MakeApp) -> None:
    assert snap_compare(make_app(), terminal_size=LARGE, run_before=pressing("o", "j", "j", "enter"))


def test_sort_menu(snap_compare: Compare, make_app: MakeApp) -> None:
    assert snap_compare(make_app(), terminal_size=SMALL, run_before=pressing("o"))


def test_nothing_matches(snap_compare: Compare, make_app: MakeApp) -> None:
    keys = typing("cost>99", "enter")
    assert snap_compare(make_app(), terminal_size=SMALL, run_before=keys)
