"""Single values in every spelling that senders use."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmwatch.collector.dialects.values import (
    as_json,
    clean,
    count,
    flag,
    mapping,
    nanousd,
    number,
    parsed,
    text,
    texts,
)


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("hello", "hello"),
        (" kept as sent ", " kept as sent "),
        (3, "3"),
        (True, "true"),
        ("", None),
        (None, None),
        (b"bytes", None),
        (["a"], None),
        ({"a": 1}, None),
        ("<REDACTED>", None),
        ("REDACTED", None),
        ("[REDACTED]", None),
        ("__redacted__", None),
        ("__REDACTED__", None),
        ("[Scrubbed due to 'session']", None),
        ("[1, 2]", "[1, 2]"),
        ("REDACTED is a word", "REDACTED is a word"),
    ],
)
def test_text(value: Any, meaning: str | None) -> None:
    assert text(value) == meaning


def test_text_out_of_json_has_no_nul() -> None:
    assert clean("a\0b") == "a\ufffdb"


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (3, 3),
        (2.5, 2.5),
        ("2.5", 2.5),
        (" 7 ", 7),
        ("1e3", 1000),
        (True, None),
        ("", None),
        ("NaN", None),
        ("Infinity", None),
        ("3 tokens", None),
        ("9" * 50, None),
        (None, None),
        ([1], None),
    ],
)
def test_number(value: Any, meaning: float | None) -> None:
    assert number(value) == meaning


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (0, 0),
        (12, 12),
        ("12", 12),
        (12.0, 12),
        ("12.0", 12),
        (12.5, None),
        (-1, None),
        (True, None),
        (1 << 60, None),
        ("many", None),
        (None, None),
    ],
)
def test_count(value: Any, meaning: int | None) -> None:
    assert count(value) == meaning


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (True, True),
        (False, False),
        ("True", True),
        ("False", False),
        ("true", True),
        (1, True),
        (0, False),
        ("yes", True),
        ("no", False),
        ("", None),
        ("perhaps", None),
        (2, None),
        (None, None),
        ([], None),
    ],
)
def test_flag(value: Any, meaning: bool | None) -> None:
    assert flag(value) is meaning


def _encoded(value: Any, times: int) -> str:
    for _ in range(times):
        value = json.dumps(value)
    assert isinstance(value, str)
    return value


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ('{"a": 1}', {"a": 1}),
        (_encoded({"a": 1}, 2), {"a": 1}),
        (_encoded("2026-11-21T05:14:54Z", 1), "2026-11-21T05:14:54Z"),
        (_encoded("x", 2), "x"),
        ("{'role': 'user', 'content': \"it's\"}", {"role": "user", "content": "it's"}),
        ("[('a', True), None]", [["a", True], None]),
        ('{"a": NaN}', {"a": "NaN"}),
        ("{not json", "{not json"),
        (r"[see \d+]", r"[see \d+]"),
        (r"{'a': 'C:\\d'}", {"a": r"C:\d"}),
        ("plain", "plain"),
        ("12", "12"),
        ("(see above)", "(see above)"),
        ("", ""),
        (12, 12),
        (None, None),
    ],
)
def test_parsed(value: Any, meaning: Any) -> None:
    assert parsed(value) == meaning


@pytest.mark.parametrize(
    "nested",
    [
        "[" * 100_000,
        "[" * 100 + "]" * 100,
        '{"a":' * 5000 + "1" + "}" * 5000,
        "{'a':" * 5000,
        "[" + "-" * 50_000 + "1]",
        "(" * 50_000 + ")",
        "[" + "1+" * 40_000 + "1]",
    ],
)
def test_what_is_nested_too_deeply_stays_text(nested: str) -> None:
    assert parsed(nested) == nested


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ({"a": 1}, {"a": 1}),
        ('{"a": 1}', {"a": 1}),
        ('{"n": 123456789012345678901234567890}', {"n": "123456789012345678901234567890"}),
        ('{"a": "x\\u0000y"}', {"a": "x\ufffdy"}),
        ("{}", None),
        ("[1]", None),
        ("text", None),
        (None, None),
    ],
)
def test_mapping(value: Any, meaning: Any) -> None:
    assert mapping(value) == meaning


def test_a_mapping_that_is_nested_too_deeply_says_nothing() -> None:
    nested: Any = "x"
    for _ in range(100):
        nested = {"a": nested}
    assert mapping(nested) is None


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (["a", "b"], ("a", "b")),
        ('["stop"]', ("stop",)),
        ("beta, web", ("beta", "web")),
        ("stop", ("stop",)),
        ([1, "", None, "x"], ("1", "x")),
        ([], None),
        ("", None),
        (None, None),
    ],
)
def test_texts(value: Any, meaning: Any) -> None:
    assert texts(value) == meaning


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (0.000024, 24_000),
        ("0.0000246", 24_600),
        (1, 1_000_000_000),
        (0, 0),
        (-1, None),
        ("free", None),
        (None, None),
    ],
)
def test_nanousd(value: Any, meaning: int | None) -> None:
    assert nanousd(value) == meaning


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("text", "text"),
        ('{"city": Paris}', '{"city": Paris}'),
        ({"city": "Köln"}, '{"city":"Köln"}'),
        ([1], "[1]"),
        (0, "0"),
        (False, "false"),
        ("", None),
        (None, None),
    ],
)
def test_as_json(value: Any, meaning: str | None) -> None:
    assert as_json(value) == meaning
