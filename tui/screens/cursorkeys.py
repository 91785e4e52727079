"""Keys that move a cursor, for screens that have one view or several."""

from __future__ import annotations

from textual.screen import Screen

from llmwatch.tui.widgets.cursorview import CursorView


class CursorKeys(Screen[None]):
    """The keys move the cursor of `moved`."""

    @property
    def moved(self) -> CursorView:
        """The view that the keys are for now."""
        raise NotImplementedError

    def action_cursor_down(self) -> None:
        """A line down."""
        self.moved.go(self.moved.cursor + 1)

    def action_cursor_up(self) -> None:
        """A line up."""
        self.moved.go(self.moved.cursor - 1)

    def action_page_down(self) -> None:
        """A screenful down."""
        self.moved.page(1)

    def action_page_up(self) -> None:
        """A screenful up."""
        self.moved.page(-1)

    def action_top(self) -> None:
        """To the first line."""
        self.moved.go(0)

    def action_bottom(self) -> None:
        """To the last line."""
        self.moved.go(self.moved.count - 1)
