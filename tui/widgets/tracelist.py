"""The live list of traces: what it shows and where that comes from."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Region

from llmwatch.errors import FilterError, StoreError, StoreMissingError
from llmwatch.neutral import neutral_line
from llmwatch.tui import format as fmt
from llmwatch.tui import tracereads as reads
from llmwatch.tui.coalesce import Coalesced
from llmwatch.tui.host import FeedEvent, host
from llmwatch.tui.messages import DataChanged, ShowReplay, ShowTrace
from llmwatch.tui.models.rowcache import page_around
from llmwatch.tui.models.runs import Run
from llmwatch.tui.models.traceorder import Matching, Order
from llmwatch.tui.models.tracetitle import SORTS, Choice, Shown, Sort, count, title
from llmwatch.tui.safe import safe_line
from llmwatch.tui.screens.choose import Choose
from llmwatch.tui.state import STYLES
from llmwatch.tui.widgets.filterbar import FilterBar
from llmwatch.tui.widgets.tracekeys import TraceKeys
from llmwatch.tui.widgets.tracerows import TraceRows

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.store.filters import Filter


_AT_MOST_EVERY_S: Final = 0.5
"""At 500 traces a second each look replaces the whole screen, which takes 20 ms: twice a second is enough."""


_BY_TIME: Final = "time"


class TraceList(TraceKeys):
    """The list with its filter line and its border."""

    number = 5

    def __init__(self) -> None:
        super().__init__(id=f"pane-{self.number}")
        self.bar = FilterBar()
        self.choice = Choice()
        self._before = Choice()
        """What to go back to when the filter line is left with Esc."""
        self._loaded: Choice | None = None
        """The choice that the rows on the screen are of."""
        self._loading: Choice | None = None
        """The choice whose first page is being read."""
        self._counted = True
        self._read_ns = 0
        self._shown: Shown | None = None
        """What the border says: it is drawn anew only when it is to say something else."""
        self.reload = Coalesced(self._reload, _AT_MOST_EVERY_S)
        """Take in what has changed, unless nobody can see it."""

    def compose(self) -> ComposeResult:
        """The filter line above the rows."""
        yield self.bar
        yield self.rows

    def on_mount(self) -> None:
        """Follow the feed."""
        host(self).feed_events.subscribe(self, self._on_feed)
        self._show_title()

    def on_show(self) -> None:
        """Read what was not read while nobody could see it: the first traces come while it is hidden."""
        self.run_worker(self.reload(), group="news")

    # What is shown

    def choose(self, choice: Choice) -> None:
        """Show other traces, or the same in another order."""
        self.choice = choice
        self._load()

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

    # Reading

    @work(exclusive=True, group="load")
    async def _load(self) -> None:
        """Read the chosen list: its first page at once, then all ids that a filter matches, in pieces."""
        choice = self._loading = self.choice
        self._counted = choice.filter is None or choice.is_fixed
        try:
            self._show(choice, await host(self).feed.read(self._first_read(choice)))
            while choice.filter is not None and not self._counted:
                await self._count_on(choice.filter)
        except StoreMissingError:
            self._loading = None
            self._show_title()
        except StoreError as error:
            self._loading = None
            self._say_stale(error)

    async def _count_on(self, filter: Filter) -> None:
        known = self._known
        more = await host(self).feed.read(partial(reads.more_matching, filter=filter, known=known.found))
        self._counted = len(more) < reads.CHUNK
        self.rows.window.arrived(Matching(self._known.found + more))
        self.rows.show()

    def _first_read(self, choice: Choice) -> Callable[[sqlite3.Connection], reads.News]:
        view = replace(self.rows.window.view, held=None)
        if choice.only_marked:
            return partial(reads.only, ids=sorted(self.rows.window.marked, reverse=True))
        if choice.sort is not None:
            return partial(reads.ranked, filter=choice.filter, sort=choice.sort)
        if choice.filter is not None:
            return partial(reads.matching, filter=choice.filter, view=view, known=Matching(array("q")))
        return partial(reads.everything, view=view)

    @property
    def _known(self) -> Matching:
        latest = self.rows.window.latest
        assert isinstance(latest, Matching)
        return latest

    def _show(self, choice: Choice, news: reads.News) -> None:
        self._loaded, self._loading = choice, None
        self._read_ns = host(self).now_ns()
        self.rows.cache.put(news.asked, news.rows)
        self.rows.window.show(news.order)
        self.rows.show()

    def _on_feed(self, event: FeedEvent) -> None:
        if isinstance(event, DataChanged):
            self.run_worker(self.reload(), group="news")

    async def _reload(self) -> None:
        if not self.screen.is_current or not self.display:
            return
        try:
            await self._read_news()
        except StoreMissingError:
            pass  # the overview says so
        except StoreError as error:
            self._say_stale(error)

    async def _read_news(self) -> None:
        choice, view = self.choice, self.rows.window.view
        if choice is not self._loaded:
            if choice is not self._loading:
                self._load()
            return
        if choice.is_fixed:
            read = partial(reads.again, order=self.rows.window.order, view=view)
        elif choice.filter is not None:
            read = partial(reads.matching, filter=choice.filter, view=view, known=self._known)
        else:
            read = partial(reads.everything, view=view)
        news = await host(self).feed.refresh(read)
        if choice is self.choice:
            self._take(news)

    def _take(self, news: reads.News) -> None:
        window = self.rows.window
        window.arrived(news.order)
        self.rows.cache.forget_but(window.visible)
        self.rows.cache.put(news.asked, news.rows)
        self._show_title()
        self.rows.show()

    @on(TraceRows.Needed)
    def _read_rows(self) -> None:
        window = self.rows.window
        asked = page_around(window.order, window.top, window.height)
        self._read_page(window.order, asked)

    @work(exclusive=True, group="page")
    async def _read_page(self, order: Order, asked: Sequence[int]) -> None:
        try:
            rows = await host(self).feed.read(partial(reads.rows_of, order=order, ids=asked))
        except StoreError as error:
            self._say_stale(error)
            return
        self.rows.cache.put(asked, rows)
        self.rows.show()

    # The border

    @on(TraceRows.Moved)
    def _show_title(self) -> None:
        window = self.rows.window
        shown = Shown(
            choice=self.choice,
            rows=len(window.order),
            counted=self._counted,
            unseen=window.unseen,
            following=window.following,
            paused=window.paused,
            marked=len(window.marked),
            read_ns=self._read_ns,
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
        return (("  No trace yet. ", "muted"),)

    def _say_stale(self, error: StoreError) -> None:
        self._shown = None
        self.border_subtitle = safe_line(f"▲ not read since {fmt.clock(self._read_ns)}: {error}", 60)

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

    def action_follow(self) -> None:
        """Back to the newest trace, and stay there."""
        self.rows.window.pause(False)
        self.rows.show()

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
