"""Reading the values of a filter expression: money, durations, dates."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Final

from llmwatch.durations import parse_duration
from llmwatch.store.filterterms import Sort

_CHOICES: Final = {"status": ("error", "ok", "running"), "yes_no": ("yes", "no")}
_SCALES: Final = {"money": {"": 10**9}, "count": {"": 1, "k": 10**3, "m": 10**6}}
"""Units of numbers; money is kept in nano-dollars."""
EXAMPLES: Final[dict[Sort, str]] = {
    "status": "status:error, status:ok or status:running",
    "yes_no": "yes or no",
    "money": "dollars, e.g. cost>0.05",
    "duration": "a duration, e.g. dur>2s or ttft>500ms",
    "count": "a number, e.g. tokens>10k",
    "age": "an age, e.g. since:15m, since:2h or since:7d",
    "date": "a date, e.g. after:2026-03-01 or after:2026-03-01T14:30",
}
"""What to write for values of each sort, but for words."""
_NUMBER: Final = re.compile(r"\$?(\d+(?:\.\d+)?|\.\d+)([A-Za-z]*)", re.ASCII)
_LARGEST: Final = 1 << 62
"""SQLite's integers, with room for what is added to them."""


def convert(sort: Sort, value: str) -> str | int | None:
    """What ``value`` means; None when it is nothing of that sort."""
    if sort == "words":
        return value
    if sort in _CHOICES:
        return value if value in _CHOICES[sort] else None
    if sort == "date":
        number = _date(value)
    elif sort in ("duration", "age"):
        number = parse_duration(value)
    else:
        match = _NUMBER.fullmatch(value)
        scale = _SCALES[sort].get(match[2].lower()) if match else None
        number = round(Decimal(match[1]) * scale) if match and scale else None
    return number if number is None or abs(number) < _LARGEST else None


def _date(value: str) -> int | None:
    """Nanoseconds of an ISO 8601 date; one without a zone is meant where the user is."""
    try:
        return round(datetime.fromisoformat(value).timestamp() * 10**6) * 1000
    except (ValueError, OverflowError, OSError):
        return None
