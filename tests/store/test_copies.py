"""Two instrumentations of one client: their spans tell of one call, which counts once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from llmwatch.store.span import Call, Cost, Span, Usage
from llmwatch.store.usage import originals, usage_roles
from tests.store.builders import SECOND, T0, brief, llm

OUTER, INNER = (T0, T0 + 4 * SECOND), (T0 + SECOND, T0 + 3 * SECOND)
AFTER = (T0 + 5 * SECOND, T0 + 6 * SECOND)
COUNTED = Usage(input_tokens=1311, output_tokens=45, cache_read_tokens=1024, cache_write_tokens=256)


def told(dialect: str, at: tuple[int, int], reply: str | None = "msg_1", **fields: Any) -> Span:
    """A call of claude as a dialect tells it, whose span is called as the dialect."""
    call = Call(
        request_model=fields.pop("model", "claude"),
        response_id=reply,
        usage=fields.pop("usage", COUNTED),
    )
    span_id, cost = fields.pop("span_id", dialect), fields.pop("cost", None)
    span = llm(span_id, start_ns=at[0], end_ns=at[1], dialect=dialect, call=call, **fields)
    return replace(span, cost=cost) if cost else span


def roles(spans: Sequence[Span]) -> Mapping[str, str]:
    """Their roles, the same in any order."""
    found = [{**usage_roles([brief(each) for each in order])} for order in permutations(spans)]
    assert all(each == found[0] for each in found)
    return found[0]


TRACELOOP, SDK = "openllmetry", "anthropic-sdk"
NOTHING = Usage()


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        # both know the response: the one around also knows who asked
        ([told(TRACELOOP, OUTER), told(SDK, INNER)], {TRACELOOP: "counted", SDK: "duplicate"}),
        # OpenLLMetry adds the first chunk's output token to the last one's sum of Anthropic's streams
        (
            [
                told(TRACELOOP, OUTER, usage=Usage(input_tokens=15, output_tokens=16, total_tokens=31)),
                told(SDK, INNER, usage=Usage(input_tokens=15, output_tokens=15)),
            ],
            {TRACELOOP: "duplicate", SDK: "counted"},
        ),
        # OpenLLMetry 0.40 told 0/0 for Anthropic's streams, without the id of the response
        (
            [told(TRACELOOP, OUTER, None, usage=NOTHING), told(SDK, INNER)],
            {TRACELOOP: "duplicate", SDK: "counted"},
        ),
        # nobody answered: one failure, not two
        (
            [
                told(TRACELOOP, OUTER, None, usage=NOTHING, status="error"),
                told(SDK, INNER, None, usage=NOTHING, status="error"),
            ],
            {SDK: "duplicate"},
        ),
        # a callback's span hangs elsewhere (LangChain's in OpenInference), and knows no response
        (
            [told("openinference", OUTER, None, parent_id="chain"), told(SDK, INNER, parent_id="root")],
            {"openinference": "counted", SDK: "duplicate"},
        ),
        # a cache write for an hour costs more, which one of them did not know
        (
            [
                told(TRACELOOP, OUTER, cost=Cost(nanousd=100)),
                told(SDK, INNER, cost=Cost(nanousd=160)),
            ],
            {TRACELOOP: "duplicate", SDK: "counted"},
        ),
        # three saw it
        (
            [told("litellm", OUTER), told(TRACELOOP, (T0 + 1, T0 + 4 * SECOND)), told(SDK, INNER)],
            {"litellm": "counted", TRACELOOP: "duplicate", SDK: "duplicate"},
        ),
        # another response, another time, another model, another input: other calls
        ([told(TRACELOOP, OUTER), told(SDK, INNER, "msg_2")], {TRACELOOP: "counted", SDK: "counted"}),
        ([told(TRACELOOP, OUTER), told(SDK, AFTER)], {TRACELOOP: "counted", SDK: "counted"}),
        ([told(TRACELOOP, OUTER), told(SDK, INNER, model="opus")], {TRACELOOP: "counted", SDK: "counted"}),
        (
            [
                told(TRACELOOP, OUTER, None, parent_id="one"),
                told(SDK, INNER, parent_id="two", usage=Usage(input_tokens=7, output_tokens=45)),
            ],
            {TRACELOOP: "counted", SDK: "counted"},
        ),
        # Logfire's log of a stream, which hangs elsewhere and begins with the answer
        (
            [told(SDK, OUTER, parent_id="request"), told("logfire", (T0 + SECOND, T0 + 5 * SECOND), None)],
            {SDK: "counted", "logfire": "duplicate"},
        ),
        # not within the other, and no id to tell
        (
            [
                told(TRACELOOP, OUTER, None, usage=Usage(input_tokens=1311)),
                told(SDK, (T0 + SECOND, T0 + 5 * SECOND)),
            ],
            {TRACELOOP: "counted", SDK: "counted"},
        ),
        # a child is no copy: the deepest counts
        (
            [told("openinference", OUTER), told(SDK, INNER, parent_id="openinference")],
            {"openinference": "rollup", SDK: "counted"},
        ),
    ],
)
def test_one_call_counts_once(spans: list[Span], expected: dict[str, str]) -> None:
    assert roles(spans) == expected


def test_calls_at_the_same_time_are_copied_one_by_one() -> None:
    """Two equal requests in parallel, seen twice each, once without the id of the response."""
    pairs = [
        [
            told(TRACELOOP, (T0 + n, T0 + 4 * SECOND - n), None, span_id=f"outer{n}"),
            told(SDK, (T0 + SECOND + n, T0 + 3 * SECOND - n), f"msg_{n}", span_id=f"inner{n}"),
        ]
        for n in range(2)
    ]
    found = usage_roles([brief(span) for pair in pairs for span in pair])
    assert sorted(found.values()) == ["counted", "counted", "duplicate", "duplicate"]


def test_a_copy_names_what_counts_in_its_stead() -> None:
    spans = [told(TRACELOOP, OUTER), told(SDK, INNER), told("litellm", AFTER, "msg_2")]
    assert originals([brief(span) for span in spans]) == {SDK: TRACELOOP}


def test_many_calls_at_once_are_judged_in_time() -> None:
    spans = [told(("a", "b")[n % 2], (T0 + n, T0 + SECOND), None, span_id=f"{n:04}") for n in range(3_000)]
    assert len(usage_roles([brief(span) for span in spans])) == 3_000
