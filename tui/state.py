"""How a state looks: always a glyph and a word beside the colour, so that colour is never needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Level: TypeAlias = Literal["OK", "WARN", "CRIT", "IDLE"]


@dataclass(frozen=True, slots=True)
class Look:
    """A state on the screen."""

    glyph: str
    word: str
    style: str
    """A Textual style; its colours come from the theme."""


OK: Final = Look("✓", "OK", "$success")
WARN: Final = Look("▲", "WARN", "bold $warning")
CRIT: Final = Look("✗", "CRIT", "bold $error")
IDLE: Final = Look("○", "IDLE", "$text-muted")
RUNNING: Final = Look("◌", "running", "$accent")

MUTED: Final = "$text-muted"
ACCENT: Final = "$accent"
STRONG: Final = "bold"

_LEVELS: Final[dict[Level, Look]] = {"OK": OK, "WARN": WARN, "CRIT": CRIT, "IDLE": IDLE}


def look(level: Level) -> Look:
    """How ``level`` is drawn."""
    return _LEVELS[level]
