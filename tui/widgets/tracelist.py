"""The live list of traces, with its filter line and what stands in its border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Region

from llmwatch.errors import FilterError, StoreError
from llmwatch.neutral import neutral_line
from llmwatch.tui import format as fmt
from llmwatch.tui import tracereads as reads
from llmwatch.tui.host import host
from llmwatch.tui.messages import ShowReplay, ShowTrace
from llmwatch.tui.models.runs import Run
from llmwatch.tui.models.tracetitle import SORTS, Choice, Shown, Sort, count, title
from llmwatch.tui.safe import safe_line
from llmwatch.tui.screens.choose import Choose
from llmwatch.tui.state import STYLES
from llmwatch.tui.widgets.filterbar import FilterBar
from llmwatch.tui.widgets.tracerows import TraceRows
from llmwatch.tui.widgets.tracesource import TraceSource

_BY_TIME: Final = "time"


class TraceList(TraceSource):
    """The list with its filter line and its border."""

    number = 5

    def __init__(self) -> None:
        super().__init__(id=f"pane-{self.number}")
        self.bar = FilterBar()
        self._before = Choice()
        """What to go back to when the filter line is left with Esc."""
        self._shown: Shown | None = None
        """What the border says: it is drawn anew only when it is to say something else."""

    def compose(self) -> ComposeResult:
        """The filter line above the rows."""
        yield self.bar
        yield self.rows

    # What is shown

    def show_filter(self, text: str, about: str = "") -> None:
        """Show the traces that ``text`` matches; ``about`` says whose number they are behind."""
        from llmwatch.store.filters import parse  # noqa: PLC0415 - not before the first paint

        try:
            self.choose(Choice(text=text, filter=parse(text) if text else None, about=about))
        except FilterError as error:
            host(self).say(f"{text}: {error}", "error", hint=error.hint)

    def pause(self, paused: bool) -> None:
        """Hold the list as it is, or let it follow again."""
        self.rows.window.pause(paused)
        self.rows.show()

    def go_back(self) -> bool:
        """Undo the innermost choice: a range begun, an order, a filter. Whether there was one."""
        if self.rows.window.anchor is not None:
            self.rows.window.anchor = None
            self.rows.show()
        elif self.choice.is_fixed:
            self.choose(replace(self.choice, sort=None, only_marked=False))
        elif self.choice.text:
            self.choose(Choice())
        else:
            return False
        return True

    # The border

    @on(TraceRows.Moved)
    def show_title(self) -> None:
        """Say it in the border, unless it is said there already."""
        window = self.rows.window
        shown = Shown(
            choice=self.choice,
            rows=len(window.order),
            counted=self.counted,
            unseen=window.unseen,
            following=window.following,
            paused=window.paused,
            marked=len(window.marked),
            read_ns=self.read_ns,
            most_sorted=reads.RANKED,
        )
        if shown == self._shown:
            return
        self._shown = shown
        parts = [(f"{self.number} Traces", ""), *((text, STYLES[tone]) for text, tone in title(shown))]
        self._write_border(Content.assemble(*parts), safe_line(count(shown)))
        self.bar.show_count(count(shown))
        self.rows.empty = self._empty()

    def _write_border(self, title: Content, subtitle: Content) -> None:
        """Write into the border and draw its two lines.

        Assigning ``border_title`` draws the whole pane anew, as long a piece of work as all of its rows.
        """
        self._border_title, self._border_subtitle = title, subtitle
        width, height = self.size
        self.refresh(Region(-1, -1, width + 2, 1), Region(-1, height, width + 2, 1))

    def _empty(self) -> Sequence[Run]:
        if self.choice.text:
            return (("  No trace matches ", "muted"), (neutral_line(self.choice.text), "accent"),
                    (". Esc shows all.", "muted"))  # fmt: skip
        return ((f"  No trace yet. Spans are taken at {host(self).collector_url}.", "muted"),)

    def show_trouble(self, error: StoreError) -> None:
        """Say it in the border; what is shown stays."""
        self._shown = None
        self.border_subtitle = safe_line(f"▲ not read since {fmt.clock(self.read_ns)}: {error}", 60)

    # The filter line

    def action_filter(self) -> None:
        """Type a filter."""
        self._before = self.choice
        self.bar.open(self.choice.text)

    @on(FilterBar.Previewed)
    def _preview(self, event: FilterBar.Previewed) -> None:
        self.choose(Choice(text=event.text, filter=event.filter))

    @on(FilterBar.Mistaken)
    def _restore(self) -> None:
        """A mistake leaves the filter before in force."""
        if self.choice is not self._before:
            self.choose(self._before)

    @on(FilterBar.Closed)
    def _leave_filter(self, event: FilterBar.Closed) -> None:
        if not event.accepted:
            self._restore()
        self.rows.focus()

    # Other keys

    async def action_follow(self) -> None:
        """Back to the newest trace, and stay there; the end of a pause, too."""
        if self.choice.is_fixed:
            self.rows.window.cursor = 0
            self.choose(replace(self.choice, sort=None, only_marked=False))
        elif self.rows.window.paused:
            await self.run_action("screen.pause")
        else:
            self.rows.go(0)

    def action_marked(self) -> None:
        """Only the marked traces, or all again."""
        if self.rows.window.marked or self.choice.only_marked:
            self.choose(replace(self.choice, only_marked=not self.choice.only_marked))
        else:
            host(self).say("No trace is marked", hint="Space marks one, v a range.")

    def action_sort(self) -> None:
        """Choose what to sort by."""
        now = self.choice.sort.by if self.choice.sort is not None else _BY_TIME
        self.app.push_screen(Choose("Sort by", [_BY_TIME, *SORTS], now), self._sort_by)

    def _sort_by(self, chosen: str | None) -> None:
        if chosen is not None:
            self.choose(replace(self.choice, sort=None if chosen == _BY_TIME else Sort(chosen)))

    def action_reverse(self) -> None:
        """Sort the other way round."""
        if (sort := self.choice.sort) is not None:
            self.choose(replace(self.choice, sort=replace(sort, ascending=not sort.ascending)))

    @on(TraceRows.Chosen)
    def action_open(self) -> None:
        """Open the trace."""
        if row := self.rows.selected:
            self.post_message(ShowTrace(row.trace_id))

    @work(exclusive=True, group="replay")
    async def action_replay(self) -> None:
        """Replay the trace's failing call, or its first."""
        if (row := self.rows.selected) is None:
            return
        try:
            detail = await host(self).feed.read(partial(reads.first_call, trace_id=row.trace_id))
        except StoreError as error:
            host(self).say(str(error), "error", hint=error.hint)
            return
        if detail is None:
            host(self).say("This trace has no model call to replay", "warning")
        else:
            self.post_message(ShowReplay(detail))
