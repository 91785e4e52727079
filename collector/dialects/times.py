"""Points in time and durations in whatever unit they were sent, as integer nanoseconds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from llmwatch.collector.dialects.values import number, parsed

_S: Final = 1_000_000_000
_MS: Final = 1_000_000
_US: Final = 1_000
_LATEST_NS: Final = 1 << 63  # April 2262, and the largest integer SQLite keeps
_LONGEST_NS: Final = 366 * 86_400 * _S
"""Durations beyond a year are mistakes of unit."""
_UNITS: Final = ((10**11, _S), (10**14, _MS), (10**17, _US), (_LATEST_NS, 1))
"""Below what a number of seconds, ms, µs, ns since 1970 stays until the year 5138 or 2262."""
_EARLIEST_S: Final = 10**8
"""March 1973: a smaller number is a duration under a name that could be a time's."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FRACTION: Final = re.compile(r"\.(\d+)")


def time_ns(value: Any) -> int | None:
    """A time since 1970: a number of s, ms, µs or ns (told apart by its size), or ISO 8601.

    ISO text without a zone is taken as UTC. None for what is no time before 2262.
    """
    value = parsed(value)
    found = number(value)
    if found is None:
        return _iso(value) if isinstance(value, str) else None
    unit = next((unit for limit, unit in _UNITS if found < limit), None)
    if found < _EARLIEST_S or unit is None:
        return None
    # Seconds in a float are good to 0.2 µs: whole microseconds are what was meant.
    whole = found * unit if isinstance(found, int) else round(found * unit / _US) * _US
    return whole if whole < _LATEST_NS else None


def duration(unit_ns: int) -> Callable[[Any], int | None]:
    """A reader of durations in a unit of ``unit_ns`` nanoseconds."""

    def read(value: Any) -> int | None:
        found = number(value)
        if found is None or not 0 <= found * unit_ns < _LONGEST_NS:
            return None
        return round(found * unit_ns)

    return read


seconds: Final = duration(_S)
milliseconds: Final = duration(_MS)
microseconds: Final = duration(_US)
nanoseconds: Final = duration(1)


def seconds_or_ns(value: Any) -> int | None:
    """A duration under a key that some send in seconds and some in nanoseconds: nobody waits 11 days."""
    found = number(value)
    return nanoseconds(value) if found is not None and found >= 1e6 else seconds(value)


def seconds_or_ms(value: Any) -> int | None:
    """A duration under a key without a unit: from 100 on it is milliseconds, below it is seconds."""
    found = number(value)
    return milliseconds(value) if found is not None and found >= 100 else seconds(value)


def _iso(source: str) -> int | None:
    source = source.strip()
    fraction = _FRACTION.search(source)
    digits = fraction[1] if fraction else ""
    try:
        moment = datetime.fromisoformat(_FRACTION.sub("", source, count=1))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    whole = (moment - _EPOCH).days * 86_400 + (moment - _EPOCH).seconds
    found = whole * _S + int(digits[:9].ljust(9, "0") or 0)
    return found if 0 < found < _LATEST_NS else None
