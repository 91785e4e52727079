"""Alerts on the screen: the banner, the bell, the list with its keys, and what is said of one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest
from textual.pilot import Pilot

from llmwatch.config import Config
from llmwatch.store.rows import DeliveryRow
from llmwatch.tui.models import alertrows
from llmwatch.tui.models.alertrows import (
    alerts_view,
    banner,
    count_text,
    detail,
    firing,
    meaning,
    pressing,
)
from llmwatch.tui.models.cells import text_of, width_of
from llmwatch.tui.models.document import as_text
from llmwatch.tui.models.runs import runs_width
from llmwatch.tui.screens.alerts import AlertsScreen
from tests.providers.stub import Stub, serving
from tests.tui.alerting import MINUTE, alert, believable, write
from tests.tui.conftest import MakeApp
from tests.tui.piloting import overview, settled, shown, until
from tests.tui.seed import NOW_NS

SIZE = (120, 40)


@pytest.fixture
def db(seeded: Path, tmp_path: Path) -> Path:
    """The seeded database with an afternoon's alerts."""
    path = tmp_path / "alerts.db"
    copyfile(seeded, path)
    write(path, believable())
    return path


@pytest.fixture
def collector() -> Iterator[Stub]:
    with serving(Stub(chunks=[b'{"accepted":1}'], headers={"content-type": "application/json"})) as stub:
        yield stub


# Which are to be seen to

QUIET = alert("a", snoozed_until_ns=NOW_NS + MINUTE)
WOKEN = alert("b", snoozed_until_ns=NOW_NS - 1, tier=2)
TAKEN = alert("c", acknowledged_ns=NOW_NS - MINUTE)
DIGEST = alert("d", tier=3)
PENDING = alert("e", state="pending", fired_ns=None)
OVER = alert("f", state="resolved", resolved_ns=NOW_NS)
ALL = [DIGEST, WOKEN, QUIET, TAKEN, PENDING, OVER]


def test_what_fires_and_what_presses() -> None:
    assert [row.rule for row in firing(ALL, NOW_NS)] == ["c", "b", "d"]
    assert [row.rule for row in pressing(ALL, NOW_NS)] == ["b"]
    assert count_text(ALL, NOW_NS) == "3 alerts firing"
    assert count_text([WOKEN], NOW_NS) == "1 alert firing"
    assert count_text([OVER, QUIET], NOW_NS) == ""


def test_the_banner_says_the_worst_and_fits() -> None:
    rows = [
        alert("slow", tier=2, reason="p95 latency 6.2 s, over 5 s"),
        alert("error_rate", slice="model:gpt-4o"),
    ]
    line = banner(rows, NOW_NS, 100, "a")
    assert text_of([line]).startswith(" ✗ ALERT  [error_rate] error rate 8.3 %, over 5 % · model:gpt-4o")
    assert text_of([line]).endswith("+1 more  4 min  a alerts")
    assert [width_of(banner(rows, NOW_NS, width, "a")) for width in (40, 60, 100)] == [40, 60, 100]
    assert banner([TAKEN, DIGEST, QUIET], NOW_NS, 100, "a") == ()


def test_open_ones_stand_above_those_that_are_over() -> None:
    view = alerts_view([PENDING, DIGEST, TAKEN, WOKEN], [OVER, TAKEN], [])
    assert [row.rule for row in view.rows] == ["c", "b", "d", "e", "f"]
    assert view.open == 4


@pytest.mark.parametrize("width", [58, 76, 98, 116, 160])
def test_lines_are_as_wide_as_the_screen(width: int) -> None:
    told = [delivery("log"), delivery("a channel with a long name", error="500", delivered_ns=None)]
    for row in believable():
        assert runs_width(alertrows.cells(row, told, width, 12, NOW_NS)) == width
    assert runs_width(alertrows.header(width, 12)) == width


def delivery(channel: str, **known: object) -> DeliveryRow:
    defaults = {
        "id": 1, "channel": channel, "event": "firing", "alert": 1, "message": b"", "created_ns": NOW_NS,
        "attempts": 1, "next_ns": None, "delivered_ns": NOW_NS, "error": None,
    }  # fmt: skip
    return DeliveryRow(**(defaults | known))  # type: ignore[arg-type]


def test_everything_about_one() -> None:
    told = [
        delivery("log"),
        delivery("slack", delivered_ns=None, attempts=3, error="timed out", next_ns=NOW_NS + MINUTE),
        delivery("pager", delivered_ns=None, attempts=9, error="401"),
    ]
    assert as_text(detail(believable()[1], told, "It fires.", NOW_NS)).splitlines() == [
        "▲ firing  quality 0.72, 18 % below the 7-day mean",
        "means    It fires.",
        "slice    version:v2.4   tells within the hour (tier 2)",
        "times    held from 10:54:11 · fired 11:01:11",
        "traces   version:v2.4 since:30m   Enter opens them",
        "told     ✓ log firing 11:03:11",
        "         ◌ slack firing: timed out (3 attempts, again 11:04:11)",
        "         ✗ pager firing: 401 (9 attempts, given up)",
    ]


