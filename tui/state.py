"""How a state looks: always a glyph and a word beside the colour, so that colour is never needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmwatch.tui.models.runs import Tone

if TYPE_CHECKING:
    from llmwatch.analysis.health import Level

STYLES: Final[Mapping[Tone, str]] = {
    "plain": "",
    "muted": "$muted",
    "strong": "bold",
    "ok": "$success",
    "warn": "$warning",
    "error": "$error",
    "accent": "$accent",
    "found": "$background on $warning",
    "chosen": "bold underline $accent",
    "selected": "$background on $primary",
}
"""The Textual style of a tone; its colours come from the theme."""


@dataclass(frozen=True, slots=True)
class Look:
    """A state on the screen."""

    glyph: str
    word: str
    tone: Tone


_LEVELS: Final[Mapping[Level, Look]] = {
    "OK": Look("✓", "OK", "ok"),
    "WARN": Look("▲", "WARN", "warn"),
    "CRIT": Look("✗", "CRIT", "error"),
    "IDLE": Look("○", "IDLE", "muted"),
}


def look(level: Level) -> Look:
    """How ``level`` is drawn."""
    return _LEVELS[level]
