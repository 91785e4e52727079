"""A recorded call, sent again and compared: nothing is sent before Enter; the recording stays as it is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Size
from textual.worker import Worker

from llmwatch.analysis import remedies
from llmwatch.errors import ConfigError, NotReplayableError, ReplayError
from llmwatch.neutral import neutral_line
from llmwatch.providers.keep import keep
from llmwatch.providers.replay import estimate
from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Replay
from llmwatch.tui import format as fmt
from llmwatch.tui.host import host
from llmwatch.tui.models.cells import Cell, Line, spread, width_of
from llmwatch.tui.models.document import as_text, note
from llmwatch.tui.models.replay import plan_lines
from llmwatch.tui.replaydesk import Desk
from llmwatch.tui.replaying import Replaying
from llmwatch.tui.safe import safe_line
from llmwatch.tui.screens.replaykeys import ReplayKeys
from llmwatch.tui.widgets.keybar import KeyBar
from llmwatch.tui.widgets.lines import Lines

_TICK_S: Final = 0.1
"""How often a growing answer is drawn."""
_TALL: Final = 30
"""Rows of the screen from which earlier attempts are listed as well."""
_LEAST: Final = Size(40, 10)
"""Nothing is sent from a screen that cannot show where to."""


class ReplayScreen(ReplayKeys):
    """The recorded answer on the left; on the right what will be sent, then what comes back."""

    CSS_PATH = "replay.tcss"

    def __init__(self, detail: SpanDetail) -> None:
        super().__init__()
        self._detail = detail
        self._head, self._plan = Lines(self._head_lines), Lines(self._plan_lines)
        self._table = Lines(self._table_lines)
        self._worker: Worker[None] | None = None
        self._stored = Cell("")

    def compose(self) -> ComposeResult:
        """Where it goes, both answers, and the numbers of both."""
        for lines, name in ((self._head, "head"), (self._plan, "plan"), (self._table, "table")):
            lines.can_focus, lines.id = False, name
        yield self._head
        yield self._plan
        with Horizontal(id="sides"):
            yield self.before
            yield self.after
        yield self._table
        yield KeyBar()

    def on_mount(self) -> None:
        """Lay out the plan, or say why there is none."""
        self._clock = self.set_interval(_TICK_S, self._tick, pause=True)
        self.after.focus()
        try:
            self._desk = Desk(self._detail, host(self).config)
        except (NotReplayableError, ConfigError) as error:
            self._say_why_not(error)
        else:
            self.plan_changed()

    def _say_why_not(self, error: NotReplayableError | ConfigError) -> None:
        self.add_class("-impossible")
        self.after.add_class("-active")
        blocks = [note(f"✗ This call cannot be sent again. {error}", "error")]
        blocks += [note(error.hint)] if error.hint else []
        line = remedies.content(self._detail.span) if isinstance(error, NotReplayableError) else None
        blocks += [note("Set this where the app runs (y copies it):"), note(line, "strong")] if line else []
        self.after.read(tuple(blocks))

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

    def plan_changed(self) -> None:
        """Draw everything, and reckon anew what it would cost."""
        self.draw()
        if self.desk.plan.cost is None:
            self.run_worker(self._estimate(self.desk), group="estimate", exclusive=True)

    async def _estimate(self, desk: Desk) -> None:
        """In a thread: the first estimate loads the price book, 0.2 s."""
        plan = desk.plan
        desk.estimated(plan, await asyncio.to_thread(estimate, plan.request, plan.endpoint))
        self.draw(same=True)

    def draw(self, *, same: bool = False) -> None:
        """Show the desk; ``same`` says that the right side is a newer state of what it shows."""
        self.before.read(self.desk.left_blocks(), same=True)
        follows = same and self.after.cursor >= self.after.count - 1
        self.after.read(self.desk.right_blocks(), same=same)
        if follows:
            self.after.go(self.after.count - 1)
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
        titles = {self.before: recorded, self.after: self.desk.right_title()}
        for side, title in titles.items():
            tabs = [
                safe_line(text, style="bold $accent" if each is side else "$muted")
                for each, text in titles.items()
            ]
            side.border_title = safe_line(title) if self.has_class("-wide") else Content("  ").join(tabs)
            side.set_class(side is self.moved, "-active")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The side with the focus is the one that is seen where one fits."""
        self._show_titles()

    def on_resize(self) -> None:
        """Other rows and titles fit now; the classes that say so are set after this."""
        if self._desk is not None:
            self.call_after_refresh(self.draw, same=True)

    # Sending

    def action_send(self) -> None:
        """Send what the plan says, unless one is under way."""
        if self.replaying is not None:
            return
        if self.size.width < _LEAST.width or self.size.height < _LEAST.height:
            host(self).say("Too small to show where it would go: 40×10 is needed", "warning")
            return
        self.replaying = Replaying(self._detail.span, self.desk.plan, host(self).now_ns())
        self._stored = Cell("")
        self.after.focus()
        self.desk.progress(self.replaying.attempt())
        self.draw()
        self._clock.resume()
        self._worker = self.run_worker(self._send(self.replaying), group="send")

    async def _send(self, running: Replaying) -> None:
        replay = await running.run()
        self._end()
        if replay is not None:
            self.desk.add(replay)
            self.draw(same=True)
            await self._store(replay)

    def _end(self) -> None:
        assert self.replaying is not None
        self._clock.pause()
        self.desk.progress(self.replaying.attempt())
        self.replaying = None
        self.draw(same=True)

    async def _store(self, replay: Replay) -> None:
        try:
            await keep(replay, host(self).collector_url)
        except ReplayError as error:
            self._stored = Cell(f"▲ not stored: {error}", "warn")
        else:
            self._stored = Cell(f"✓ stored {fmt.clock(host(self).now_ns())}", "ok")
        self._head.refresh()

    def _tick(self) -> None:
        if self.replaying is not None:
            self.desk.progress(self.replaying.attempt())
            self.draw(same=True)

    def go_back(self) -> bool:
        """Break off the replay that runs."""
        if self.replaying is None or self._worker is None:
            return False
        self._worker.cancel()
        self.replaying.cancel()
        self._end()
        return True

    def view_text(self) -> str:
        """Plan, both sides and the numbers."""
        sides = (as_text(side.blocks) for side in (self.before, self.after))
        return "\n\n".join([self._head.text(), self._plan.text(), *sides, self._table.text()]) + "\n"
