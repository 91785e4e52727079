"""What the trace list is asked to show, and what its border says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmwatch.neutral import neutral_line
from llmwatch.tui import format as fmt
from llmwatch.tui.models.runs import Run

if TYPE_CHECKING:
    from llmwatch.store.filters import Filter


@dataclass(frozen=True, slots=True)
class Sort:
    """An order that a person chose instead of the time of arrival."""

    by: str
    """What it is called: took, cost, tokens."""
    ascending: bool = False


SORTS: Final = ("took", "cost", "tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which traces to show, and in which order."""

    text: str = ""
    filter: Filter | None = None
    """What ``text`` means; None for all traces."""
    about: str = ""
    """Whose number the traces are behind, when they were reached from one."""
    sort: Sort | None = None
    only_marked: bool = False

    @property
    def is_fixed(self) -> bool:
        """Whether the list stays as it was read: a moment's sorted list, or the marked traces."""
        return self.only_marked or self.sort is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How the list stands."""

    choice: Choice
    rows: int
    counted: bool
    """Whether all that matches has been found."""
    unseen: int
    following: bool
    paused: bool
    marked: int
    read_ns: int
    """When a sorted list was read."""
    most_sorted: int
    """A sorted list has no more rows than this."""


def title(shown: Shown) -> list[Run]:
    """What follows the name in the border."""
    choice = shown.choice
    parts: list[Run] = [_state(shown)]
    if shown.unseen and not choice.is_fixed:
        parts.append((f"+{shown.unseen:,} new", "accent"))
    if choice.about:
        parts.append((neutral_line(choice.about), "plain"))
    if choice.text:
        parts.append((neutral_line(choice.text), "accent"))
    if shown.marked and not choice.only_marked:
        parts.append((f"{shown.marked:,} marked", "accent"))
    return [(f" · {text}", tone) for text, tone in parts]


def _state(shown: Shown) -> Run:
    if shown.choice.only_marked:
        return "only marked", "accent"
    if (sort := shown.choice.sort) is not None:
        way = "least" if sort.ascending else "most"
        return f"by {sort.by}, {way} first, as of {fmt.clock(shown.read_ns)}", "accent"
    if shown.paused:
        return "◌ paused", "warn"
    return ("● following", "ok") if shown.following else ("○ holding, F follows", "muted")


def count(shown: Shown) -> str:
    """How many traces there are to show."""
    if shown.choice.sort is not None and shown.rows == shown.most_sorted:
        return f"the first {shown.rows:,}"
    if shown.choice.text and not shown.choice.is_fixed:
        return f"{shown.rows:,}{'' if shown.counted else '+'} match"
    return fmt.plural(shown.rows, "trace")
