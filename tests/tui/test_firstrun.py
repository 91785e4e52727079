"""Before the first span: what the collector says of itself reaches the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from llmwatch.tui.probe import answers, health
from llmwatch.tui.widgets import firstrun
from llmwatch.tui.widgets.firstrun import FirstRun
from tests.collecting import collector_process
from tests.serving import serving
from tests.tui.conftest import MakeApp
from tests.tui.piloting import settled


async def test_why_there_is_no_grpc_is_on_the_screen(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def said(url: str) -> dict[str, str]:
        asked.append(url)
        return {"grpc_problem": "No gRPC on port 4317: pip install 'llmwatch[grpc]'\x1b[31m"}

    monkeypatch.setattr(firstrun, "health", said)
    app = make_app(tmp_path / "none.db")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        shown = app.screen.query_one(FirstRun).text()
    last = shown.splitlines()[-1]
    assert last.startswith("No gRPC on port 4317: pip install 'llmwatch[grpc]'") and "\x1b" not in last
    assert len(asked) == 1


async def test_health_is_what_a_collector_says_of_itself(tmp_path: Path) -> None:
    with collector_process(tmp_path / "llmwatch.db") as running:
        said = await health(running.origin)
        assert await answers(running.origin, tmp_path / "llmwatch.db")
        assert not await answers(running.origin, tmp_path / "other.db"), "it is another's"
    assert said is not None and said["db"] == str(tmp_path / "llmwatch.db")
    assert await health(running.origin) is None  # it has ended


async def test_another_server_is_no_collector(tmp_path: Path) -> None:
    async def hello(_: object) -> PlainTextResponse:
        return PlainTextResponse("llmwatch")

    with serving(Starlette(routes=[Route("/health", hello)])) as origin:
        assert not await answers(origin, tmp_path / "llmwatch.db")
