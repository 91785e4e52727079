"""Text with meaning: pieces of a line and the tone each is drawn in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from rich.cells import cell_len

Tone: TypeAlias = Literal[
    "plain", "muted", "strong", "ok", "warn", "error", "accent", "found", "chosen", "selected"
]
"""State or emphasis; the theme gives it a colour, and a glyph or a word always stands beside it."""

Run: TypeAlias = tuple[str, Tone]
"""A piece of a line, neutral already."""


def runs_width(runs: Iterable[Run]) -> int:
    """Columns that the pieces take side by side; a wide character takes two."""
    return sum(cell_len(text) for text, _ in runs)
