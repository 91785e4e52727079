"""Reviewing answers: one key each, and the last word counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from llmwatch.store.rows import ReviewRow
from llmwatch.store.span import Score
from llmwatch.tui.app import LlmwatchApp
from llmwatch.tui.models.document import as_text
from llmwatch.tui.models.reviewrows import (
    Item,
    cells,
    document,
    merged,
    next_waiting,
    said,
    score_body,
    total,
)
from llmwatch.tui.models.runs import runs_width
from llmwatch.tui.screens.review import ReviewScreen
from llmwatch.tui.screens.trace import TraceScreen
from tests.providers.stub import Stub, serving
from tests.tui import seed
from tests.tui.conftest import MakeApp
from tests.tui.piloting import overview, settled, shown
from tests.tui.seed import NOW_NS

SIZE = (120, 40)


def row(number: int) -> ReviewRow:
    return ReviewRow(
        trace_id=f"t{number}", span_id="s", name="chat gpt-4o", time_ns=NOW_NS, why="checks: refusal",
        question="Why?", answer="Because.",
    )  # fmt: skip


def verdict(value: float | None, label: str | None = None) -> Score:
    return Score(score_id="x", name="review", time_ns=0, value=value, label=label)


GOOD, BAD, NAMED = verdict(1.0), verdict(0.0), verdict(None, "off topic")


def test_the_queue_takes_in_what_is_new_and_keeps_what_was_judged() -> None:
    items = [Item(row(1), GOOD), Item(row(2)), Item(row(3))]
    again = merged(items, [row(4), row(3)])  # 1 and 2 left the queue; 2 was judged elsewhere
    assert [(item.row.trace_id, item.verdict) for item in again] == [("t1", GOOD), ("t3", None), ("t4", None)]


@pytest.mark.parametrize(
    ("judged", "at", "goes"), [((0, 1), 0, 2), ((2,), 2, 0), ((0, 2), 2, 1), ((0, 1, 2), 1, 1), ((1,), 1, 2)]
)
def test_on_to_the_next_that_waits(judged: tuple[int, ...], at: int, goes: int) -> None:
    items = [Item(row(n), GOOD if n in judged else None) for n in range(3)]
    assert next_waiting(items, at) == goes


def test_what_was_said_and_how_many_wait() -> None:
    items = [Item(row(n), score) for n, score in enumerate([GOOD, BAD, NAMED, GOOD, None])]
    assert [said(item) for item in items] == ["good", "bad", "off topic", "good", "not judged"]
    assert total(items) == "1 to judge · 2 good · 1 bad · 1 labelled"
    assert total([]) == "0 to judge"


def test_the_same_id_is_posted_each_time() -> None:
    common = {
        "score_id": "review:t1:s", "name": "review", "source": "human", "trace_id": "t1", "span_id": "s",
        "time_ns": 5,
    }  # fmt: skip
    assert score_body(row(1), 0.0, "", 5) == common | {"value": 0.0}
    assert score_body(row(1), None, "rude", 5) == common | {"label": "rude"}


@pytest.mark.parametrize("width", [36, 54, 76])
def test_lines_are_as_wide_as_the_queue(width: int) -> None:
    for score in (None, GOOD, NAMED):
        assert runs_width(cells(Item(row(1), score), width, NOW_NS)) == width


def test_what_is_to_be_judged() -> None:
    assert as_text(document(Item(row(1)), "Why?", None)).splitlines() == [
        "▲ checks: refusal", "", "answer", "not captured", "", "question", "Why?",
    ]  # fmt: skip
    assert (
        as_text(document(Item(row(1), BAD), "", "")).splitlines()[0]
        == "✗ bad · was here because: checks: refusal"
    )


@pytest.fixture
def collector() -> Iterator[Stub]:
    with serving(Stub(chunks=[b'{"accepted":1}'], headers={"content-type": "application/json"})) as stub:
        yield stub


@pytest.fixture
def app(make_app: MakeApp, collector: Stub) -> LlmwatchApp:
    made = make_app()
    made.collector_url = collector.base_url
    return made


async def reviewing(pilot: Pilot[int], *keys: str) -> None:
    await settled(pilot)
    await pilot.press("R")
    await settled(pilot)
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


def posted(collector: Stub) -> list[Any]:
    assert {request.path for request in collector.received} <= {"/api/scores"}
    return [request.json for request in collector.received]


async def test_one_key_judges_and_goes_on(app: LlmwatchApp, collector: Stub) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await reviewing(pilot)
        text = shown(pilot)
        assert "12 to judge" in text and "Compare the two plans." in text
        await reviewing(pilot, "+", "-")
        assert "10 to judge · 1 good · 1 bad" in shown(pilot)
    first, second = posted(collector)
    assert (first["value"], second["value"]) == (1.0, 0.0)
    assert first["source"] == "human" and first["trace_id"] != second["trace_id"]


async def test_a_label_is_typed(app: LlmwatchApp, collector: Stub) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await reviewing(pilot, "L", *"rude", "enter")
        assert "● " in shown(pilot) and "11 to judge · 1 labelled" in shown(pilot)
        await reviewing(pilot, "L", "x", "escape", "L", "enter")
        assert "11 to judge" in shown(pilot)
    (only,) = posted(collector)
    assert only["label"] == "rude" and "value" not in only


async def test_undo_goes_back_and_the_next_key_counts_instead(app: LlmwatchApp, collector: Stub) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await reviewing(pilot, "u", "+", "j", "j", "u", "-")
        assert "11 to judge · 1 bad" in shown(pilot)
    first, second = posted(collector)
    assert first["score_id"] == second["score_id"]
    assert (first["value"], second["value"]) == (1.0, 0.0)
    assert second["time_ns"] >= first["time_ns"]


async def test_what_is_not_stored_is_not_judged(make_app: MakeApp) -> None:
    made = make_app()
    made.collector_url = "http://127.0.0.1:9"
    async with made.run_test(size=SIZE, notifications=True) as pilot:
        await reviewing(pilot, "+")
        assert "12 to judge" in shown(pilot) and "The collector does not answer" in shown(pilot)


async def test_enter_opens_the_trace_and_tab_the_text(app: LlmwatchApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await reviewing(pilot, "tab", "j", "space", "y", "escape", "enter")
        assert [type(screen) for screen in pilot.app.screen_stack[1:]] == [ReviewScreen, TraceScreen]
        await pilot.press("escape")
        await settled(pilot)
        assert [type(screen) for screen in pilot.app.screen_stack[1:]] == [ReviewScreen]


async def test_nothing_to_review(make_app: MakeApp, tmp_path: Path) -> None:
    path = tmp_path / "quiet.db"
    seed.write(path, seed.day()[0][:9], [])
    async with make_app(path).run_test(size=SIZE) as pilot:
        await reviewing(pilot, "+", "-", "L", "u", "enter", "y", "Y", "j")
        assert "Nothing to review" in shown(pilot)
        await pilot.press("escape")
        assert pilot.app.screen is overview(pilot)
