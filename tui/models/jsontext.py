"""JSON as people read it, and a finger on the place where it is broken."""

from __future__ import annotations

import json
from typing import Any

from llmwatch.neutral import neutral
from llmwatch.tui.models.document import Line, text_lines

_REACH = 30
"""Characters shown on each side of a mistake in a long line."""


def pretty(value: Any) -> str:
    """A JSON value, indented."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def as_json_text(value: Any) -> str:
    """An attribute's value as text: a string as it is, anything else as compact JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def json_lines(text: str, indent: str = "") -> tuple[Line, ...]:
    """``text`` indented when it is JSON; otherwise as it is, with what is wrong and where."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return (*text_lines(text, indent=indent), *_pointer(text, error, indent))
    except (RecursionError, ValueError) as error:  # nested too deeply, or a number with too many digits
        return (*text_lines(text, indent=indent), ((f"{indent}▲ cannot be shown as JSON: {error}", "warn"),))
    return text_lines(pretty(value), indent=indent)


def looks_like_json(text: str) -> bool:
    """Whether ``text`` is a JSON object or list."""
    if text[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _pointer(text: str, error: json.JSONDecodeError, indent: str) -> tuple[Line, ...]:
    line = text.split("\n")[error.lineno - 1]
    at = error.colno - 1
    start = max(at - _REACH, 0)
    before, after = neutral(line[start:at]), neutral(line[at : at + _REACH])
    return (
        ((f"{indent}▲ malformed JSON at line {error.lineno}, column {error.colno}: {error.msg}", "error"),),
        ((f"{indent}  {before}", "muted"), (after or " ", "error")),
        ((f"{indent}  {' ' * len(before)}^", "error"),),
    )
