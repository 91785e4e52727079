"""Agents that run in circles, found in what was recorded: told once a trace, and in no other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.collector.budgets.loops import Loops
from llmwatch.config.budgets import RUNAWAY_LOOP
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.span import Content, Message, Part, Score, Span, Tool
from tests.proxying import Passing
from tests.store.builders import SECOND, T0, llm, said, span

QUESTION = said("find it")


def loops(repeats: int = 5) -> Loops:
    return Loops(repeats, lambda: T0)


def marks(found: Loops, *spans: Span) -> list[tuple[str | None, str | None]]:
    return [(score.trace_id, score.label) for score in found.marked(Batch(spans=spans)).scores]


def tool(number: int, arguments: str | None = "{}", name: str = "search", trace_id: str = "t") -> Span:
    return span(
        f"{trace_id}{number}", trace_id=trace_id, kind="tool", start_ns=T0 + number * SECOND,
        tool=Tool(name=name, arguments=arguments),
    )  # fmt: skip


def asks(arguments: str = "{}", name: str = "search") -> Message:
    return Message(role="assistant", parts=(Part(type="tool_call", name=name, arguments=arguments),))


RESULT = Message(role="tool", parts=(Part(type="tool_call_response", text="nothing"),))


def turn(*messages: Message, answer: Message | None = None, trace_id: str = "t") -> Span:
    return llm(
        "a",
        trace_id=trace_id,
        content=Content(input_messages=(QUESTION, *messages), output_messages=(answer,) if answer else ()),
    )


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([tool(n) for n in range(4)], []),
        ([tool(n) for n in range(5)], [("t", "search")]),
        ([tool(n) for n in range(50)], [("t", "search")]),
        ([tool(0)] * 9, []),  # one span that comes nine times
        ([tool(n, f'{{"page": {n}}}') for n in range(9)], []),
        ([tool(n, ['{"a":1,"b":2}', '{"b": 2, "a": 1}'][n % 2]) for n in range(5)], [("t", "search")]),
        ([tool(n, name="ab"[n % 2]) for n in range(10)], [("t", "b")]),
        ([tool(n, name="ab"[n % 2]) for n in range(8)], []),
        ([tool(n, name="abc"[n % 3]) for n in range(15)], [("t", "c")]),
        ([tool(n, name="abcd"[n % 4]) for n in range(40)], []),
        ([tool(n, trace_id="tu"[n % 2]) for n in range(8)], []),
        ([tool(n, None) for n in range(5)], [("t", "search")]),
        ([tool(n, "x" * 5000) for n in range(5)], [("t", "search")]),
        ([tool(n, "x" * 5000 + str(n)) for n in range(5)], []),
        ([tool(n) for n in (4, 1, 3, 0, 2)], [("t", "search")]),  # in any order
        ([turn(*[asks(), RESULT] * 4)], []),
        ([turn(*[asks(), RESULT] * 5)], [("t", "search")]),
        ([turn(*[asks(), RESULT] * 4, answer=asks())], [("t", "search")]),
        ([turn(*[asks(), RESULT] * 5, answer=said("No.", "assistant"))], [("t", "search")]),
        ([turn(*[asks(), RESULT] * 5, QUESTION)], []),
        ([turn(*[asks(), RESULT] * 4, QUESTION, asks(), RESULT)], []),
        (
            [turn(*[asks(), RESULT] * 5, trace_id="u"), turn(*[asks(), RESULT] * 6, trace_id="u")],
            [("u", "search")],
        ),
    ],
)
def test_what_is_a_loop(spans: Sequence[Span], expected: list[tuple[str, str]]) -> None:
    assert marks(loops(), *spans) == expected


def test_off() -> None:
    assert marks(loops(0), *[tool(n) for n in range(50)]) == []


def test_over_several_batches_and_said_in_words() -> None:
    found = loops(3)
    assert marks(found, tool(0), tool(1)) == []
    (score,) = found.marked(Batch(spans=[tool(2)], scores=[])).scores
    assert isinstance(score, Score)
    assert (score.name, score.source, score.value, score.time_ns) == (RUNAWAY_LOOP, "heuristic", 0, T0)
    assert score.comment == "search was called 3 times with the same arguments"
    assert marks(found, tool(3)) == [], "it was told"
    again = loops(3)
    again.marked(Batch(spans=[tool(n) for n in range(3)]))
    (same,) = loops(3).marked(Batch(spans=[tool(n) for n in range(3)])).scores
    assert same.score_id == score.score_id, "after a restart it is the same mark"


def test_rounds_of_several_calls_in_words() -> None:
    (score,) = loops(2).marked(Batch(spans=[tool(n, name="abc"[n % 3]) for n in range(6)])).scores
    assert score.comment == "c was called 2 times with the same arguments, in turn with 2 more"


@given(st.lists(st.sampled_from("abcd"), max_size=40), st.integers(2, 5))
def test_a_conversation_is_judged_by_its_end(calls: list[str], repeats: int) -> None:
    """A loop is there exactly if the last calls are so many rounds of one, two or three."""
    messages = [QUESTION, *[part for name in calls for part in (asks(name=name), RESULT)]]
    found = loops(repeats).in_request(messages, None)
    expected = any(
        len(calls) >= length * repeats and calls[-length * repeats :] == calls[-length:] * repeats
        for length in (1, 2, 3)
    )
    assert (found is not None) == expected


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy")), max_size=60))
def test_a_session_never_calls_the_same_tool_more_than_five_times_in_a_row(
    asked: list[tuple[str, str]],
) -> None:
    found, made = loops(), []
    for name, arguments in asked:
        if found.tool("s", name, arguments) is None:
            made.append((name, arguments))
    rows = max((len(set(made[at : at + 6])) == 1 for at in range(len(made) - 5)), default=False)
    assert not rows


def test_a_trace_is_marked_through_the_collectors_door(passing_on: Passing) -> None:
    def stored(path: Path) -> list[tuple[Any, ...]]:
        with closing(connect_reader(path)) as db:
            query = "SELECT trace_id, label, comment FROM scores WHERE name = ?"
            return db.execute(query, (RUNAWAY_LOOP,)).fetchall()

    spans = [
        {"trace_id": "circling", "span_id": str(n), "kind": "tool", "tool_name": "search", "args": {"q": "a"},
         "start_time": T0 / SECOND + n, "end_time": T0 / SECOND + n + 0.5}
        for n in range(7)
    ]  # fmt: skip
    for _ in range(2):
        answer = httpx.post(
            f"{passing_on.origin}/api/spans", content=json.dumps(spans),
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        assert answer.json()["rejected"] == 0
    assert stored(passing_on.database) == [
        ("circling", "search", "search was called 5 times with the same arguments")
    ]
