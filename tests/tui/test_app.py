"""The app's own commands: palette, typed commands, copying, writing, themes, configuration."""

from __future__ import annotations

import stat
from pathlib import Path

from textual.command import CommandList
from textual.pilot import Pilot
from textual.widgets import Input

from llmwatch.config import Config, TuiConfig
from llmwatch.tui.app import LlmwatchApp
from llmwatch.tui.screens.trace import TraceScreen
from tests.tui import seed
from tests.tui.conftest import URL, MakeApp
from tests.tui.piloting import overview, settled, shown, until

SIZE = (120, 40)


def said(pilot: Pilot[int]) -> str:
    return "\n".join(notification.message for notification in pilot.app._notifications)


async def command(pilot: Pilot[int], text: str) -> None:
    """Type a command into the palette and run the first that it offers."""
    await pilot.press("colon")
    palette = pilot.app.screen
    palette.query_one(Input).value = text
    offered = palette.query_one(CommandList)
    await until(pilot, lambda: offered.option_count > 0)
    await settled(pilot)
    await pilot.press("down", "enter")
    await until(pilot, lambda: pilot.app.screen is not palette)


async def test_write_makes_a_private_file_and_never_overwrites(make_app: MakeApp, tmp_path: Path) -> None:
    app, file = make_app(), tmp_path / "view.txt"
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        app.action_write(str(file))
        text = file.read_text()
        assert (
            text.startswith(" ✗ CRIT  error rate 8.3 %") and "1 Status" in text and "RateLimitError" in text
        )
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        app.action_write(str(file))
        await until(pilot, lambda: f"{file} was not written: File exists" in said(pilot))
        app.action_write(str(tmp_path / "no" / "folder"))
        await until(pilot, lambda: "No such file or directory" in said(pilot))


async def test_goto_opens_a_trace_by_the_beginning_of_its_id(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await app.action_goto(f"{7:032x}")
        await until(pilot, lambda: isinstance(app.screen, TraceScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is overview(pilot))
        await app.action_goto("ffffffff")
        await until(pilot, lambda: "No id begins with 'ffffffff'" in said(pilot))


async def test_the_palette_takes_typed_commands(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await command(pilot, "theme llmwatch-light")
        await until(pilot, lambda: app.theme == "llmwatch-light")
        await command(pilot, "theme nosuch")
        await until(pilot, lambda: "There is no theme called 'nosuch'" in said(pilot))
        assert app.theme == "llmwatch-light"


async def test_the_palette_runs_what_the_keys_run(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        await command(pilot, "pause")
        await until(pilot, lambda: overview(pilot).paused)


async def test_copy_takes_the_number_or_the_pane(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("3", "y")
        assert app.clipboard == "$0.5645"
        await pilot.press("Y")
        assert app.clipboard.startswith("✓ daily    $0.5645 of $1.00")
        assert "the terminal must allow OSC 52" in said(pilot)


async def test_help_says_the_keys_that_are_set(make_app: MakeApp) -> None:
    async with make_app(config=Config(keys={"pause": "P"})).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("question_mark")
        await pilot.pause()
        text = shown(pilot)
        assert text.index("Overview") < text.index("Trace list")
        assert "P                      Hold the screen still" in text
        await pilot.press("G")
        await pilot.pause()
        assert "status:error" in shown(pilot)


async def test_an_unknown_theme_is_said_and_the_usual_one_kept(make_app: MakeApp) -> None:
    app = make_app(config=Config(tui=TuiConfig(theme="nosuch")))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert "There is no theme called 'nosuch'" in said(pilot)


async def test_a_notice_is_shown_at_the_start(make_app: MakeApp) -> None:
    async with make_app(notice="Port 4318 is taken by [/another] program").run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert "Port 4318 is taken by [/another] program" in said(pilot)


async def test_the_configuration_is_followed(seeded: Path, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("")
    app = LlmwatchApp(seeded, URL, Config(), config_file=file, now_ns=lambda: seed.NOW_NS)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: overview(pilot).header.summary is not None)
        await until(
            pilot, lambda: _rewritten(file, 'tui.theme = "llmwatch-light"', app.theme == "llmwatch-light")
        )
        await until(
            pilot, lambda: _rewritten(file, "tui.thema = 1", "there is no key tui.thema" in said(pilot))
        )
        assert app.theme == "llmwatch-light"


def _rewritten(file: Path, text: str, done: bool) -> bool:
    """Write until the watcher, which begins a moment after the app, has seen it."""
    if not done:
        file.write_text(text)
    return done


async def test_keys_pressed_in_any_order_do_not_end_the_program(make_app: MakeApp) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for key in "1z2b3zp4G5gjk?":
            await pilot.press(key)
        for _ in range(6):
            await pilot.press("escape")
        await settled(pilot)
        assert pilot.app.screen is overview(pilot)
