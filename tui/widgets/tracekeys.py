"""Keys of the trace list that need nothing but its rows: moving, marking, copying."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Vertical

from llmwatch.tui.commands import bindings
from llmwatch.tui.host import host
from llmwatch.tui.models.tracecells import as_text
from llmwatch.tui.widgets.tracerows import TraceRows


class TraceKeys(Vertical):
    """The part of the trace list that acts on what is shown."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("list")

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.rows = TraceRows()

    def action_cursor_down(self) -> None:
        """To the next trace."""
        self.rows.go(self.rows.window.cursor + 1)

    def action_cursor_up(self) -> None:
        """To the trace before."""
        self.rows.go(self.rows.window.cursor - 1)

    def action_page_down(self) -> None:
        """A screenful down, with a row of overlap."""
        self.rows.go(self.rows.window.cursor + max(self.rows.rows_shown - 1, 1))

    def action_page_up(self) -> None:
        """A screenful up, with a row of overlap."""
        self.rows.go(self.rows.window.cursor - max(self.rows.rows_shown - 1, 1))

    def action_top(self) -> None:
        """To the newest trace, where the list follows."""
        self.rows.go(0)

    def action_bottom(self) -> None:
        """To the oldest trace."""
        self.rows.go(len(self.rows.window.order) - 1)

    def action_mark(self) -> None:
        """Mark or unmark the trace, and go on."""
        self.rows.window.mark()
        self.rows.show()

    def action_range(self) -> None:
        """Begin a range of marks, or end it here."""
        self.rows.window.mark_range()
        self.rows.show()

    def action_copy(self) -> None:
        """Copy the id of the trace, or the ids of those marked."""
        if row := self.rows.selected:
            host(self).copy(row.trace_id, f"trace id {row.trace_id}")

    def action_copy_all(self) -> None:
        """Copy what the screen shows of the list."""
        host(self).copy(self.text())

    def text(self) -> str:
        """The rows on the screen as plain text."""
        rows = [self.rows.cache.get(id_) for id_ in self.rows.window.visible]
        return as_text([row for row in rows if row is not None], host(self).now_ns())
