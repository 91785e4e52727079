"""The part of the trace list that is on the screen, and how it stays put while traces arrive.

The list *follows* while the cursor is on its first row: what arrives pushes the rest down. Anywhere else it
*holds*: the rows on the screen stay the same ones, and what arrives above is counted. *Paused* it does not
even grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from llmwatch.tui.models.traceorder import NOTHING, EveryTrace, Order


@dataclass(frozen=True, slots=True)
class View:
    """What a read needs to know of the window: which rows it will show once the list is another."""

    held: int | None
    """The trace at the top of the screen; None while the list follows."""
    height: int

    def rows(self, order: Order) -> Sequence[int]:
        """The traces that will be on the screen."""
        top = (order.position(self.held) if self.held is not None else None) or 0
        return order.ids(top, top + self.height)


@dataclass(slots=True)
class TraceWindow:
    """Cursor and viewport over an `Order`. Positions count from 0, the first row."""

    order: Order = NOTHING
    """What is shown."""
    latest: Order = NOTHING
    """What there is; differs from ``order`` only while paused."""
    height: int = 1
    """Rows on the screen."""
    cursor: int = 0
    top: int = 0
    paused: bool = False
    seen: int = 0
    """The newest trace that was at the top while the list followed."""
    marked: set[int] = field(default_factory=set)
    anchor: int | None = None
    """Where a range of marks began: a trace id."""

    @property
    def following(self) -> bool:
        """Whether new traces are shown as they come."""
        return not self.paused and self.cursor == 0

    @property
    def unseen(self) -> int:
        """How many traces have come since the list last followed."""
        return 0 if self.following else self.latest.newer_than(self.seen)

    @property
    def cursor_id(self) -> int | None:
        """The trace under the cursor."""
        ids = self.order.ids(self.cursor, self.cursor + 1)
        return ids[0] if ids else None

    @property
    def visible(self) -> Sequence[int]:
        """The traces on the screen."""
        return self.order.ids(self.top, self.top + self.height)

    @property
    def view(self) -> View:
        """What to read for the screen."""
        held = None if self.following else next(iter(self.visible), None)
        return View(held, self.height)

    def show(self, order: Order) -> None:
        """Shows another list, with the cursor on the same trace where that is in it too."""
        held = self.cursor_id if self.cursor else None
        at = order.position(held) if held is not None else 0
        self.order = self.latest = order
        self.anchor = None
        self.top = 0
        self.move_to(at or 0)

    def arrived(self, order: Order) -> None:
        """Takes in a newer state of the list that is shown."""
        self.latest = order
        if self.paused:
            return
        held = self.cursor_id if self.cursor else None
        self.order = order
        at = order.position(held) if held is not None else self.cursor
        if at is not None:
            self.top += at - self.cursor
            self.cursor = at
        self.move_to(self.cursor)

    def pause(self, paused: bool) -> None:
        """Freezes the list, or goes back to the first row of what there is now."""
        self.paused = paused
        if not paused:
            self.order = self.latest
            self.move_to(0)

    def move_to(self, position: int) -> None:
        """Puts the cursor on a row, as near as there is one, and the row on the screen."""
        self.cursor = max(0, min(position, len(self.order) - 1))
        self._show_cursor()
        if self.following:
            newest = self.order.ids(0, 1)
            self.seen = newest[0] if newest else self.seen

    def scroll_to(self, top: int) -> None:
        """Puts a row at the top of the screen; the cursor goes along."""
        offset = self.cursor - self.top
        self.top = top
        self.move_to(self.top + offset)

    def resize(self, height: int) -> None:
        """Takes in how many rows fit."""
        self.height = max(height, 1)
        self._show_cursor()

    def _show_cursor(self) -> None:
        lowest = max(self.cursor - self.height + 1, 0)
        self.top = max(lowest, min(self.top, self.cursor, len(self.order) - self.height))

    def mark(self) -> None:
        """Marks the trace under the cursor, or takes its mark away, and goes on to the next row."""
        if (id_ := self.cursor_id) is not None:
            self.marked ^= {id_}
            self.move_to(self.cursor + 1)

    def mark_range(self) -> None:
        """Begins a range at the cursor, or marks from where it began to the cursor."""
        start = self.order.position(self.anchor) if self.anchor is not None else None
        if start is None:
            self.anchor = self.cursor_id
            return
        first, last = sorted((start, self.cursor))
        self.marked.update(self.order.ids(first, last + 1))
        self.anchor = None

    def in_range(self, position: int) -> bool:
        """Whether a row lies between the beginning of a range and the cursor."""
        start = self.order.position(self.anchor) if self.anchor is not None else None
        return start is not None and min(start, self.cursor) <= position <= max(start, self.cursor)


def every(id_range: tuple[int, int] | None) -> EveryTrace:
    """The order of all traces, from the oldest and the newest id."""
    return NOTHING if id_range is None else EveryTrace(*id_range)
