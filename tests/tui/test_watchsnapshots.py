"""How trouble looks, to the character: status, budgets, quality, alerts and review.

Refresh with ``pytest --snapshot-update`` and look at each.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from llmwatch.config import BudgetConfig, Config, HealthConfig, TuiConfig
from llmwatch.config.budgets import NamedBudgetConfig
from llmwatch.store.reads import status
from llmwatch.store.rows import StoreStats
from tests.tui import alerting, seed
from tests.tui.conftest import MakeApp
from tests.tui.test_snapshots import pressing

Compare = Callable[..., bool]

SMALL, LARGE = (80, 24), (120, 40)
SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
PLENTY = BudgetConfig(daily_usd=5, monthly_usd=200)
PATIENT = HealthConfig(error_rate_warn=0.2, error_rate_crit=0.5)


@pytest.fixture(autouse=True)
def same_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file's size depends on the versions of SQLite and zstd; the screen must not."""
    stats = status.stats

    def fixed(db: sqlite3.Connection) -> StoreStats:
        came_ns = seed.NOW_NS - seed.SECOND // 5
        return dataclasses.replace(stats(db), file_bytes=612_000, last_received_ns=came_ns)

    monkeypatch.setattr(status, "stats", fixed)


@pytest.fixture(scope="module")
def alerted(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeded database with an afternoon's alerts."""
    path = tmp_path_factory.mktemp("alerted") / "llmwatch.db"
    copyfile(seeded, path)
    alerting.write(path, alerting.believable())
    return path


@SIZES
@pytest.mark.parametrize("level", ["OK", "WARN"])
def test_status(snap_compare: Compare, make_app: MakeApp, size: tuple[int, int], level: str) -> None:
    patient = dataclasses.replace(PATIENT, latency_p95_warn_s=20) if level == "OK" else PATIENT
    config = Config(budget=PLENTY, health=patient)
    assert snap_compare(make_app(config=config), terminal_size=size, run_before=pressing("1"))


@SIZES
def test_critical_with_a_banner(
    snap_compare: Compare, make_app: MakeApp, alerted: Path, size: tuple[int, int]
) -> None:
    config = Config(budget=PLENTY)
    assert snap_compare(make_app(alerted, config), terminal_size=size, run_before=pressing("1"))


def budgets(daily_usd: float) -> Config:
    """A day's budget among others."""
    return Config(
        budget=BudgetConfig(daily_usd=daily_usd, monthly_usd=20),
        health=dataclasses.replace(PATIENT, latency_p95_warn_s=20),
        budgets={
            "hourly": NamedBudgetConfig(limit_usd=0.6, period="hour"),
            "tokens": NamedBudgetConfig(limit_tokens=200_000),
        },
    )


@SIZES
@pytest.mark.parametrize("daily_usd", [0.68, 0.5], ids=["80%", "100%"])
def test_budgets(snap_compare: Compare, make_app: MakeApp, size: tuple[int, int], daily_usd: float) -> None:
    app = make_app(config=budgets(daily_usd))
    assert snap_compare(app, terminal_size=size, run_before=pressing("3"))


@SIZES
def test_quality_after_the_rollout(snap_compare: Compare, make_app: MakeApp, size: tuple[int, int]) -> None:
    """The judge's marks, lower since the new version, which stands on the chart."""
    assert snap_compare(make_app(), terminal_size=size, run_before=pressing("2", "z"))


@SIZES
@pytest.mark.parametrize("pane", ["1", "2", "3", "4"])
def test_panes_by_feature(snap_compare: Compare, make_app: MakeApp, size: tuple[int, int], pane: str) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=pressing(pane, "b", "b"))


@SIZES
@pytest.mark.parametrize("theme", ["dark", "light", "safe"])
def test_alerts(
    snap_compare: Compare, make_app: MakeApp, alerted: Path, size: tuple[int, int], theme: str
) -> None:
    config = Config(tui=TuiConfig(theme=f"llmwatch-{theme}"))
    assert snap_compare(make_app(alerted, config), terminal_size=size, run_before=pressing("a", "j"))


def test_how_long_to_snooze(snap_compare: Compare, make_app: MakeApp, alerted: Path) -> None:
    assert snap_compare(make_app(alerted), terminal_size=SMALL, run_before=pressing("a", "Z"))


def test_without_an_alert(snap_compare: Compare, make_app: MakeApp) -> None:
    assert snap_compare(make_app(), terminal_size=SMALL, run_before=pressing("a"))


@SIZES
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_review(snap_compare: Compare, make_app: MakeApp, size: tuple[int, int], theme: str) -> None:
    config = Config(tui=TuiConfig(theme=f"llmwatch-{theme}"))
    assert snap_compare(make_app(config=config), terminal_size=size, run_before=pressing("R", "j"))


def test_nothing_to_review(snap_compare: Compare, make_app: MakeApp, tmp_path: Path) -> None:
    path = tmp_path / "quiet.db"
    seed.write(path, seed.day()[0][:9], [])
    before: Any = pressing("R")
    assert snap_compare(make_app(path), terminal_size=SMALL, run_before=before)
