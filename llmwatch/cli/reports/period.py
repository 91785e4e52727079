"""The days a report is about, in the configured zone, and those before, which it compares them with. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from llmwatch.analysis.budget import SECOND_NS, day_bounds
from llmwatch.errors import UsageError

Kind: TypeAlias = Literal["daily", "weekly"]
_DAYS: Final = {"daily": 1, "weekly": 7}
_WORDS: Final = {"today": 0, "yesterday": 1}
_FIRST_YEAR: Final = 1971
_LAST_YEAR: Final = 2262
"""Beyond these, times in nanoseconds do not fit the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole local days, the last one as far as it has come. Times are Unix seconds, ends excluded."""

    kind: Kind
    first: date
    last: date
    zone: ZoneInfo
    start_s: int
    end_s: int
    """Never later than now."""
    before: tuple[int, int]
    """As many days before, as far as this period has come."""
    whole: bool
    """Whether it is over."""

    @property
    def at_ns(self) -> int:
        """The last moment of it."""
        return self.end_s * SECOND_NS - 1

    @property
    def title(self) -> str:
        """``2 March 2026``, ``24 February to 2 March 2026``."""
        last = f"{self.last.day} {self.last:%B %Y}"
        return last if self.first == self.last else f"{self.first.day} {self.first:%B} to {last}"


def period(kind: Kind, last: date, now_ns: int, zone: ZoneInfo) -> Period:
    """The day ``last``, or the seven days that end with it.

    Raises:
        UsageError: It has not begun.
    """
    days = _DAYS[kind]
    first = last - timedelta(days=days - 1)
    start_s, end_s = _midnight_s(first, zone), _midnight_s(last + timedelta(days=1), zone)
    now_s = -(-now_ns // (60 * SECOND_NS)) * 60
    if start_s >= now_s:
        raise UsageError(f"{last} has not come yet", hint="Give a day that has: --date yesterday")
    reached_s = min(end_s, now_s)
    earlier_s = _midnight_s(first - timedelta(days=days), zone)
    return Period(
        kind=kind,
        first=first,
        last=last,
        zone=zone,
        start_s=start_s,
        end_s=reached_s,
        before=(earlier_s, min(start_s, earlier_s + reached_s - start_s) if reached_s < end_s else start_s),
        whole=reached_s == end_s,
    )


def day_of(text: str | None, now_ns: int, zone: ZoneInfo) -> date:
    """The day that ``text`` means: an ISO date, ``today`` (also without a text) or ``yesterday``.

    Raises:
        UsageError: It means none.
    """
    word = (text or "today").strip().lower()
    if word in _WORDS:
        start_s, _ = day_bounds(now_ns, zone)
        return datetime.fromtimestamp(start_s, zone).date() - timedelta(days=_WORDS[word])
    try:
        found = date.fromisoformat(word)
    except ValueError:
        found = None
    if found is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise UsageError(f"--date {text} is no day", hint="Write 2026-03-02, today or yesterday.")
    return found


def _midnight_s(day: date, zone: ZoneInfo) -> int:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
    return day_bounds(int(noon.timestamp()) * SECOND_NS, zone)[0]
