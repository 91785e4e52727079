"""Numbers as llmwatch.format writes them, and fitting them into terminal cells."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from llmwatch.format import (
    AGE_WIDTH,
    CLOCK_WIDTH,
    DURATION_WIDTH,
    MONEY_WIDTH,
    PERCENT_WIDTH,
    SECOND,
    TOKENS_WIDTH,
    UNKNOWN,
    age,
    change,
    clock,
    duration,
    money,
    percent,
    plural,
    since,
    size,
    tokens,
)

__all__ = [
    "AGE_WIDTH",
    "CLOCK_WIDTH",
    "DURATION_WIDTH",
    "MONEY_WIDTH",
    "PERCENT_WIDTH",
    "SECOND",
    "TOKENS_WIDTH",
    "UNKNOWN",
    "age",
    "change",
    "clock",
    "duration",
    "fit",
    "money",
    "percent",
    "plural",
    "since",
    "size",
    "tokens",
]


def fit(text: str, width: int) -> str:
    """``text`` (neutral already) in exactly ``width`` terminal cells: padded, or cut with ``…``."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…" if width > 0 else ""
