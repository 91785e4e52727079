"""The keys of the trace screen: each goes to the side that has the focus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import SuspendNotSupported
from textual.binding import BindingType

from llmwatch.errors import UsageError
from llmwatch.tui.commands import Place, bindings
from llmwatch.tui.host import host
from llmwatch.tui.messages import ShowReplay
from llmwatch.tui.models.spantext import span_text
from llmwatch.tui.outside import edit_outside, page_outside
from llmwatch.tui.screens.cursorkeys import CursorKeys
from llmwatch.tui.widgets.cursorview import CursorView
from llmwatch.tui.widgets.detailpane import DetailPane
from llmwatch.tui.widgets.spantree import SpanTree


class TraceScreenKeys(CursorKeys):
    """A tree, details, and what keys do to them."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("trace", "detail")
    KEYS_HERE: ClassVar[Sequence[Place]] = ("trace", "detail")

    def __init__(self) -> None:
        super().__init__()
        self.tree_view = SpanTree()
        self.details = DetailPane(id="details")

    @property
    def _in_details(self) -> bool:
        return self.focused is self.details.reader

    @property
    def moved(self) -> CursorView:
        """The side with the focus."""
        return self.details.reader if self._in_details else self.tree_view

    def go_back(self) -> bool:
        """Take the search's marks away, or go back to the tree where only one side has room."""
        if self.details.end_search():
            return True
        if self._in_details and not self.has_class("-wide"):
            self.action_other_side()
            return True
        return False

    def action_cursor_left(self) -> None:
        """Close the branch, or go to its parent; in the details, the tab before."""
        if self._in_details:
            self.action_turn(-1)
        elif not self.tree_view.fold(closed=True):
            self.tree_view.go_up_a_level()

    def action_cursor_right(self) -> None:
        """Open the branch, or go into the details; in the details, the next tab."""
        if self._in_details:
            self.action_turn(1)
        elif not self.tree_view.fold(closed=False):
            self.action_cursor_down()

    def action_fold(self) -> None:
        """Close or open a branch, or a long text."""
        if self._in_details:
            self.details.reader.fold()
        else:
            self.tree_view.fold()

    def action_open(self) -> None:
        """Open a closed branch, or go to the span's details; in them, open or close a long text."""
        if self._in_details:
            self.details.reader.fold()
        elif not self.tree_view.fold(closed=False):
            self.action_other_side()

    def action_other_side(self) -> None:
        """From the tree to the details, or back."""
        to_details = not self._in_details
        self.set_class(to_details, "-details")
        (self.details.reader if to_details else self.tree_view).focus()

    def action_next_failing(self) -> None:
        """To the next span that failed."""
        if not self.tree_view.go_to_next_failing():
            host(self).say("No span of this trace failed")

    def action_tab(self, number: int) -> None:
        """Show a tab."""
        self.details.choose_tab(number - 1)

    def action_turn(self, step: int) -> None:
        """The next tab, or the one before."""
        self.details.choose_tab(self.details.tab + step)

    def action_filter(self) -> None:
        """Search the text."""
        if not self._in_details:
            self.action_other_side()
        self.details.open_search()

    def action_match(self, step: int) -> None:
        """The next place that was found, or the one before."""
        self.details.next_match(step)

    def action_replay(self) -> None:
        """Send the call again."""
        if self.details.opened is not None:
            self.post_message(ShowReplay(self.details.opened.detail))

    def action_session(self) -> None:
        """The conversation that this is a turn of."""
        from llmwatch.tui.screens.session import SessionScreen  # noqa: PLC0415 - not needed to start

        opened = self.details.opened
        session_id = opened.span.context.session_id if opened is not None else None
        if session_id is None:
            host(self).say("This span names no session", hint="Apps name one with the attribute session.id.")
        else:
            self.app.push_screen(SessionScreen(session_id))

    # Taking text out

    def span_text(self) -> str:
        """The open span as plain text."""
        return span_text(self.details.opened) if self.details.opened is not None else ""

    def action_copy(self) -> None:
        """The part of the text under the cursor; in the tree the span's id."""
        if self._in_details:
            if (block := self.details.reader.block) is not None:
                host(self).copy(block.value)
        elif (node := self.tree_view.node) is not None:
            host(self).copy(node.span_id, f"span id {node.span_id}")

    def action_copy_all(self) -> None:
        """The whole span."""
        host(self).copy(self.span_text(), "the whole span")

    def action_editor(self) -> None:
        """Open the span's text in the editor; what is changed there changes nothing here."""
        self._hand_to(lambda text: edit_outside(text, ".txt"))

    def action_pager(self) -> None:
        """Open the span's text in the pager."""
        self._hand_to(page_outside)

    def _hand_to(self, show: Callable[[str], object]) -> None:
        try:
            with self.app.suspend():
                show(self.span_text())
        except (UsageError, SuspendNotSupported) as error:
            host(self).say(str(error) or "This terminal cannot be given away", "error")
        self.refresh()
