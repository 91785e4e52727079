"""The root screen: four panes that answer before they are asked, and the live list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from llmwatch.format import SECOND
from llmwatch.tui.coalesce import Coalesced
from llmwatch.tui.commands import Place, bindings
from llmwatch.tui.host import FeedEvent, host
from llmwatch.tui.messages import DataChanged, DataMissing
from llmwatch.tui.panes.base import Pane
from llmwatch.tui.panes.cost import CostPane
from llmwatch.tui.panes.quality import QualityPane
from llmwatch.tui.panes.status import StatusPane
from llmwatch.tui.panes.versions import VersionsPane
from llmwatch.tui.widgets.banner import Banner
from llmwatch.tui.widgets.firstrun import FirstRun
from llmwatch.tui.widgets.header import HeaderLine
from llmwatch.tui.widgets.keybar import KeyBar
from llmwatch.tui.widgets.tracelist import TraceList

_AT_MOST_EVERY_S: Final = 0.5
"""The header is read no more often than this, however fast spans come."""
_SLIDE_S: Final = 5.0
"""Windows of time move on even when nothing comes: it is looked this often whether a minute has begun."""
_MINUTE_NS: Final = 60 * SECOND
_LIST: Final = 5
_NEEDS_SPANS: Final = {"pause", "group", "zoom", "pane", "next_pane"}


class TooSmall(Widget):
    """What is said when there is not room for anything."""

    def render(self) -> Content:
        """The size that is needed, and the one there is."""
        return Content(f"llmwatch needs 40×10\n(this is {self.app.size.width}×{self.app.size.height})")


class Overview(Screen[None]):
    """Status, quality, cost, versions and traces."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("overview")
    KEYS_HERE: ClassVar[Sequence[Place]] = ("overview", "list", "pane")

    def __init__(self) -> None:
        super().__init__()
        self.header = HeaderLine()
        self.banner = Banner()
        self.panes: tuple[Pane[object], ...] = (StatusPane(), QualityPane(), CostPane(), VersionsPane())  # type: ignore[assignment]
        self.traces = TraceList()
        self.paused = False
        self._came_from = 0
        """The pane whose number the list shows the traces of; 0 when it does not."""
        self._minute = 0
        """That of the last look at the clock."""
        self._read_header = Coalesced(self._read_summary, _AT_MOST_EVERY_S)

    def compose(self) -> ComposeResult:
        """All there is; the style sheet shows what fits."""
        yield self.header
        yield self.banner
        with Container(id="panes"):
            yield from self.panes
        yield self.traces
        yield TooSmall()
        yield KeyBar()

    def on_mount(self) -> None:
        """Start with the list under the cursor and the status in view."""
        self._activate(1)
        self.traces.rows.focus()
        host(self).feed_events.subscribe(self, self._on_feed)
        host(self).config_changed.subscribe(self, lambda _: self._read())
        self._minute = host(self).now_ns() // _MINUTE_NS
        self.set_interval(_SLIDE_S, self._slide)

    # Data

    def _on_feed(self, event: FeedEvent) -> None:
        if isinstance(event, DataMissing):
            self._first_run(True)
        elif isinstance(event, DataChanged):
            self._read()

    def _read(self) -> None:
        """Take in what has changed: each part at its own pace, and what cannot be seen not at all."""
        if self.is_current:
            self.run_worker(self._read_header())
            for pane in () if self.paused else self.panes:
                self.run_worker(pane.reload())

    def _slide(self) -> None:
        """Read anew when a minute has begun: windows go by minutes, and a million spans take 0.1 s."""
        if (minute := host(self).now_ns() // _MINUTE_NS) != self._minute:
            self._minute = minute
            self._read()

    async def _read_summary(self) -> None:
        summary = await self.header.reload()
        if summary is not None:
            self._first_run(summary.stats.spans == 0)

    def _first_run(self, waiting: bool) -> None:
        """Show how to send spans, or, without a key, that they have come."""
        if waiting != self.has_class("-first-run"):
            self.set_class(waiting, "-first-run")
            self.refresh_bindings()
            if waiting:
                self.mount(FirstRun(), after="#panes")
            else:
                self.query(FirstRun).remove()
                self.call_after_refresh(self.traces.rows.focus)

    def on_screen_resume(self) -> None:
        """Take in what came while another screen was on top."""
        self._read()
        self.run_worker(self.traces.reload())

    # Panes

    def _activate(self, number: int) -> None:
        """Make a pane the one that is shown when there is room for one only."""
        for pane in self.panes:
            pane.set_class(pane.number == number, "-active")
        self._show_titles()

    def _show_titles(self) -> None:
        crowded = not (self.has_class("-wide") and (self.has_class("-tall") or self.has_class("-high")))
        for pane in self.panes:
            pane.show_tabs([each.title for each in self.panes] if crowded else None)

    def on_resize(self) -> None:
        """The titles are tabs when there is room for one pane only."""
        self.call_after_refresh(self._show_titles)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The pane with the focus is the active one."""
        for pane in self.panes:
            if pane in event.widget.ancestors:
                self._activate(pane.number)

    def action_pane(self, number: int) -> None:
        """Go to a pane, or to the list."""
        zoomed = self._zoomed
        if number == _LIST:
            self.traces.rows.focus()
        else:
            self._activate(number)
            self.panes[number - 1].lines.focus()
        if zoomed:
            self._zoom(number)

    def action_next_pane(self, step: int) -> None:
        """Go round the panes."""
        order = [*(pane.number for pane in self.panes), _LIST]
        self.action_pane(order[(order.index(self._focused_number()) + step) % len(order)])

    def _focused_number(self) -> int:
        for pane in self.panes:
            if self.focused is not None and pane in self.focused.ancestors:
                return pane.number
        return _LIST

    def action_zoom(self) -> None:
        """Give the focused pane all the room, or take it back."""
        self._zoom(0 if self._zoomed else self._focused_number())

    @property
    def _zoomed(self) -> bool:
        return self.has_class("-zoom-panes") or self.has_class("-zoom-list")

    def _zoom(self, number: int) -> None:
        self.set_class(number == _LIST, "-zoom-list")
        self.set_class(0 < number < _LIST, "-zoom-panes")

    # Commands

    def action_pause(self) -> None:
        """Hold the screen still, or let it go on."""
        self.paused = not self.paused
        self.header.pause(self.paused)
        self.traces.pause(self.paused)
        self._read()

    def action_group(self, step: int) -> None:
        """Group the pane that was looked at last by another dimension."""
        self._group(self._active, step)

    def _group(self, pane: Pane[object], step: int) -> None:
        """By the dimension ``step`` further; 0 for none."""
        pane.group(step)
        self.set_class(pane.by is not None, f"-grouped-{pane.number}")

    @property
    def _active(self) -> Pane[object]:
        """The pane that has the focus, or had it last."""
        return next(pane for pane in self.panes if pane.has_class("-active"))

    def go_back(self) -> bool:
        """Take back the zoom, what was chosen in the list, or a grouping; from traces, back to the number."""
        if self._zoomed:
            self._zoom(0)
        elif self.traces.go_back():
            if self._came_from:
                self.action_pane(self._came_from)
        elif (pane := self._active).by is not None:
            self._group(pane, 0)
        else:
            return False
        self._came_from = 0
        return True

    def show_traces(self, filter: str, title: str) -> None:
        """Show the traces behind a number in the list."""
        self._came_from = self._focused_number()
        self.traces.show_filter(filter, title)
        self.action_pane(_LIST)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Before the first span there is nothing to pause, group, zoom or go to."""
        return not (self.has_class("-first-run") and action in _NEEDS_SPANS)

    def view_text(self) -> str:
        """Header, panes and list, as far as they can be seen."""
        shown = [pane.text() for pane in self.panes if pane.display]
        parts = [self.header.text(), self.banner.text(), *shown, self.traces.text()]
        return "\n\n".join(filter(None, parts)) + "\n"
