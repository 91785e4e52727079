"""A recorded call, sent again and compared: nothing is sent before Enter; the recording stays as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Size
from textual.screen import Screen
from textual.worker import Worker

from llmwatch.errors import ConfigError, NotReplayableError, ReplayError, UsageError
from llmwatch.neutral import neutral_line
from llmwatch.providers.keep import keep
from llmwatch.providers.replay import estimate
from llmwatch.providers.transcript import from_text, to_text
from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Message, Replay
from llmwatch.tui import format as fmt
from llmwatch.tui.commands import Place, bindings
from llmwatch.tui.host import host
from llmwatch.tui.models.attempts import answer_text
from llmwatch.tui.models.cells import Cell, Line, spread, width_of
from llmwatch.tui.models.detail.capture import how_to_capture
from llmwatch.tui.models.document import as_text, note
from llmwatch.tui.models.replay import plan_lines
from llmwatch.tui.outside import edit_outside
from llmwatch.tui.replaydesk import Desk, parameters_of, parameters_text
from llmwatch.tui.replaying import Replaying
from llmwatch.tui.safe import safe_line
from llmwatch.tui.screens.destination import Chosen, Destination
from llmwatch.tui.screens.edittext import EditText
from llmwatch.tui.widgets.keybar import KeyBar
from llmwatch.tui.widgets.lines import Lines
from llmwatch.tui.widgets.reader import Reader

_TICK_S: Final = 0.1
"""How often a growing answer is drawn."""
_TALL: Final = 30
"""Rows of the screen from which earlier attempts are listed as well."""
_LEAST: Final = Size(40, 10)
"""Nothing is sent from a screen that cannot show where to."""
_READING: Final = frozenset({
    "cursor_down", "cursor_up", "top", "bottom", "page_down", "page_up", "fold", "copy", "copy_all",
})  # fmt: skip
"""Actions that make sense for a call that cannot be sent again."""


class ReplayScreen(Screen[None]):
    """The recorded answer on the left; on the right what will be sent, then what comes back."""

    CSS_PATH = "replay.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings("replay")
    KEYS_HERE: ClassVar[Sequence[Place]] = ("replay",)

    def __init__(self, detail: SpanDetail) -> None:
        super().__init__()
        self._detail = detail
        self._desk: Desk | None = None
        self._before, self._after = Reader(id="before"), Reader(id="after")
        self._head, self._plan = Lines(self._head_lines), Lines(self._plan_lines)
        self._table = Lines(self._table_lines)
        self._replaying: Replaying | None = None
        self._worker: Worker[None] | None = None
        self._stored = Cell("")

    @property
    def desk(self) -> Desk:
        """Plan and attempts; there is one wherever an action needs it (`check_action`)."""
        assert self._desk is not None
        return self._desk

    def compose(self) -> ComposeResult:
        """Where it goes, both answers, and the numbers of both."""
        for lines, name in ((self._head, "head"), (self._plan, "plan"), (self._table, "table")):
            lines.can_focus, lines.id = False, name
        yield self._head
        yield self._plan
        with Horizontal(id="sides"):
            yield self._before
            yield self._after
        yield self._table
        yield KeyBar()

    def on_mount(self) -> None:
        """Lay out the plan, or say why there is none."""
        self._clock = self.set_interval(_TICK_S, self._tick, pause=True)
        self._after.focus()
        try:
            self._desk = Desk(self._detail, host(self).config)
        except (NotReplayableError, ConfigError) as error:
            self._say_why_not(error)
        else:
            self._plan_changed()

    def _say_why_not(self, error: NotReplayableError | ConfigError) -> None:
        self.add_class("-impossible")
        self._after.add_class("-active")
        blocks = [note(f"✗ This call cannot be sent again. {error}", "error")]
        blocks += [note(error.hint)] if error.hint else []
        line = how_to_capture(self._detail.span) if isinstance(error, NotReplayableError) else None
        blocks += [note("Set this where the app runs (y copies it):"), note(line, "strong")] if line else []
        self._after.read(tuple(blocks))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing but reading where there is nothing to send."""
        return self._desk is not None or action in _READING

    # Drawing

    def _head_lines(self, width: int, height: int) -> list[Line]:
        title = (Cell("‹ Replay  ", "muted"), Cell(neutral_line(self._detail.span.name, 40), "strong"))
        room = max(width - width_of(title) - 2, 0)
        return [spread(title, (replace(self._stored, text=neutral_line(self._stored.text, room)),), width)]

    def _plan_lines(self, width: int, height: int) -> list[Line]:
        return plan_lines(self.desk.plan, width, height) if self._desk else []

    def _table_lines(self, width: int, height: int) -> list[Line]:
        return self.desk.table(width, self._most_rows) if self._desk else []

    @property
    def _most_rows(self) -> int:
        """Of the table: the recording and the last few attempts, or the one that is looked at."""
        return 5 if self.size.height >= _TALL else 2

    def _plan_changed(self) -> None:
        """Draw everything, and reckon anew what it would cost."""
        self._draw()
        if self.desk.plan.cost is None:
            self.run_worker(self._estimate(self.desk), group="estimate", exclusive=True)

    async def _estimate(self, desk: Desk) -> None:
        """In a thread: the first estimate loads the price book, 0.2 s."""
        plan = desk.plan
        desk.estimated(plan, await asyncio.to_thread(estimate, plan.request, plan.endpoint))
        self._plan.refresh()

    def _draw(self, *, same: bool = False) -> None:
        """Show the desk; ``same`` says that the right side is a newer state of what it shows."""
        self._before.read(self.desk.left_blocks(), same=True)
        follows = same and self._after.cursor >= self._after.count - 1
        self._after.read(self.desk.right_blocks(), same=same)
        if follows:
            self._after.go(self._after.count - 1)
        self._show_titles()
        width = self.size.width - 2
        self._plan.styles.height = max(len(plan_lines(self.desk.plan, width, 3)), 1)
        self._table.styles.height = len(self.desk.table(width, self._most_rows))
        for lines in (self._head, self._plan, self._table):
            lines.refresh()

    def _show_titles(self) -> None:
        """Above each side what it is; where one fits, both titles above that as tabs."""
        if self._desk is None:
            return
        recorded = f"Recorded {fmt.clock(self._detail.row.start_ns)}"
        titles = {self._before: recorded, self._after: self.desk.right_title()}
        for side, title in titles.items():
            tabs = [
                safe_line(text, style="bold $accent" if each is side else "$text-muted")
                for each, text in titles.items()
            ]
            side.border_title = safe_line(title) if self.has_class("-wide") else Content("  ").join(tabs)
            side.set_class(side is self._side, "-active")

    @property
    def _side(self) -> Reader:
        """The side that keys move in."""
        return self._before if self.focused is self._before else self._after

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The side with the focus is the one that is seen where one fits."""
        self._show_titles()

    def on_resize(self) -> None:
        """Other rows and titles fit now; the classes that say so are set after this."""
        if self._desk is not None:
            self.call_after_refresh(self._draw, same=True)

    # Sending

    def action_send(self) -> None:
        """Send what the plan says, unless one is under way."""
        if self._replaying is not None:
            return
        if self.size.width < _LEAST.width or self.size.height < _LEAST.height:
            host(self).say("Too small to show where it would go: 40×10 is needed", "warning")
            return
        self._replaying = Replaying(self._detail.span, self.desk.plan, host(self).now_ns())
        self._stored = Cell("")
        self._after.focus()
        self.desk.progress(self._replaying.attempt())
        self._draw()
        self._clock.resume()
        self._worker = self.run_worker(self._send(self._replaying), group="send")

    async def _send(self, running: Replaying) -> None:
        replay = await running.run()
        self._end()
        if replay is not None:
            self.desk.add(replay)
            self._draw(same=True)
            await self._store(replay)

    def _end(self) -> None:
        assert self._replaying is not None
        self._clock.pause()
        self.desk.progress(self._replaying.attempt())
        self._replaying = None
        self._draw(same=True)

    async def _store(self, replay: Replay) -> None:
        try:
            await keep(replay, host(self).collector_url)
        except ReplayError as error:
            self._stored = Cell(f"▲ not stored: {error}", "warn")
        else:
            self._stored = Cell(f"✓ stored {fmt.clock(host(self).now_ns())}", "ok")
        self._head.refresh()

    def _tick(self) -> None:
        if self._replaying is not None:
            self.desk.progress(self._replaying.attempt())
            self._draw(same=True)

    def go_back(self) -> bool:
        """Break off the replay that runs."""
        if self._replaying is None or self._worker is None:
            return False
        self._worker.cancel()
        self._replaying.cancel()
        self._end()
        return True

    # Changing what is sent

    def _take_messages(self, messages: tuple[Message, ...] | None) -> None:
        if messages is not None:
            self.desk.edit(messages)
            self._plan_changed()

    def _take_parameters(self, parameters: dict[str, object] | None) -> None:
        if parameters is not None:
            self.desk.set_parameters(parameters)
            self._plan_changed()

    def _take_destination(self, chosen: Chosen | None) -> None:
        if chosen is not None:
            self.desk.go_to(*chosen)
            self._plan_changed()

    def action_edit(self) -> None:
        """Edit the messages here."""
        self._edit(to_text(self.desk.plan.request.messages))

    def _edit(self, text: str, problem: UsageError | None = None) -> None:
        read = partial(from_text, original=self.desk.plan.request.messages)
        self.app.push_screen(EditText("Messages", text, read, problem), self._take_messages)

    def action_edit_outside(self) -> None:
        """Edit the messages in the person's own editor; what cannot be read goes on here."""
        messages = self.desk.plan.request.messages
        text = to_text(messages)
        try:
            with self.app.suspend():
                text = edit_outside(text, ".txt")
            self._take_messages(from_text(text, messages))
        except SuspendNotSupported:
            host(self).say("This terminal cannot be given to an editor; e edits here", "warning")
        except UsageError as error:
            self._edit(text, error)

    def action_parameters(self) -> None:
        """Edit the parameters as JSON."""
        text = parameters_text(self.desk.plan.request)
        self.app.push_screen(EditText("Parameters", text, parameters_of), self._take_parameters)

    def action_model(self) -> None:
        """Choose where it goes."""
        plan = self.desk.plan
        chooser = Destination(self.desk.endpoints, plan.endpoint, plan.request.model)
        self.app.push_screen(chooser, self._take_destination)

    def action_temperature(self) -> None:
        """Temperature 0, or as recorded."""
        self.desk.toggle_temperature()
        self._plan_changed()

    def action_as_recorded(self) -> None:
        """Take back all changes."""
        self.desk.as_recorded()
        self._plan_changed()

    # Looking

    def action_diff(self) -> None:
        """Show what differs, or the answer again."""
        self.desk.diff = not self.desk.diff
        self._draw()

    def action_turn(self, step: int) -> None:
        """Look at another attempt."""
        if self._replaying is None:
            self.desk.turn(step)
            self._draw()

    def action_other_side(self) -> None:
        """To the other side."""
        (self._after if self._side is self._before else self._before).focus()

    def action_cursor_down(self) -> None:
        """Down."""
        self._side.go(self._side.cursor + 1)

    def action_cursor_up(self) -> None:
        """Up."""
        self._side.go(self._side.cursor - 1)

    def action_top(self) -> None:
        """To the top."""
        self._side.go(0)

    def action_bottom(self) -> None:
        """To the end."""
        self._side.go(self._side.count - 1)

    def action_page_down(self) -> None:
        """A page down."""
        self._side.page(1)

    def action_page_up(self) -> None:
        """A page up."""
        self._side.page(-1)

    def action_fold(self) -> None:
        """Open or close a long text."""
        self._side.fold()

    def action_copy(self) -> None:
        """Copy the answer that is looked at, or the block under the cursor of another text."""
        attempt = None
        if self._desk is not None:
            attempt = self.desk.attempts[0] if self._side is self._before else self.desk.right
        block = self._side.block
        if text := answer_text(attempt) if attempt else block.value if block else "":
            host(self).copy(text)

    def action_copy_all(self) -> None:
        """Copy the side."""
        host(self).copy(as_text(self._side.blocks))

    def view_text(self) -> str:
        """Plan, both sides and the numbers."""
        sides = (as_text(side.blocks) for side in (self._before, self._after))
        return "\n\n".join([self._head.text(), self._plan.text(), *sides, self._table.text()]) + "\n"
