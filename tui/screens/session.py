"""A session: the conversation's turns in order, with tokens and cost as they add up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from llmwatch.errors import StoreError
from llmwatch.tui import spanreads as reads
from llmwatch.tui.coalesce import Coalesced
from llmwatch.tui.commands import Place, bindings
from llmwatch.tui.host import FeedEvent, host
from llmwatch.tui.messages import DataChanged, ShowTrace
from llmwatch.tui.models.runs import Run
from llmwatch.tui.models.sessionrows import Turn, cells, header, total, turns
from llmwatch.tui.safe import safe_line
from llmwatch.tui.screens.cursorkeys import CursorKeys
from llmwatch.tui.widgets.cursorview import CursorView
from llmwatch.tui.widgets.keybar import KeyBar


class TurnList(CursorView):
    """A line a turn."""

    header = 1

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[Turn] = []

    def header_row(self, y: int) -> Sequence[Run]:
        """The titles of the columns."""
        return header(self.width)

    def row(self, position: int) -> Sequence[Run]:
        """A turn."""
        if position >= len(self.turns):
            return ()
        return cells(self.turns[position], self.width, host(self).now_ns())

    def on_resize(self) -> None:
        """Other columns may fit."""
        self.show_rows(self.count, self.cursor)

    def show(self, found: list[Turn]) -> None:
        """Show turns; at the end the cursor stays at the end."""
        at_end = self.cursor >= self.count - 1
        self.turns = found
        self.show_rows(len(found), len(found) - 1 if at_end else self.cursor)


class SessionScreen(CursorKeys):
    """The turns of one session."""

    CSS_PATH = "session.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings("session")
    KEYS_HERE: ClassVar[Sequence[Place]] = ("session",)

    def __init__(self, session_id: str) -> None:
        super().__init__()
        self.session_id = session_id
        self._list = TurnList()
        self._reload = Coalesced(self._read)

    @property
    def moved(self) -> CursorView:
        """The list."""
        return self._list

    def compose(self) -> ComposeResult:
        """The list."""
        yield self._list
        yield KeyBar()

    def on_mount(self) -> None:
        """Read, and follow the feed."""
        self._list.border_title = Content("Session ") + safe_line(self.session_id, 60)
        host(self).feed_events.subscribe(self, self._on_feed)
        self._list.focus()
        self.run_worker(self._reload())

    def _on_feed(self, event: FeedEvent) -> None:
        if isinstance(event, DataChanged) and self.is_current:
            self.run_worker(self._reload())

    async def _read(self) -> None:
        try:
            rows = await host(self).feed.read(partial(reads.read_session, session_id=self.session_id))
        except StoreError as error:
            self._list.border_subtitle = safe_line(f"▲ {error}")
            return
        found = turns(rows)
        self._list.show(found)
        self._list.border_subtitle = safe_line(total(found))

    @on(CursorView.Chosen)
    def action_open(self) -> None:
        """Open the turn's trace."""
        if self._list.turns:
            self.post_message(ShowTrace(self._list.turns[self._list.cursor].row.trace_id))

    def action_copy(self) -> None:
        """Copy the id of the session."""
        host(self).copy(self.session_id, f"session id {self.session_id}")

    def action_copy_all(self) -> None:
        """Copy the turns."""
        host(self).copy(self.view_text(), "the session")

    def view_text(self) -> str:
        """The turns, as plain text."""
        now_ns = host(self).now_ns()
        lines = [header(160), *(cells(turn, 160, now_ns) for turn in self._list.turns)]
        return "\n".join("".join(text for text, _ in line).rstrip() for line in lines) + "\n"
