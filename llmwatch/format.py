"""How numbers and times are written: the one place for it.

Every function returns text no wider than its ``…_WIDTH``, so that a column right-aligned to that width never
moves (``f"{money(n):>{MONEY_WIDTH}}"``). Unknown is ``–``, never 0.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Final

UNKNOWN: Final = "–"
MONEY_WIDTH: Final = 8
TOKENS_WIDTH: Final = 7
DURATION_WIDTH: Final = 7
AGE_WIDTH: Final = 6
PERCENT_WIDTH: Final = 6
CLOCK_WIDTH: Final = 8

SECOND: Final = 1_000_000_000
_MINUTE: Final = 60 * SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_DOLLAR: Final = 1_000_000_000


def money(nanousd: int | None) -> str:
    """Dollars from nano-dollars: ``$0.0061``, ``$1.84``, ``$1,204``, ``$12.3M``; free is ``$0``."""
    if nanousd is None:
        return UNKNOWN
    if nanousd == 0:
        return "$0"
    if nanousd < _DOLLAR // 10_000:
        return "<$0.0001"
    dollars = nanousd / _DOLLAR
    if dollars < 0.99995:
        return f"${dollars:.4f}"
    if dollars < 999.995:
        return f"${dollars:.2f}"
    if dollars < 999_999.5:
        return f"${dollars:,.0f}"
    return f"${_scaled(dollars)}"


def tokens(count: int | float | None) -> str:
    """A count: exact with thousands separators below 100,000, then ``123 k``, ``1.23 M``."""
    if count is None:
        return UNKNOWN
    if count < 99_999.5:
        return f"{count:,.0f}"
    return _scaled(count, " ")


def _scaled(value: float, space: str = "") -> str:
    for unit in ("k", "M", "G", "T"):
        value /= 1000
        if value < 999.5 or unit == "T":
            break
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{digits}f}{space}{unit}"


def duration(ns: int | float | None) -> str:
    """How long something took: ``412 µs``, ``410 ms``, ``14.8 s``, ``2m 05s``, ``1h 04m``, ``3d 4h``."""
    if ns is None:
        return UNKNOWN
    if ns < 999_500:
        return f"{ns / 1e3:.0f} µs"
    if ns < 999_500_000:
        return f"{ns / 1e6:.0f} ms"
    if ns < 99.95 * SECOND:
        return f"{ns / SECOND:.1f} s"
    seconds = round(ns / SECOND)
    if seconds < 3600:
        return f"{seconds // 60}m {seconds % 60:02}s"
    if seconds < 86_400:
        return f"{seconds // 3600}h {seconds % 3600 // 60:02}m"
    if seconds < 8_640_000:
        return f"{seconds // 86_400}d {seconds % 86_400 // 3600}h"
    return f"{min(seconds // 86_400, 999_999)}d"


def age(ns: int | None) -> str:
    """How long ago something was: ``0.2 s``, ``12 s``, ``4 min``, ``3 h``, ``2 d``."""
    if ns is None:
        return UNKNOWN
    if ns < SECOND:
        return f"{max(ns, 0) // (SECOND // 10) / 10:.1f} s"
    if ns < _MINUTE:
        return f"{ns // SECOND} s"
    if ns < _HOUR:
        return f"{ns // _MINUTE} min"
    if ns < _DAY:
        return f"{ns // _HOUR} h"
    return f"{min(ns // _DAY, 9999)} d"


def percent(share: float | None) -> str:
    """A share of one: ``0.4 %``, ``97 %``; what is not quite nothing or all is never rounded to it."""
    if share is None:
        return UNKNOWN
    value = share * 100
    if 0 < value < 0.05:
        return "<0.1 %"
    if 99.5 <= value < 100:
        return f"{min(value, 99.9):.1f} %"
    if value < 9.95 and value:
        return f"{value:.1f} %"
    return f"{min(value, 9999):.0f} %"


def change(before: float | None, now: float | None) -> str:
    """The relative change of a number: ``−9 %``, ``+12 %``, ``±0 %``; empty when it cannot be told."""
    if not before or now is None:
        return ""
    relative = round((now - before) / before * 100)
    sign = "±" if relative == 0 else "+" if relative > 0 else "−"
    return f"{sign}{min(abs(relative), 999)} %"


def plural(count: int, noun: str) -> str:
    """A count with its noun: ``1 span``, ``2,048 spans``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def size(count: int) -> str:
    """Bytes in binary units: ``412 B``, ``1.1 GB``."""
    value = float(count)
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if value < 999.5 or unit == "TB":
            break
        value /= 1024
    digits = 0 if unit == "B" or value >= 99.95 else 1
    return f"{value:.{digits}f} {unit}"


def clock(ns: int, zone: tzinfo | None = None) -> str:
    """The time of day in ``zone`` (the machine's own when None): ``12:03:11``."""
    return _local(ns, zone).strftime("%H:%M:%S")


def since(ns: int, now_ns: int, zone: tzinfo | None = None) -> str:
    """A moment in the past, as exact as it is near: ``11:48``, ``Tue 09:12``, ``3 Nov``, ``2024-11-20``."""
    then, now = _local(ns, zone), _local(now_ns, zone)
    days = (now.date() - then.date()).days
    if days == 0:
        return f"{then:%H:%M}"
    if 0 < days < 7:
        return f"{then:%a %H:%M}"
    if then.year == now.year:
        return f"{then.day} {then:%b}"
    return f"{then:%Y-%m-%d}"


def _local(ns: int, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(ns / SECOND, zone)
