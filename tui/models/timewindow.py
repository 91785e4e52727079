"""A stretch of time in equal steps, for charts: how long, which times stand below, where a line breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from llmwatch.format import clock

DAY_S: Final = 86_400
STEPS: Final = 60
_SPANS_S: Final = (3600, 3 * 3600, 6 * 3600, 12 * 3600, DAY_S)
_TICKS_S: Final = (600, 1800, 3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600)
_BRIDGE: Final = 2
"""Steps without a value that the line of a chart goes on over."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time in equal steps."""

    start_s: int
    step_s: int

    @property
    def starts(self) -> range:
        """When each step begins, Unix seconds; the last one is running."""
        return range(self.start_s, self.start_s + self.step_s * (STEPS + 1), self.step_s)

    @property
    def end_s(self) -> int:
        """The end of the last step."""
        return self.starts[-1] + self.step_s

    @property
    def title(self) -> str:
        """``24 h``."""
        return f"{self.step_s * STEPS // 3600} h"


def window_of(first_s: int | None, now_s: int) -> Window:
    """The shortest of 1, 3, 6, 12 and 24 hours up to now that holds everything since ``first_s``."""
    span = next((each for each in _SPANS_S if first_s is not None and now_s - first_s <= each), DAY_S)
    step = max(span // STEPS // 60, 1) * 60
    return Window(now_s // step * step - step * STEPS, step)


def tick_labels(window: Window, most: int) -> tuple[list[float], list[str]]:
    """Round times to put under the chart, ``most`` at most: their positions in steps, and how they read."""
    span_s = window.end_s - window.start_s
    every = next((each for each in _TICKS_S if span_s // each <= most), _TICKS_S[-1])
    times = range(-(-window.start_s // every) * every, window.end_s, every)
    steps = [(time_s - window.start_s) / window.step_s for time_s in times]
    return steps, [f"{clock(time_s * 10**9):.5}" for time_s in times]


def stretches(values: Sequence[float | None]) -> list[list[int]]:
    """Steps to draw a line through: it goes on over gaps of a step or two, and breaks at longer ones."""
    runs: list[list[int]] = []
    for step, value in enumerate(values):
        if value is not None:
            if runs and step - runs[-1][-1] <= _BRIDGE + 1:
                runs[-1].append(step)
            else:
                runs.append([step])
    return runs
