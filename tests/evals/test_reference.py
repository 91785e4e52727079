"""Outputs against what was expected of them, each check both ways."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.errors import UsageError
from llmwatch.evals.coderun import passes_tests
from llmwatch.evals.reference import NAMES, check_of

ADD = "Here it is:\n```python\ndef add(a, b):\n    return a + b\n```\nIt adds."


@pytest.mark.parametrize(
    ("spec", "output", "expected"),
    [
        ("exact", "Paris", "Paris"),
        ("exact", " Paris\n", "Paris"),
        ("exact", "Paris", {"answer": "Paris"}),
        ("exact", '{"output": "Paris"}', {"answer": "Paris"}),
        ("exact", '{"b": 1, "a": [2]}', {"a": [2], "b": 1}),
        ("exact", '```json\n{"a": 1, "b": 2}\n```', {"a": 1, "b": 2}),
        ("exact", "42", 42),
        ("contains", "The capital is PARIS.", "paris"),
        ("contains", "Paris and Lyon", ["Lyon", "Paris"]),
        ("contains", "It is 42.", 42),
        ("json", '{"city": "Paris", "more": 1}', {"city": "Paris"}),
        ("json:city", '{"city": "Paris", "size": 3}', {"city": "Paris", "size": 2}),
        ("json:city, size", '{"city": "Paris", "size": 2}', {"city": "Paris", "size": 2}),
        ("class", "Refund.", "refund"),
        ("class", '{"label": "refund", "urgent": true}', {"label": "Refund"}),
        ("class", "**refund**", {"class": "refund"}),
        ("number", "So it is 1,234.50 in all", 1234.5),
        ("number:0.01", "about 3.14", 3.1415),
        ("number:1%", "99.5", 100),
        ("number", '{"answer": -7}', "-7"),
        ("number", "2e3", 2000),
        ("regex", "Order 48213 is on its way", r"\b\d{5}\b"),
    ],
)
def test_passes(spec: str, output: str, expected: Any) -> None:
    assert check_of(spec)(output, expected) == (True, "")


@pytest.mark.parametrize(
    ("spec", "output", "expected", "why"),
    [
        ("exact", "paris", "Paris", "not Paris"),
        ("exact", "", "Paris", "not Paris"),
        ("contains", "Lyon", "Paris", "no Paris"),
        ("contains", "Paris", ["Paris", "Lyon"], "no Lyon"),
        ("json", "Paris", {"city": "Paris"}, "the output is no JSON object"),
        ("json", "{}", "Paris", "no object is expected"),
        ("json", "{}", {"city": "Paris"}, "no city"),
        ("json", '{"city": 1}', {"city": True}, "city is 1, not true"),
        ("json:town", '{"city": 1}', {"city": 1}, "town is not expected to be anything"),
        ("class", "delivery", "refund", "delivery, not refund"),
        ("class", "It is a refund", "refund", "it is a refund, not refund"),
        ("number", "none", 1, "no number in the output"),
        ("number", "1", "none", "no number is expected"),
        ("number:0.01", "3.2", 3.1415, "3.2, not 3.1415"),
        ("number:1%", "98", 100, "98, not 100"),
        ("regex", "Order", r"\d", r"nothing like \d"),
        ("regex", "Order", "(", "the pattern is none: missing ), unterminated subpattern at position 0"),
    ],
)
def test_fails(spec: str, output: str, expected: Any, why: str) -> None:
    assert check_of(spec)(output, expected) == (False, why)


@pytest.mark.parametrize("spec", ["nothing", "exact:x", "number:x", "number:-1", "number:nan", "code"])
def test_checks_that_are_none(spec: str) -> None:
    with pytest.raises(UsageError):
        check_of(spec)


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.lists(st.text())
    | st.dictionaries(st.text(), st.text())
)


@given(st.sampled_from([name for name in NAMES if name not in ("code", "regex")]), st.text(), VALUES)
def test_any_output_can_be_checked(spec: str, output: str, expected: Any) -> None:
    outcome = check_of(spec)(output, expected)
    assert outcome.passed is not bool(outcome.why)


@pytest.mark.parametrize(
    ("output", "expected", "why"),
    [
        (ADD, "assert add(1, 2) == 3", ""),
        ("def add(a, b): return a + b", "```python\nassert add(1, 2) == 3\n```", ""),
        (ADD, "assert add(1, 2) == 4, 'not 4'", "AssertionError: not 4"),
        ("def add(", "assert True", "SyntaxError: '(' was never closed"),
        ("import sys; sys.exit(3)", "assert True", "ended with 3"),
        ("import os; assert not [k for k in os.environ if 'KEY' in k or k == 'HOME']", "", ""),
        ("open('big', 'w').write('x' * 2_000_000)", "", "OSError: [Errno 27] File too large"),
        ("x = ' ' * 2_000_000_000", "", "MemoryError"),
    ],
)
def test_code(output: str, expected: str, why: str) -> None:
    assert passes_tests(output, expected) == (not why, why)


def test_code_that_does_not_end() -> None:
    assert passes_tests("while True: pass", "", 0.5) == (False, "not done after 0.5 s")
    assert passes_tests("x = 1", 3) == (False, "the expected output is no test code")
