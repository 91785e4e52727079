"""Draw the pictures of the README and the docs: the real screen over the demo's day, at a fixed time.

usage: python scripts/screenshot.py
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import tempfile
import threading
from pathlib import Path

from textual.pilot import Pilot

from llmwatch.cli.attach import reach
from llmwatch.config import Config
from llmwatch.demo.processes import child
from llmwatch.demo.sender import send_all
from llmwatch.demo.settings import settings, toml
from llmwatch.demo.timeline import outgoing
from llmwatch.demo.trace import due_ns
from llmwatch.tui.app import LlmwatchApp

DOCS = Path(__file__).resolve().parents[1] / "docs"
SEED = 1
NOW_NS = 1_772_625_600 * 10**9
"""2026-03-04 12:00 UTC."""
SIZE = (120, 36)
FAILING = "error:RateLimit feature:rag-chat"


async def main() -> None:
    """Collect the day, open the screen on it, and take the pictures one after the other."""
    with tempfile.TemporaryDirectory() as folder, child(Path(folder) / "stub.log", "stub") as stub:
        assert stub.stdout is not None
        text = toml(stub.stdout.readline().decode().strip(), NOW_NS)
        file = Path(folder) / "config.toml"
        file.write_text(text)
        os.environ["LLMWATCH_CONFIG"] = str(file)  # for the collector that `reach` starts
        database = Path(folder) / "demo.db"
        collector = reach(database, "127.0.0.1", 4318)
        try:
            day = itertools.takewhile(lambda item: due_ns(item) <= NOW_NS, outgoing(SEED, NOW_NS))
            send_all(collector.url, day, lambda: NOW_NS, threading.Event().wait)
            config = settings(Config(), text)
            app = LlmwatchApp(database, collector.url, config, now_ns=lambda: NOW_NS)
            async with app.run_test(size=SIZE) as pilot:
                await pictures(pilot)
        finally:
            collector.stop()


async def pictures(pilot: Pilot[int]) -> None:
    """The overview, the trace of a failing call, and its replay."""
    await settle(pilot)
    save(pilot, "overview")
    await pilot.press("5", "slash", *[_KEYS.get(c, c) for c in FAILING], "enter")
    await settle(pilot)
    await pilot.press("enter")
    await settle(pilot)
    save(pilot, "trace")
    await pilot.press("r")
    await settle(pilot)
    await pilot.press("enter")
    await settle(pilot, 4)
    save(pilot, "replay")


_KEYS = {":": "colon", " ": "space", "-": "minus"}


async def settle(pilot: Pilot[int], seconds: float = 1) -> None:
    """Let the screen read and draw. Nobody waits for a picture, so this waits plainly."""
    await asyncio.sleep(seconds)
    await pilot.pause()


def save(pilot: Pilot[int], name: str) -> None:
    """Write docs/NAME.svg, with the reader's own fixed-width font: a picture fetches nothing."""
    svg = re.sub(r"@font-face \{.*?\}\n?", "", pilot.app.export_screenshot(title="llmwatch"), flags=re.DOTALL)
    (DOCS / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
