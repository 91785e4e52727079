"""How the overview looks, to the character: refresh with ``pytest --snapshot-update`` and look at each."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from llmwatch.config import Config, TuiConfig
from llmwatch.store.reads import status
from llmwatch.store.rows import StoreStats
from tests.tui import seed
from tests.tui.conftest import CONFIG, MakeApp
from tests.tui.piloting import overview, settled, until

Compare = Callable[..., bool]

SMALL, LARGE = (80, 24), (120, 40)


@pytest.fixture(autouse=True)
def same_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file's size depends on the versions of SQLite and zstd; the screen must not."""
    stats = status.stats

    def fixed(db: sqlite3.Connection) -> StoreStats:
        came_ns = seed.NOW_NS - seed.SECOND // 5
        return dataclasses.replace(stats(db), file_bytes=612_000, last_received_ns=came_ns)

    monkeypatch.setattr(status, "stats", fixed)


def themed(name: str) -> Config:
    return dataclasses.replace(CONFIG, tui=TuiConfig(theme=f"llmwatch-{name}"))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_overview(snap_compare: Compare, make_app: MakeApp, size: tuple[int, int], theme: str) -> None:
    assert snap_compare(make_app(config=themed(theme)), terminal_size=size, run_before=settled)


def test_colour_safe(snap_compare: Compare, make_app: MakeApp) -> None:
    assert snap_compare(make_app(config=themed("safe")), terminal_size=LARGE, run_before=settled)


def test_one_of_textuals_own_themes(snap_compare: Compare, make_app: MakeApp) -> None:
    config = dataclasses.replace(CONFIG, tui=TuiConfig(theme="nord"))
    assert snap_compare(make_app(config=config), terminal_size=LARGE, run_before=settled)


@pytest.mark.parametrize("keys", ["1", "2", "3", "4"])
def test_each_pane_where_there_is_room_for_one(snap_compare: Compare, make_app: MakeApp, keys: str) -> None:
    assert snap_compare(make_app(), terminal_size=SMALL, run_before=pressing(keys))


@pytest.mark.parametrize("keys", ["1z", "2z", "3z", "4z"])
def test_zoomed(snap_compare: Compare, make_app: MakeApp, keys: str) -> None:
    assert snap_compare(make_app(), terminal_size=LARGE, run_before=pressing(*keys))


def test_list_only(snap_compare: Compare, make_app: MakeApp) -> None:
    assert snap_compare(make_app(), terminal_size=(60, 15), run_before=settled)


def test_too_small(snap_compare: Compare, make_app: MakeApp) -> None:
    assert snap_compare(make_app(), terminal_size=(36, 8), run_before=settled)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
def test_before_the_first_span(
    snap_compare: Compare, make_app: MakeApp, tmp_path: Path, size: tuple[int, int]
) -> None:
    assert snap_compare(make_app(tmp_path / "none.db"), terminal_size=size, run_before=settled)


def test_nothing_called_of_late(snap_compare: Compare, make_app: MakeApp) -> None:
    app = make_app(now_ns=seed.NOW_NS + 40 * 60 * seed.SECOND)
    assert snap_compare(app, terminal_size=LARGE, run_before=settled)


def test_collector_down(snap_compare: Compare, make_app: MakeApp) -> None:
    async def down(pilot: Pilot[int]) -> None:
        await settled(pilot)
        overview(pilot).header._set(down_ns=seed.NOW_NS - 12 * seed.SECOND)
        await pilot.pause()

    assert snap_compare(make_app(), terminal_size=LARGE, run_before=down)


def test_unreadable(snap_compare: Compare, make_app: MakeApp, tmp_path: Path) -> None:
    path = tmp_path / "llmwatch.db"
    seed.write(path, *seed.day())

    async def broken(pilot: Pilot[int]) -> None:
        await settled(pilot)
        damaged = tmp_path / "damaged"
        damaged.write_bytes(b"not a database" * 400)
        damaged.replace(path)
        await until(pilot, lambda: overview(pilot).header.link.failed_ns is not None)
        await pilot.pause()

    assert snap_compare(make_app(path), terminal_size=LARGE, run_before=broken)


def test_help(snap_compare: Compare, make_app: MakeApp) -> None:
    assert snap_compare(make_app(), terminal_size=LARGE, run_before=pressing("question_mark"))


def pressing(*keys: str) -> Any:
    """Settle, press keys, settle."""

    async def press(pilot: Pilot[int]) -> None:
        await settled(pilot)
        await pilot.press(*keys)
        await settled(pilot)

    return press
