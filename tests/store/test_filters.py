"""The filter language: what is written, what it means, and where it is wrong."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmwatch.errors import FilterError
from llmwatch.store.filters import KEYS, parse, quoted
from llmwatch.store.filterterms import All, Either, Node, Not, Term, Words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", All(())),
        ("  ", All(())),
        ("refund", Words("refund")),
        ('"refund policy"', Words("refund policy")),
        ('"say ""hi"""', Words('say "hi"')),
        ("12:30", Words("12:30")),
        ("wait!", Words("wait!")),
        ("model:gpt-4o*", Term("model", "=", ("gpt-4o*",))),
        ("model=gpt-4o", Term("model", "=", ("gpt-4o",))),
        ("model:a|b", Term("model", "=", ("a", "b"))),
        ('model:"a b"|c', Term("model", "=", ("a b", "c"))),
        ("cost>0.05", Term("cost", ">", (50_000_000,))),
        ("cost>=$.1", Term("cost", ">=", (100_000_000,))),
        ("dur>2s", Term("dur", ">", (2_000_000_000,))),
        ("ttft<=500ms", Term("ttft", "<=", (500_000_000,))),
        ("tokens>10k", Term("tokens", ">", (10_000,))),
        ("spans<3", Term("spans", "<", (3,))),
        ("since:15m", Term("since", "=", (900_000_000_000,))),
        ("after:2026-01-01T00:00:00Z", Term("after", "=", (1_767_225_600_000_000_000,))),
        ("before:2026-01-01T01:00:00+01:00", Term("before", "=", (1_767_225_600_000_000_000,))),
        ("!a", Not(Words("a"))),
        ("! !a", Words("a")),
        ("a b", All((Words("a"), Words("b")))),
        ("a | b c", Either((Words("a"), All((Words("b"), Words("c")))))),
        ("a|b", Either((Words("a"), Words("b")))),
        ("!status:error x", All((Not(Term("status", "=", ("error",))), Words("x")))),
        ("unpriced:yes replayed:no", All((Term("unpriced", "=", ("yes",)), Term("replayed", "=", ("no",))))),
    ],
)
def test_meaning(text: str, expected: Node) -> None:
    assert parse(text).node == expected
    assert parse(text).text == text


@pytest.mark.parametrize(
    ("text", "position", "message", "hint"),
    [
        ("mdel:x", 0, "There is no key mdel", "Did you mean model?"),
        ("x http://y", 2, "There is no key http", "in quotes"),
        ('a "b', 2, "A quote is not closed", '"'),
        ('model:"b', 6, "A quote is not closed", '"'),
        ("!", 1, "A condition is missing", "after !"),
        ("a |", 3, "A condition is missing", "each side"),
        ("| a", 0, "A condition is missing", "each side"),
        ("a | | b", 4, "A condition is missing", "each side"),
        ("model:", 6, "model needs a value", "model:abc*"),
        ('model:""', 6, "model needs a value", "model:abc*"),
        ("a model>3", 7, "model cannot be compared", "model:…"),
        ("since>3d", 5, "since cannot be compared", "since:…"),
        ("status:broken", 7, "status cannot be 'broken'", "status:running"),
        ("status:ok|broken", 10, "status cannot be 'broken'", "status:running"),
        ("dur>fast", 4, "dur cannot be 'fast'", "dur>2s"),
        ("dur>2", 4, "dur cannot be '2'", "dur>2s"),
        ("cost>", 5, "cost needs a value", "cost>0.05"),
        ("cost>-1", 5, "cost cannot be '-1'", "cost>0.05"),
        ("tokens>" + "9" * 40, 7, "tokens cannot be", "10k"),
        ("since:yesterday", 6, "since cannot be 'yesterday'", "since:2h"),
        ("after:soon", 6, "after cannot be 'soon'", "2026-03-01"),
        ("after:0001-01-01", 6, "after cannot be", "2026-03-01"),
        ("before:9999-01-01", 7, "before cannot be", "2026-03-01"),
        ("since:" + "9" * 15 + "w", 6, "since cannot be", "15m"),
        ("a " * 201, 402 - 2, "too long", ""),
    ],
)
def test_errors_say_where(text: str, position: int, message: str, hint: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert message in str(caught.value)
    assert caught.value.position == position
    assert hint in caught.value.hint


@given(st.text(st.sampled_from('ab:|!"<>=* $.5model status cost\n\0é中'), max_size=30))
@example('model:"')
@example("cost>>5")
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    try:
        parse(text)
    except FilterError as error:
        assert 0 <= error.position <= len(text)


@given(st.text(min_size=1))
def test_quoted_values_mean_themselves(value: str) -> None:
    assert parse(f"model:{quoted(value)}").node == Term("model", "=", (value,))


def test_every_key_is_explained() -> None:
    assert len(KEYS) == len(set(KEYS))
    for key in KEYS:
        with pytest.raises(FilterError) as caught:
            parse(f"{key}:")
        assert caught.value.hint
