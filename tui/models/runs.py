"""Text with meaning: pieces of a line and the tone each is drawn in."""

from __future__ import annotations

from typing import Literal, TypeAlias

Tone: TypeAlias = Literal[
    "plain", "muted", "strong", "ok", "warn", "error", "accent", "found", "chosen", "selected"
]
"""State or emphasis; the theme gives it a colour, and a glyph or a word always stands beside it."""

Run: TypeAlias = tuple[str, Tone]
"""A piece of a line, neutral already."""
