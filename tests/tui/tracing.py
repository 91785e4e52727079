"""An app that shows nothing but a trace: without the overview below it a test takes half the time."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

from textual.pilot import Pilot
from textual.screen import Screen
from textual.worker import WorkerCancelled

from llmwatch.config import TuiConfig
from llmwatch.tui import app
from llmwatch.tui.screens.trace import TraceScreen
from tests.tui import agentrun, seed
from tests.tui.conftest import CONFIG, URL


class Alone(app.LlmwatchApp):
    """The app with an empty root screen."""

    CSS_PATH = str(Path(app.__file__).with_name("app.tcss"))  # type: ignore[assignment]

    def get_default_screen(self) -> Screen[None]:
        """Nothing."""
        return Screen()


def alone(db: Path, *, now_ns: int = seed.NOW_NS, theme: str = "dark") -> Alone:
    """The app on ``db``."""
    config = dataclasses.replace(CONFIG, tui=TuiConfig(theme=f"llmwatch-{theme}"))
    return Alone(db, URL, config, now_ns=lambda: now_ns)


async def opened(
    pilot: Pilot[int], trace_id: str = agentrun.TRACE, span_id: str | None = None
) -> TraceScreen:
    """The screen of a trace, once all is read."""
    screen = TraceScreen(trace_id, span_id)
    await pilot.app.push_screen(screen)
    await read(pilot)
    return screen


async def read(pilot: Pilot[int]) -> None:
    """Until every worker is done and what it brought is drawn."""
    await pilot.pause()
    while any(not worker.is_finished for worker in pilot.app.workers):
        with contextlib.suppress(WorkerCancelled):  # a newer one took its place, and is waited for now
            await pilot.app.workers.wait_for_complete()
    await pilot.pause()
