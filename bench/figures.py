"""One measured figure and the bar it is held against; a table of them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was measured, its values over the runs, and how much is allowed."""

    name: str
    values: Sequence[float]
    unit: str
    bar: float | None = None
    """None for a figure that is only told."""
    sense: Literal["at most", "at least"] = "at most"

    @property
    def median(self) -> float:
        """The value that is judged."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the bar is held; None without one."""
        if self.bar is None:
            return None
        return self.median <= self.bar if self.sense == "at most" else self.median >= self.bar


def table(figures: Iterable[Figure]) -> str:
    """A Markdown table: median (lowest to highest), the bar, and whether it is held."""
    rows = ["| | measured | bar | |", "|---|---|---|---|"]
    for figure in figures:
        low, high = min(figure.values), max(figure.values)
        spread = f" ({_number(low)} to {_number(high)})" if len(figure.values) > 1 else ""
        bar = "" if figure.bar is None else f"{figure.sense} {_number(figure.bar)}"
        held = {None: "", True: "held", False: "**missed**"}[figure.met]
        rows.append(f"| {figure.name} | {_number(figure.median)}{spread} {figure.unit} | {bar} | {held} |")
    return "\n".join(rows)


def _number(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"
