"""Embedding vectors taken out of what is kept: 1,536 numbers are 30 KB that nobody reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_SHORTEST: Final = 8
"""Lists of fewer numbers are kept: they may be scores."""
_SHORTEST_TEXT: Final = 100
"""Shorter texts are not searched."""
_NUMBER: Final = r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_LIST: Final = re.compile(rf"\[\s*{_NUMBER}(?:\s*,\s*{_NUMBER}){{{_SHORTEST - 1},}}\s*\]")
_BASE64: Final = re.compile(r'("embedding"\s*:\s*")([A-Za-z0-9+/]{40,}=*)"')


def without_vectors(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """``attributes`` with a note of its length in place of each vector, in lists and in JSON text."""
    return {
        name: value if isinstance(value, str) and len(value) < _SHORTEST_TEXT else _without(value)
        for name, value in attributes.items()
    }


def without_vectors_in(text: str | None) -> str | None:
    """JSON text with a note of its length in place of each vector."""
    if text is None or len(text) < _SHORTEST_TEXT:
        return text
    return _BASE64.sub(_base64_note, _LIST.sub(lambda found: f'"{_note(found[0].count(",") + 1)}"', text))


def _without(value: Any) -> Any:
    if isinstance(value, str):
        return without_vectors_in(value)
    if isinstance(value, dict):
        return {name: _without(item) for name, item in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) >= _SHORTEST and all(isinstance(item, float | int) for item in value):
        return _note(len(value))
    return [_without(item) for item in value]


def _base64_note(found: re.Match[str]) -> str:
    size = len(found[2]) * 3 // 4 - found[2].count("=")
    return f'{found[1]}{_note(size // 4)}"'


def _note(length: int) -> str:
    return f"[vector of {length} numbers]"
