"""The rows of the trace list: drawing, the cursor, marks. Where rows come from is tracelist.py's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.events import Click, MouseScrollDown, MouseScrollUp, Resize
from textual.message import Message

from llmwatch.tui.host import host
from llmwatch.tui.models.rowcache import RowCache
from llmwatch.tui.models.runs import Run
from llmwatch.tui.models.tracecells import Column, cells, glyph, header, layout
from llmwatch.tui.models.tracewindow import TraceWindow
from llmwatch.tui.widgets.rowview import RowView

if TYPE_CHECKING:
    from llmwatch.store.rows import TraceRow

_MARGIN = 4
"""The mark, the glyph of the state, and a blank after each."""


class TraceRows(RowView):
    """A window on any number of traces."""

    header = 1

    class Moved(Message):
        """The cursor or what is shown has changed."""

    class Chosen(Message):
        """The trace under the cursor was clicked twice."""

    class Needed(Message):
        """Rows are to be shown that are not at hand."""

    def __init__(self) -> None:
        super().__init__()
        self.window = TraceWindow()
        self.cache = RowCache()
        self.empty: Sequence[Run] = ()
        """What is said when there is no row."""
        self._columns: list[tuple[Column, int]] = []
        self._columns_for = -1

    @property
    def selected(self) -> TraceRow | None:
        """The trace under the cursor."""
        id_ = self.window.cursor_id
        return None if id_ is None else self.cache.get(id_)

    @property
    def columns(self) -> list[tuple[Column, int]]:
        """The columns that fit."""
        if self._columns_for != self.width:
            self._columns_for = self.width
            self._columns = layout(self.width - _MARGIN)
        return self._columns

    def header_row(self, y: int) -> Sequence[Run]:
        """The titles of the columns."""
        return ((" " * _MARGIN + header(self.columns), "muted"),)

    def row(self, position: int) -> Sequence[Run]:
        """A trace."""
        ids = self.window.order.ids(position, position + 1)
        if not ids:
            return self.empty if position == 1 and not len(self.window.order) else ()
        row = self.cache.get(ids[0])
        if row is None:
            return ((" " * _MARGIN + "…", "muted"),)
        mark = "▌" if ids[0] in self.window.marked or self.window.in_range(position) else " "
        text, tone = glyph(row)
        runs = cells(row, self.columns, host(self).now_ns())
        return ((mark, "accent"), (f"{text}  ", tone), *runs)

    def ground(self, position: int) -> str:
        """The cursor."""
        return self.cursor_ground if position == self.window.cursor and len(self.window.order) else ""

    def on_resize(self, event: Resize) -> None:
        """Other rows and columns may fit."""
        self.window.resize(self.rows_shown)
        self.show()

    def show(self) -> None:
        """Draws the window as it is now, once its rows are at hand: until then the old picture stays."""
        if self.cache.has(self.window.visible):
            self.set_rows(len(self.window.order))
            self.jump_to(self.window.top)
            self.refresh()
            self.post_message(self.Moved())
        else:
            self.post_message(self.Needed())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolled by the scrollbar: the window follows."""
        super().watch_scroll_y(old_value, new_value)
        if round(new_value) != self.window.top:
            self.window.scroll_to(round(new_value))
            self.show()

    def _on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self._wheel(event, 3)

    def _on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self._wheel(event, -3)

    def _wheel(self, event: MouseScrollDown | MouseScrollUp, rows: int) -> None:
        event.stop()
        event.prevent_default()
        self.go(self.window.cursor + rows)

    def on_click(self, event: Click) -> None:
        """The cursor goes to the row; a second click opens it."""
        position = self.top + event.y - self.header
        if event.y < self.header or position >= len(self.window.order):
            return
        self.go(position)
        if event.chain > 1:
            self.post_message(self.Chosen())

    def go(self, position: int) -> None:
        """Puts the cursor on a row."""
        before, top = self.window.cursor, self.window.top
        self.window.move_to(position)
        if self.window.top == top and self.window.anchor is None:
            self.repaint(before)
            self.repaint(self.window.cursor)
            self.post_message(self.Moved())
        else:
            self.show()
