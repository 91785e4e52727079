"""Alerts: what holds, since when and who was told, and what did hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from llmwatch.errors import ReplayError, StoreError
from llmwatch.neutral import neutral_line
from llmwatch.store.rows import AlertRow
from llmwatch.tui.alertreads import read_alerts
from llmwatch.tui.coalesce import Coalesced
from llmwatch.tui.commands import Place, bindings
from llmwatch.tui.host import FeedEvent, host
from llmwatch.tui.messages import DataChanged, ShowTraces
from llmwatch.tui.models.alertrows import SNOOZES, AlertsView, cells, detail, header, meaning, total
from llmwatch.tui.models.document import as_text
from llmwatch.tui.models.runs import Run
from llmwatch.tui.safe import safe_line
from llmwatch.tui.screens.choose import Choose
from llmwatch.tui.screens.cursorkeys import CursorKeys
from llmwatch.tui.widgets.cursorview import CursorView
from llmwatch.tui.widgets.keybar import KeyBar
from llmwatch.tui.widgets.reader import Reader

_TICK_S = 1.0
"""How often what an alert has lasted is drawn."""


class AlertList(CursorView):
    """A line an alert: those that are open above those that are over."""

    header = 1

    def __init__(self) -> None:
        super().__init__()
        self.view = AlertsView((), 0, {})

    def header_row(self, y: int) -> Sequence[Run]:
        """The titles of the columns."""
        return header(self.width, self.view.names)

    def row(self, position: int) -> Sequence[Run]:
        """An alert, or that there is none."""
        if not self.view.rows and not position:
            return (("  No rule has fired. ", "muted"), ("✓", "ok"))
        if position >= len(self.view.rows):
            return ()
        row = self.view.rows[position]
        return cells(row, self.view.told.get(row.id, ()), self.width, self.view.names, host(self).now_ns())

    def on_resize(self) -> None:
        """Other columns may fit."""
        self.show_rows(self.count, self.cursor)

    @property
    def chosen(self) -> AlertRow | None:
        """The alert under the cursor."""
        return self.view.rows[self.cursor] if self.view.rows else None

    def show(self, view: AlertsView) -> None:
        """Show alerts; the cursor stays on the one it was on, wherever that is now."""
        here = self.chosen.id if self.chosen and self.cursor else None
        self.view = view
        place = next((i for i, row in enumerate(view.rows) if row.id == here), self.cursor)
        self.show_rows(len(view.rows), place)


class AlertsScreen(CursorKeys):
    """The list, and below it everything about the alert under the cursor."""

    CSS_PATH = "alerts.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings("alerts")
    KEYS_HERE: ClassVar[Sequence[Place]] = ("alerts",)

    def __init__(self) -> None:
        super().__init__()
        self._list = AlertList()
        self._detail = Reader()
        self._detail.can_focus = False
        self._reload = Coalesced(self._read)

    @property
    def moved(self) -> CursorView:
        """The list."""
        return self._list

    def compose(self) -> ComposeResult:
        """All of it."""
        yield self._list
        yield self._detail
        yield KeyBar()

    def on_mount(self) -> None:
        """Read, and follow the feed."""
        self._list.border_title = Content("Alerts")
        host(self).feed_events.subscribe(self, self._on_feed)
        self.set_interval(_TICK_S, self._tick)
        self._list.focus()
        self.run_worker(self._reload())

    def _on_feed(self, event: FeedEvent) -> None:
        if isinstance(event, DataChanged) and self.is_current:
            self.run_worker(self._reload())

    def _tick(self) -> None:
        if self.is_current and self._list.view.open:
            self._list.refresh()

    async def _read(self) -> None:
        try:
            self._list.show(await host(self).feed.read(read_alerts))
        except StoreError as error:
            self._list.border_subtitle = safe_line(f"▲ {error}", 80)
            return
        self._list.border_subtitle = safe_line(total(self._list.view, host(self).now_ns()))
        self._show_detail()

    @on(CursorView.Moved)
    def _show_detail(self) -> None:
        row = self._list.chosen
        self._detail.display = row is not None
        if row is None:
            return
        told = self._list.view.told.get(row.id, ())
        self._detail.border_title = safe_line(row.rule, 60)
        means = meaning(host(self).config.alerts.rules.get(row.rule))
        self._detail.read(detail(row, told, means, host(self).now_ns()), same=True)

    @on(CursorView.Chosen)
    def action_open(self) -> None:
        """Open the traces that made it fire."""
        if row := self._list.chosen:
            self.post_message(ShowTraces(row.filter, neutral_line(row.reason, 60)))

    def action_acknowledge(self) -> None:
        """Say that somebody sees to it."""
        row = self._list.chosen
        if row is not None and row.state == "firing" and row.acknowledged_ns is None:
            self.run_worker(self._tell("acknowledge", {"id": row.id}))

    def action_snooze(self) -> None:
        """Ask for how long to keep it quiet."""
        row = self._list.chosen
        if row is None or row.state != "firing":
            return

        def snooze(chosen: str | None) -> None:
            if chosen is not None:
                self.run_worker(self._tell("snooze", {"id": row.id, "minutes": SNOOZES[chosen]}))

        self.app.push_screen(Choose("Keep it quiet for", list(SNOOZES), "1 hour"), snooze)

    async def _tell(self, what: str, body: dict[str, int]) -> None:
        from llmwatch.providers.keep import tell  # noqa: PLC0415 - brings httpx

        try:
            await tell(host(self).collector_url, f"/api/alerts/{what}", msgspec.json.encode(body))
        except ReplayError as error:
            host(self).say(str(error), "error", hint=error.hint)
        await self._reload()

    def action_copy(self) -> None:
        """Copy what the alert says."""
        if row := self._list.chosen:
            host(self).copy(f"{row.rule}: {row.reason} {row.slice}".strip(), f"alert {row.rule}")

    def action_copy_all(self) -> None:
        """Copy the list."""
        host(self).copy(self.view_text(), "the alerts")

    def view_text(self) -> str:
        """The alerts and the one under the cursor, as plain text."""
        now_ns, view = host(self).now_ns(), self._list.view
        rows = (cells(row, view.told.get(row.id, ()), 160, view.names, now_ns) for row in view.rows)
        lines = [header(160, view.names), *rows]
        text = "\n".join("".join(piece for piece, _ in line).rstrip() for line in lines)
        return f"{text}\n\n{as_text(self._detail.blocks)}\n"
