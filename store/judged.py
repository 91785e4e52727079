"""What a score adds to the sums of its name. Pure."""

from __future__ import annotations

from typing import Final

NEGATIVE_BELOW: Final = 0.5
"""Scores run from 0 to 1; what is below the middle is counted as negative."""
LOW_BELOW: Final = 0.7
"""What judges are told is acceptable."""
HIGH_FROM: Final = 0.8
"""Four stars of five."""


def score_numbers(value: float | None) -> tuple[int, int, float, int, int, int]:
    """Scores, those with a value, its sum, and those that are negative, low and high."""
    if value is None:
        return 1, 0, 0.0, 0, 0, 0
    return 1, 1, value, value < NEGATIVE_BELOW, value < LOW_BELOW, value >= HIGH_FROM
