"""The small parts around the trace list: what its border says, what was typed before, coalescing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from llmwatch.store.filters import parse
from llmwatch.tui.coalesce import Coalesced
from llmwatch.tui.models.history import History
from llmwatch.tui.models.runs import runs_width
from llmwatch.tui.models.sessionrows import cells, header, total, turns
from llmwatch.tui.models.tracetitle import Choice, Shown, Sort, count, title
from tests.tui.rows import NOON, trace_row


def _shown(**known: Any) -> Shown:
    defaults: dict[str, Any] = {
        "choice": Choice(), "rows": 1200, "counted": True, "unseen": 0, "following": True, "paused": False,
        "marked": 0, "read_ns": NOON, "most_sorted": 1000,
    }  # fmt: skip
    return Shown(**(defaults | known))


_ERRORS = Choice(text="status:error", filter=parse("status:error"), about="errors, last 15 min")


@pytest.mark.parametrize(
    ("known", "said", "counted"),
    [
        ({}, "● following", "1,200 traces"),
        ({"following": False, "unseen": 3}, "○ holding, F follows · +3 new", "1,200 traces"),
        ({"following": False, "paused": True, "unseen": 3}, "◌ paused · +3 new", "1,200 traces"),
        ({"choice": _ERRORS}, "● following · errors, last 15 min · status:error", "1,200 match"),
        ({"choice": _ERRORS, "counted": False},
         "● following · errors, last 15 min · status:error", "1,200+ match"),
        ({"choice": Choice(sort=Sort("cost")), "rows": 1000, "unseen": 9},
         "by cost, most first, as of 08:53:20", "the first 1,000"),
        ({"choice": Choice(sort=Sort("took", ascending=True)), "rows": 7},
         "by took, least first, as of 08:53:20", "7 traces"),
        ({"choice": Choice(only_marked=True), "rows": 1, "marked": 1}, "only marked", "1 trace"),
        ({"marked": 2}, "● following · 2 marked", "1,200 traces"),
    ],
)  # fmt: skip
def test_what_the_border_says(known: dict[str, Any], said: str, counted: str) -> None:
    shown = _shown(**known)
    assert "".join(text for text, _ in title(shown)) == f" · {said}"
    assert count(shown) == counted


def test_history_goes_back_and_keeps_what_was_being_typed() -> None:
    history = History(["a", "b"])
    assert [history.older("draft"), history.older("b"), history.older("a")] == ["b", "a", "a"]
    assert [history.newer(), history.newer(), history.newer()] == ["b", "draft", "draft"]
    history.add("a")
    history.add("")
    assert [history.older(""), history.older("a")] == ["a", "b"]


def test_an_empty_history_gives_back_what_was_typed() -> None:
    assert History().older("draft") == "draft"


def test_unknown_tokens_and_costs_are_not_nought() -> None:
    nothing = turns([trace_row(1, unpriced_calls=1), trace_row(2)])
    assert [(turn.tokens, turn.cost_nanousd) for turn in nothing] == [(None, None)] * 2
    assert total(nothing) == "2 turns · – tokens · – · 1 call unpriced"
    known = turns(
        [trace_row(1, input_tokens=10), trace_row(2), trace_row(3, output_tokens=0, cost_nanousd=0)]
    )
    assert [turn.tokens for turn in known] == [10, 10, 10]
    assert [turn.cost_nanousd for turn in known] == [None, None, 0]
    assert total([]) == "no turn yet"


async def test_what_is_asked_for_meanwhile_is_done_once_more() -> None:
    ran: list[int] = []
    go_on = asyncio.Event()

    async def run() -> None:
        ran.append(len(ran))
        await go_on.wait()

    coalesced = Coalesced(run)
    first = asyncio.create_task(coalesced())
    await asyncio.sleep(0)
    for _ in range(5):
        await coalesced()
    go_on.set()
    await first
    assert ran == [0, 1]
    await coalesced()
    assert ran == [0, 1, 2]


async def test_a_failed_run_does_not_stand_in_the_way_of_the_next() -> None:
    async def fail() -> None:
        raise ValueError

    coalesced = Coalesced(fail)
    for _ in range(2):
        with pytest.raises(ValueError):
            await coalesced()


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("name", ["ask", "質問に答える長い名前", "e\u0301te\u0301"])
def test_a_turn_and_its_header_are_as_wide_as_the_screen(width: int, name: str) -> None:
    (turn,) = turns([trace_row(1, name=name)])
    assert runs_width(cells(turn, width, NOON)) == width
    assert runs_width(header(width)) == width
