"""Usage counts once: roll-ups, duplicates, whatever the order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from llmwatch.store.span import Call, Span, Usage
from llmwatch.store.usage import usage_roles
from tests.store.builders import SECOND, T0, brief, llm, span


def roles(*spans: Span) -> dict[str, str]:
    return dict(usage_roles([brief(each) for each in spans]))


def _reply(span_id: str, response_id: str | None = "r", **fields: Any) -> Span:
    call = Call(
        request_model=fields.pop("asked", "m"),
        response_model=fields.pop("answered", "m"),
        response_id=response_id,
        usage=fields.pop("usage", Usage(input_tokens=5, output_tokens=5)),
    )
    return llm(span_id, call=call, **fields)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([llm("a")], {"a": "counted"}, id="alone"),
        pytest.param([span("a")], {}, id="no usage, no role"),
        pytest.param([llm("a", tokens=0)], {}, id="zeros carry nothing"),
        pytest.param(
            [llm("agent"), llm("call", parent_id="agent")],
            {"agent": "rollup", "call": "counted"},
            id="the deepest counts",
        ),
        pytest.param(
            [llm("agent"), span("chain", parent_id="agent"), llm("call", parent_id="chain")],
            {"agent": "rollup", "call": "counted"},
            id="through a span without usage",
        ),
        pytest.param(
            [llm("agent"), llm("call", parent_id="agent", tokens=0)],
            {"agent": "counted"},
            id="a child of zeros does not silence its parent",
        ),
        pytest.param(
            [llm("a", parent_id="missing"), llm("b", parent_id="missing")],
            {"a": "counted", "b": "counted"},
            id="the parent has not come",
        ),
        pytest.param(
            [_reply("a"), _reply("b")], {"a": "counted", "b": "duplicate"}, id="one reply, two spans"
        ),
        pytest.param(
            [_reply("a"), _reply("b", usage=Usage(input_tokens=5, output_tokens=5, cache_read_tokens=0))],
            {"a": "duplicate", "b": "counted"},
            id="who knows more counts",
        ),
        pytest.param([_reply("a"), _reply("b", "other")], {"a": "counted", "b": "counted"}, id="two replies"),
        pytest.param(
            [_reply("a", None), _reply("b", None)], {"a": "counted", "b": "counted"}, id="no reply id"
        ),
        pytest.param(
            [_reply("a"), _reply("b", asked="n", answered="n")],
            {"a": "counted", "b": "counted"},
            id="another model",
        ),
        pytest.param(
            [_reply("a", answered="m-2026"), _reply("b", answered=None)],
            {"a": "counted", "b": "duplicate"},
            id="one knows only what was asked for",
        ),
        pytest.param(
            [_reply("a"), _reply("b", parent_id="other")],
            {"a": "counted", "b": "counted"},
            id="another parent",
        ),
        pytest.param(
            [_reply("a"), _reply("b", start_ns=T0 + 2 * SECOND)],
            {"a": "counted", "b": "counted"},
            id="not at the same time",
        ),
        pytest.param(
            [_reply("a", state="started"), _reply("b", start_ns=T0 + 2 * SECOND)],
            {"a": "counted", "b": "duplicate"},
            id="a span that has not ended overlaps what follows",
        ),
        pytest.param(
            [span("a", kind="embedding"), span("b", kind="embedding", parent_id="a")],
            {"a": "rollup"},
            id="a function that embeds, around the call",
        ),
        pytest.param(
            [span("a", kind="embedding"), span("b", kind="llm", parent_id="a")],
            {},
            id="calls of different kinds",
        ),
        pytest.param(
            [llm("a", parent_id="b"), llm("b", parent_id="a")],
            {"a": "rollup", "b": "rollup"},
            id="a cycle has no leaf",
        ),
    ],
)
def test_roles(spans: list[Span], expected: dict[str, str]) -> None:
    assert roles(*spans) == expected
    assert roles(*reversed(spans)) == expected


@st.composite
def trees(draw: st.DrawFn) -> list[Span]:
    """Spans whose parents come before them."""
    spans: list[Span] = []
    for number in range(draw(st.integers(1, 12))):
        parent = draw(st.none() | st.sampled_from([each.span_id for each in spans])) if spans else None
        call = llm(str(number), tokens=draw(st.none() | st.integers(0, 3)), parent_id=parent)
        spans.append(replace(call, kind=draw(st.sampled_from(["llm", "chain"]))))
    return spans


@given(trees(), st.randoms(use_true_random=False))
def test_what_counts_is_what_the_deepest_spans_say(spans: list[Span], random: Any) -> None:
    def below(one: Span) -> list[Span]:
        children = [each for each in spans if each.parent_id == one.span_id]
        return children + [each for child in children for each in below(child)]

    def role(one: Span) -> str | None:
        if brief(one).carries_usage:
            return "rollup" if any(brief(each).carries_usage for each in below(one)) else "counted"
        calls = one.kind == "llm" and any(each.kind == "llm" for each in below(one))
        return "rollup" if calls else None

    expected = {each.span_id: role(each) for each in spans if role(each)}
    random.shuffle(spans)
    assert roles(*spans) == expected
