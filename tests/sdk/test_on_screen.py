"""What the real SDKs send appears on the running screen: the list by itself, the facts behind it by keys."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from llmwatch.config import Config
from llmwatch.demo.stub.app import create_stub
from llmwatch.tui.app import LlmwatchApp
from llmwatch.tui.messages import ShowTrace
from llmwatch.tui.models.detail.tabs import TABS
from tests.collecting import collecting
from tests.sdk import app as sdk_app
from tests.serving import serving
from tests.tui.piloting import shown, until

ROOT = Path(__file__).resolve().parents[2]


async def _run_app(stub: str, collector: str) -> dict[str, dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.sdk.app", stub, collector, "protobuf",
        cwd=ROOT, env=os.environ | {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY"},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode == 0
    return {line["case"]: line for line in map(json.loads, out.decode().splitlines())}


async def _tabs(pilot: Pilot[int], trace_id: str, *titles: str) -> str:
    """Tabs of the call in a trace, one after the other."""
    pilot.app.post_message(ShowTrace(trace_id))
    await until(pilot, lambda: "Spans 2" in shown(pilot))
    texts = []
    for key in ("down", *(str(n) for n, tab in enumerate(TABS, 1) if tab.title in titles)):
        await pilot.press(key)
        texts.append(shown(pilot))
    await pilot.press("escape")
    return "\n".join(texts)


async def test_calls_appear_while_the_screen_is_open(tmp_path: Path) -> None:
    database = tmp_path / "sdk.db"
    with serving(create_stub(pace_s=0)) as stub, collecting(database) as collector:
        app = LlmwatchApp(database, collector, Config())
        async with app.run_test(size=(200, 60)) as pilot:
            await until(pilot, lambda: "4318" in shown(pilot) or "OTEL" in shown(pilot))
            seen = await _run_app(stub, collector)
            await until(pilot, lambda: all(case in shown(pilot) for case in seen))
            rows = shown(pilot)
            assert "RateLimitError" in rows
            assert "u-1" in rows

            usage = seen["chat"]["usage"]
            chat = await _tabs(pilot, seen["chat"]["trace_id"], "Messages", "Response", "Attributes")
            for fact in (
                sdk_app.SYSTEM, sdk_app.QUESTION, seen["chat"]["model"], seen["chat"]["id"], "0.25", "321",
                f"{usage['prompt_tokens']}", f"{usage['completion_tokens']}", "stop",
                "sdk-app", "4.5.6", "s-1",
            ):  # fmt: skip
                assert fact in chat, fact
            answer = seen["chat"]["choices"][0]["message"]["content"]
            assert answer.split(",")[0] in chat

            failing = await _tabs(pilot, seen["failing"]["trace_id"], "Messages", "Response")
            assert "Rate limit reached" in failing
            assert sdk_app.QUESTION in failing
            tools = await _tabs(pilot, seen["tools"]["trace_id"], "Tools")
            assert "get_order" in tools
