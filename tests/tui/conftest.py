"""One seeded database, one clock, one time zone, and no network for all tests of the screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from llmwatch.config import BudgetConfig, Config
from llmwatch.store import running
from llmwatch.store.reads import traces
from llmwatch.tui import alertwatch
from llmwatch.tui.app import LlmwatchApp
from llmwatch.tui.panes.cost import CostPane
from llmwatch.tui.panes.quality import QualityPane
from llmwatch.tui.panes.status import StatusPane
from llmwatch.tui.panes.versions import VersionsPane
from llmwatch.tui.screens import overview, review, trace
from llmwatch.tui.widgets import firstrun, header, tracesource
from tests.tui import agentrun, seed

URL = "http://127.0.0.1:4318"
CONFIG = Config(budget=BudgetConfig(daily_usd=1, monthly_usd=20))

MakeApp = Callable[..., LlmwatchApp]


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of `seed.day`; nobody writes to it."""
    path = tmp_path_factory.mktemp("seeded") / "llmwatch.db"
    seed.write(path, *seed.day())
    return path


@pytest.fixture(scope="session")
def run_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of `agentrun`; nobody writes to it."""
    path = tmp_path_factory.mktemp("run") / "llmwatch.db"
    agentrun.write(path)
    return path


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """UTC, colours on, a collector that always answers, and panes that are read at once."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()

    async def answers(url: str, database: Path) -> bool:
        return True

    async def health(url: str) -> dict[str, str]:
        return {}

    clock = SimpleNamespace(time_ns=lambda: seed.NOW_NS)
    monkeypatch.setattr(traces, "time", clock)
    monkeypatch.setattr(running, "time", clock)
    monkeypatch.setattr(header, "answers", answers)
    monkeypatch.setattr(firstrun, "health", health)
    for pane in (StatusPane, QualityPane, CostPane, VersionsPane):
        monkeypatch.setattr(pane, "every_s", 0.0)
    monkeypatch.setattr(overview, "_AT_MOST_EVERY_S", 0.0)
    monkeypatch.setattr(tracesource, "_AT_MOST_EVERY_S", 0.0)
    monkeypatch.setattr(trace, "_AT_MOST_EVERY_S", 0.0)
    monkeypatch.setattr(alertwatch, "_EVERY_S", 0.0)
    monkeypatch.setattr(review, "_EVERY_S", 0.0)
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def make_app(seeded: Path) -> MakeApp:
    """Makes the app on a database (the seeded one) at `seed.NOW_NS`."""

    def make(
        db: Path | None = None, config: Config = CONFIG, *, now_ns: int = seed.NOW_NS, notice: str = ""
    ) -> LlmwatchApp:
        return LlmwatchApp(db or seeded, URL, config, notice, now_ns=lambda: now_ns)

    return make