def test_what_a_rule_means() -> None:
    rules = Config().alerts.rules
    assert meaning(rules["error_rate"]) == (
        "The share of LLM calls that fail is over the threshold. It looks back 5m, and must hold for 5m."
    )
    assert all(meaning(rule).endswith(".") for rule in rules.values())
    assert meaning(None) == ""


# On the screen


async def test_the_overview_says_what_presses(make_app: MakeApp, db: Path) -> None:
    async with make_app(db).run_test(size=SIZE) as pilot:
        await settled(pilot)
        lines = shown(pilot).splitlines()
        assert lines[1].startswith(" ✗ ALERT  [error_rate] error rate 8.3 %, over 5 %")
        assert lines[-1].endswith("3 alerts firing  a")


async def test_no_banner_while_nothing_presses(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert not overview(pilot).banner.display
        assert "alert" not in shown(pilot)


async def test_the_bell_rings_once_for_each(
    make_app: MakeApp, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(db)
    rings: list[int] = []
    monkeypatch.setattr(app, "bell", lambda: rings.append(1))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert len(rings) == 1  # for the two that press, at once
        await pilot.press("a")
        await settled(pilot)
        write(db, [alert("loud", slice="feature:rag-chat")])
        await until(pilot, lambda: len(rings) == 2)
        write(db, [alert("digest", tier=3)])
        await until(pilot, lambda: len(app.alerts) == 6)
        await settled(pilot)
        assert len(rings) == 2


async def test_enter_opens_the_traces_behind_an_alert(make_app: MakeApp, db: Path) -> None:
    async with make_app(db).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("a")
        await settled(pilot)
        assert [type(screen) for screen in pilot.app.screen_stack[1:]] == [AlertsScreen]
        text = shown(pilot)
        assert "quality_drop" in text and "◌ slack" in text and "500 Internal Server Error" in text
        assert "3 firing · 1 pending · 1 snoozed · 1 over" in text
        await pilot.press("j", "enter")
        await settled(pilot)
        root = overview(pilot)
        assert pilot.app.screen is root
        assert root.traces.choice.text == "version:v2.4 since:30m"
        await until(pilot, lambda: len(root.traces.rows.window.order) == 60)


async def posting(pilot: Pilot[int], collector: Stub, *keys: str) -> list[tuple[str, object]]:
    await settled(pilot)
    await pilot.press("a")
    await settled(pilot)
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
    await settled(pilot)
    return [(request.path, request.json) for request in collector.received]


async def test_an_alert_is_acknowledged(make_app: MakeApp, db: Path, collector: Stub) -> None:
    app = make_app(db)
    app.collector_url = collector.base_url
    async with app.run_test(size=SIZE) as pilot:
        posted = await posting(pilot, collector, "x")
        assert posted == [("/api/alerts/acknowledge", {"id": 1})]
        await pilot.press("j", "j", "x")  # is acknowledged already
        await settled(pilot)
        assert len(collector.received) == 1


async def test_an_alert_is_snoozed_for_as_long_as_one_says(
    make_app: MakeApp, db: Path, collector: Stub
) -> None:
    app = make_app(db)
    app.collector_url = collector.base_url
    async with app.run_test(size=SIZE) as pilot:
        posted = await posting(pilot, collector, "j", "Z", "j", "enter")
        assert posted == [("/api/alerts/snooze", {"id": 2, "minutes": 480})]
        await pilot.press("Z", "escape")
        await settled(pilot)
        assert len(collector.received) == 1


async def test_a_collector_that_does_not_answer_is_said(make_app: MakeApp, db: Path) -> None:
    app = make_app(db)
    app.collector_url = "http://127.0.0.1:9"
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("a")
        await settled(pilot)
        await pilot.press("x")
        await settled(pilot)
        assert "The collector does not answer" in shown(pilot)


async def test_without_an_alert_it_says_so(make_app: MakeApp) -> None:
    async with make_app().run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("a")
        await settled(pilot)
        assert "No rule has fired" in shown(pilot)
        await pilot.press("j", "enter", "x", "Z", "y", "escape")
        await settled(pilot)
        assert pilot.app.screen is overview(pilot)


async def test_the_list_can_be_written_and_copied(make_app: MakeApp, db: Path) -> None:
    app = make_app(db)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("a")
        await settled(pilot)
        await pilot.press("y")
        assert app.clipboard == "error_rate: error rate 8.3 %, over 5 %"
        await pilot.press("Y")
        assert "truncation" in app.clipboard and "refusals" in app.clipboard
