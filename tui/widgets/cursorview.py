"""A `RowView` with all of its rows at hand and a cursor on one of them."""

from __future__ import annotations

from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message

from llmwatch.tui.widgets.rowview import RowView


class CursorView(RowView):
    """The cursor is always on the screen; what has it is drawn on the theme's cursor colour."""

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, view: CursorView) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> CursorView:
            """The view whose cursor moved."""
            return self.view

    class Chosen(Moved):
        """The row under the cursor was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0
        self.count = 0

    def ground(self, position: int) -> str:
        """The cursor."""
        return self.cursor_ground if position == self.cursor and self.count else ""

    def show_rows(self, count: int, cursor: int) -> None:
        """There are other rows now, and the cursor is on ``cursor``; it keeps its place on the screen."""
        offset = self.cursor - self.top
        self.count = count
        self.cursor = max(0, min(cursor, count - 1))
        self.set_rows(count)
        self._reveal(self.cursor - offset)
        self.refresh()

    def go(self, position: int) -> None:
        """Put the cursor on a row, as near as there is one."""
        before = self.cursor
        self.cursor = max(0, min(position, self.count - 1))
        if self.cursor != before:
            self._reveal(self.top)
            self.repaint(before)
            self.repaint(self.cursor)
            self.post_message(self.Moved(self))

    def page(self, step: int) -> None:
        """A screenful up or down, with a row of overlap."""
        self.go(self.cursor + step * max(self.rows_shown - 1, 1))

    def _reveal(self, top: int) -> None:
        last = max(self.count - self.rows_shown, 0)
        top = max(self.cursor - self.rows_shown + 1, 0, min(top, self.cursor, last))
        if top != self.top:
            self.jump_to(top)

    def _on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self._wheel(event, 3)

    def _on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self._wheel(event, -3)

    def _wheel(self, event: MouseScrollDown | MouseScrollUp, rows: int) -> None:
        event.stop()
        event.prevent_default()
        self.go(self.cursor + rows)

    def on_click(self, event: Click) -> None:
        """The cursor goes to the row that was clicked."""
        position = self.top + event.y - self.header
        if self.header <= event.y and position < self.count:
            self.go(position)
            if event.chain > 1:
                self.post_message(self.Chosen(self))
