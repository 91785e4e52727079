"""Waiting for the screen to have read and drawn what there is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.pilot import Pilot

from llmwatch.tui.app import LlmwatchApp
from llmwatch.tui.screens.overview import Overview


async def until(pilot: Pilot[int], true: Callable[[], bool]) -> None:
    """Let the app run until ``true``; ten seconds at most."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - there is no one event for all that is waited for
            await asyncio.sleep(0.005)


async def settled(pilot: Pilot[int]) -> None:
    """Until the overview has read the database once, and every worker is done."""
    root = overview(pilot)
    await until(pilot, lambda: root.header.summary is not None or root.has_class("-first-run"))
    await pilot.pause()
    await until(pilot, lambda: all(worker.is_finished for worker in pilot.app.workers))
    await pilot.pause()


def overview(pilot: Pilot[int]) -> Overview:
    """The root screen."""
    app = pilot.app
    assert isinstance(app, LlmwatchApp)
    root = app.screen_stack[0]
    assert isinstance(root, Overview)
    return root


def shown(pilot: Pilot[int]) -> str:
    """The text on the screen, line by line."""
    width, height = pilot.app.size
    strips = pilot.app.screen._compositor.render_strips(pilot.app.size)
    return "\n".join(strip.text[:width].rstrip() for strip in strips[:height])
