"""Lengths of time as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.durations import parse_duration

SECOND = 10**9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15m", 900 * SECOND),
        ("15min", 900 * SECOND),
        ("2s", 2 * SECOND),
        ("0.5s", SECOND // 2),
        (".5s", SECOND // 2),
        ("500ms", SECOND // 2),
        ("250us", 250_000),
        ("250µs", 250_000),
        ("7ns", 7),
        ("1h30m", 5_400 * SECOND),
        ("1h 30m", 5_400 * SECOND),
        (" 7D ", 7 * 86_400 * SECOND),
        ("2w", 14 * 86_400 * SECOND),
        ("0s", 0),
        ("", None),
        ("15", None),
        ("m", None),
        ("-5m", None),
        ("5 parsecs", None),
        ("1h30", None),
        ("1e3s", None),
        ("nan", None),
        ("9" * 400 + "s", None),
    ],
)
def test_parse(text: str, expected: int | None) -> None:
    assert parse_duration(text) == expected


@given(st.integers(0, 10**12), st.sampled_from(["ns", "us", "ms", "s", "m", "h", "d", "w"]))
def test_whole_numbers_are_exact(count: int, unit: str) -> None:
    one = parse_duration(f"1{unit}")
    assert one is not None
    assert parse_duration(f"{count}{unit}") == count * one


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    found = parse_duration(text)
    assert found is None or found >= 0
