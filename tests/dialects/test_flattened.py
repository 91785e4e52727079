"""Lists rebuilt from flattened names."""

from __future__ import annotations

from typing import Any

import pytest

from llmwatch.collector.dialects.flattened import filled, path_of, shape_of


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("0.role", (0, "role")),
        ("12.tool_calls.3.id", (12, "tool_calls", 3, "id")),
        ("0", (0,)),
        ("name", None),
        ("", None),
        ("9999999999.role", None),
        ("-1.role", None),
        ("0" + ".a" * 16, None),
    ],
)
def test_paths(name: str, path: Any) -> None:
    assert path_of(name) == path


@pytest.mark.parametrize(
    ("items", "value"),
    [
        ([], []),
        ([((0,), "a"), ((1,), "b")], ["a", "b"]),
        ([((7,), "b"), ((2,), "a")], ["a", "b"]),
        ([((0, "role"), "user"), ((0, "content"), "hi")], [{"role": "user", "content": "hi"}]),
        ([((0, "calls", 5, "id"), "c1")], [{"calls": [{"id": "c1"}]}]),
        ([((0,), {"sent": "whole"})], [{"sent": "whole"}]),
        # names that contradict each other: the first one stays
        ([((0, "content"), "hi"), ((0, "content", "text"), "x")], [{"content": "hi"}]),
        ([((0, "content", "text"), "x"), ((0, "content"), "hi")], [{"content": {"text": "x"}}]),
        ([((0, "m"), {"sent": 1}), ((0, "m", "role"), "x")], [{"m": {"sent": 1}}]),
    ],
)
def test_rebuilt(items: Any, value: Any) -> None:
    assert _rebuilt(items) == value


def test_what_was_sent_is_not_changed() -> None:
    sent = {"role": "user"}
    _rebuilt([((0, "m"), sent), ((0, "m", "content"), "hi")])
    assert sent == {"role": "user"}


def _rebuilt(items: Any) -> Any:
    return filled(shape_of([path for path, _ in items]), [value for _, value in items])
