"""Text from outside cannot command a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.neutral import UNSAFE, neutral, neutral_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines", "two\nlines"),
        ("a\tb", "a    b"),
        ("a\r\nb", "a\nb"),
        ("\x1b[31mred", "␛[31mred"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("\x9b31m", "·31m"),
        ("\x7f", "␡"),
        ("\x00", "␀"),
        ("a\u202eb", "a·b"),
        ("a\u2066b\u2069", "a·b·"),
        ("zero\u200bwidth", "zero·width"),
        ("tag\U000e0041", "tag·"),
        ("\ud800", "·"),
        ("[/zz] [@click=app.quit]", "[/zz] [@click=app.quit]"),
        ("日本語 🙂", "日本語 🙂"),
    ],
)
def test_neutral(text: str, shown: str) -> None:
    assert neutral(text) == shown


def test_one_line_and_its_limit() -> None:
    assert neutral_line("a\nb\tc") == "a b c"
    assert neutral_line("abcdef", 4) == "abc…"
    assert neutral_line("abcd", 4) == "abcd"


@given(st.text(alphabet=st.characters(), max_size=200))
def test_nothing_unsafe_is_left(text: str) -> None:
    for shown in (neutral(text), neutral_line(text)):
        assert not any(ord(c) in UNSAFE for c in shown)
        assert all(c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"} for c in shown)
    assert "\n" not in neutral_line(text)
    assert neutral(neutral(text)) == neutral(text)
