"""Reading a length of time as people write it: ``15m``, ``2s``, ``500ms``, ``1h30m``, ``7d``."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_UNITS_NS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "min": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
    "w": 604_800_000_000_000,
}
_STEP: Final = re.compile(r"(\d{1,15}(?:\.\d{1,9})?|\.\d{1,9})\s*(ns|us|µs|ms|s|min|m|h|d|w)\s*")
EXAMPLES: Final = "15m, 2s, 500ms, 1h30m, 7d"
"""What to show to someone whose text could not be read."""


def parse_duration(text: str) -> int | None:
    """Nanoseconds that ``text`` stands for; None when it is no length of time. A number needs its unit."""
    position, total_ns = 0, Decimal(0)
    plain = text.strip().lower()
    while position < len(plain):
        step = _STEP.match(plain, position)
        if step is None:
            return None
        total_ns += Decimal(step[1]) * _UNITS_NS[step[2]]
        position = step.end()
    return round(total_ns) if plain else None
