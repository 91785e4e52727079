"""The overview, driven by keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from llmwatch.config import BudgetConfig, Config
from llmwatch.store.database import prepare
from tests.tui import seed
from tests.tui.conftest import MakeApp
from tests.tui.piloting import overview, settled, shown, until

SIZE = (120, 40)


async def test_the_first_line_says_what_is_wrong(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        first = shown(pilot).splitlines()[0]
        assert first.startswith(" ✗ CRIT  error rate 8.3 %, over 5 % (+1)")
        assert "● live" in first and ":4318" in first and "468 spans" in first and first.endswith("11:03:11")


async def test_all_five_panes_say_what_the_database_says(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        text = shown(pilot)
        assert "5 of 60" in text and "mostly gpt-4o" in text  # 5 of the last 60 calls failed, all gpt-4o
        assert "thumbs down" in text and "quality" in text
        assert "✓ daily" in text and "gpt-4o-mini" in text
        assert "new answer v2.4 since 10:48" in text
        assert "RateLimitError" in text


async def test_a_number_opens_the_traces_behind_it_and_escape_leads_back(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        root = overview(pilot)
        await pilot.press("1", "enter")
        await settled(pilot)
        assert root.traces.choice.text == "status:error kind:llm since:15m"
        await until(pilot, lambda: len(root.traces.rows.window.order) == 5)
        assert root._focused_number() == 5
        await pilot.press("escape")
        await settled(pilot)
        assert root.traces.choice.text == ""
        assert root._focused_number() == 1


async def test_the_cursor_goes_from_number_to_number(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        root = overview(pilot)
        await pilot.press("3", "down", "right", "left", "up", "down", "down", "enter")
        await settled(pilot)
        assert root.traces.choice.text == "cost>0 since:60m"


async def test_tab_goes_round_the_panes(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        root = overview(pilot)
        stops = []
        for _ in range(5):
            await pilot.press("tab")
            stops.append(root._focused_number())
        assert stops == [1, 2, 3, 4, 5]
        await pilot.press("shift+tab")
        assert root._focused_number() == 4


async def test_zoom_gives_a_pane_the_screen_and_escape_takes_it_back(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        root = overview(pilot)
        await pilot.press("1", "z")
        await settled(pilot)
        shows = [each.display for each in (root.traces, *root.panes)]
        assert shows == [False, True, False, False, False]
        assert "by model" in shown(pilot)
        await pilot.press("b", "b")
        await settled(pilot)
        assert "by feature" in shown(pilot)
        await pilot.press("escape")
        assert [each.display for each in (root.traces, *root.panes)] == [True] * 5


async def test_pause_holds_everything_and_counts_what_comes(make_app: MakeApp, tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    spans, scores = seed.day()
    seed.write(path, spans[:200], scores[:5])
    async with make_app(path).run_test(size=SIZE) as pilot:
        await settled(pilot)
        root = overview(pilot)
        held = root.panes[2].view
        await pilot.press("p")
        seed.write(path, spans[200:], [])
        await until(pilot, lambda: root.header.link.unseen > 0)
        assert "◌ paused (+" in shown(pilot).splitlines()[0]
        assert root.panes[2].view == held
        await pilot.press("p")
        await settled(pilot)
        await until(pilot, lambda: root.panes[2].view != held)
        assert "● live" in shown(pilot).splitlines()[0]


async def test_the_first_span_appears_without_a_key(make_app: MakeApp, tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    async with make_app(path).run_test(size=SIZE) as pilot:
        await settled(pilot)
        text = shown(pilot)
        assert "Waiting for the first span on http://127.0.0.1:4318" in text
        assert "export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318" in text
        assert "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY" in text
        assert "curl http://127.0.0.1:4318/api/spans" in text
        prepare(path)
        seed.write(path, seed.day()[0][-3:], [])
        await until(pilot, lambda: not overview(pilot).has_class("-first-run"))
        await settled(pilot)
        assert "5 Traces" in shown(pilot)


async def test_an_unreadable_database_keeps_what_was_known(make_app: MakeApp, tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    seed.write(path, *seed.day())
    async with make_app(path).run_test(size=SIZE) as pilot:
        await settled(pilot)
        before = overview(pilot).panes[2].view
        broken = tmp_path / "broken"
        broken.write_bytes(b"not a database" * 400)
        broken.replace(path)
        await until(pilot, lambda: overview(pilot).header.link.failed_ns is not None)
        await pilot.pause()
        text = shown(pilot)
        assert "▲ database unreadable since 11:03:11" in text.splitlines()[0]
        assert overview(pilot).panes[2].view == before and "gpt-4o-mini" in text


@pytest.mark.parametrize(
    ("size", "seen", "unseen"),
    [
        ((100, 30), ["1 Status ─", "2 Quality", "3 Cost", "4 Versions", "5 Traces"], ["needs"]),
        ((80, 24), ["1 Status  2 Quality  3 Cost and volume  4 Versions", "5 Traces"], ["needs"]),
        ((60, 15), ["CRIT", "5 Traces"], ["1 Status", "needs"]),
        ((40, 10), ["CRIT", "5 Traces"], ["1 Status", "needs"]),
        ((39, 10), ["llmwatch needs 40×10", "(this is 39×10)"], ["CRIT", "5 Traces"]),
        ((80, 9), ["llmwatch needs 40×10"], ["5 Traces"]),
    ],
)
async def test_sizes(make_app: MakeApp, size: tuple[int, int], seen: list[str], unseen: list[str]) -> None:
    async with make_app().run_test(size=size) as pilot:
        await settled(pilot)
        text = shown(pilot)
        assert [each for each in seen if each not in text] == []
        assert [each for each in unseen if each in text] == []
        assert len(text.splitlines()) <= size[1]


async def test_one_pane_at_80x24_and_keys_choose_which(make_app: MakeApp) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        root = overview(pilot)
        for number in (2, 3, 4, 1):
            await pilot.press(str(number))
            await settled(pilot)
            assert [pane.number for pane in root.panes if pane.display] == [number]
            assert root.panes[number - 1].view is not None


async def test_hidden_panes_do_not_query(make_app: MakeApp) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert [pane.number for pane in overview(pilot).panes if pane.view is not None] == [1]


async def test_configuration_is_applied_at_once(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        app.config = Config(budget=BudgetConfig(daily_usd=0.1), keys={"pause": "P", "zoom": "q"})
        app._apply(app.config)
        await settled(pilot)
        await until(pilot, lambda: "of $0.1000" in shown(pilot))
        await pilot.press("P")
        assert overview(pilot).paused
        assert any("keys.zoom: q already is quit" in each.message for each in app._notifications)


async def quits(pilot: Pilot[int], *keys: str) -> bool:
    await pilot.press(*keys)
    return pilot.app._exit


async def test_q_quits_at_the_root_only(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert not await quits(pilot, "?")
        assert not await quits(pilot, "q")
        assert len(pilot.app.screen_stack) == 1
        assert not await quits(pilot, "escape")
        assert await quits(pilot, "q")


async def test_ctrl_c_quits_from_anywhere(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert await quits(pilot, "?", "ctrl+c")
