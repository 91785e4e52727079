"""Where the rows of the trace list come from: one choice at a time, kept up to date."""

from __future__ import annotations

from abc import abstractmethod
from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from textual import on, work

from llmwatch.errors import StoreError, StoreMissingError
from llmwatch.tui import tracereads as reads
from llmwatch.tui.coalesce import Coalesced
from llmwatch.tui.host import FeedEvent, host
from llmwatch.tui.messages import DataChanged
from llmwatch.tui.models.rowcache import PAGE, page_around
from llmwatch.tui.models.traceorder import Matching, Order
from llmwatch.tui.models.tracetitle import Choice
from llmwatch.tui.widgets.tracekeys import TraceKeys
from llmwatch.tui.widgets.tracerows import TraceRows

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.store.filters import Filter

_AT_MOST_EVERY_S: Final = 0.5
"""At 500 traces a second each look replaces the whole screen, which takes 20 ms: twice a second is enough."""


class TraceSource(TraceKeys):
    """The part of the trace list that reads."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.choice = Choice()
        """Which traces to show."""
        self.counted = True
        """Whether all that matches has been found."""
        self.read_ns = 0
        """When the list was read, and not only brought up to date."""
        self._loaded: Choice | None = None
        """The choice that the rows on the screen are of."""
        self._loading: Choice | None = None
        """The choice whose first page is being read."""
        self.reload = Coalesced(self._reload, _AT_MOST_EVERY_S)
        """Take in what has changed, unless nobody can see it."""

    @abstractmethod
    def show_title(self) -> None:
        """Say what is shown."""

    @abstractmethod
    def show_trouble(self, error: StoreError) -> None:
        """Say that what is shown is not the present."""

    def on_mount(self) -> None:
        """Follow the feed."""
        host(self).feed_events.subscribe(self, self._on_feed)
        self.show_title()

    def on_show(self) -> None:
        """Read what was not read while nobody could see it: the first traces come while it is hidden."""
        self.run_worker(self.reload(), group="news")

    def choose(self, choice: Choice) -> None:
        """Show other traces, or the same in another order."""
        self.choice = choice
        self._load()

    @work(exclusive=True, group="load")
    async def _load(self) -> None:
        """Read the chosen list: its first page at once, then all ids that a filter matches, in pieces."""
        choice = self._loading = self.choice
        self.counted = choice.filter is None or choice.is_fixed
        try:
            self._show(choice, await host(self).feed.read(self._first_read(choice)))
            while choice.filter is not None and not self.counted:
                await self._count_on(choice.filter)
        except StoreMissingError:
            self._loading = None
            self.show_title()
        except StoreError as error:
            self._loading = None
            self.show_trouble(error)

    async def _count_on(self, filter: Filter) -> None:
        known = self._known
        more = await host(self).feed.read(partial(reads.more_matching, filter=filter, known=known.found))
        self.counted = len(more) < reads.CHUNK
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
        self.read_ns = host(self).now_ns()
        self.counted = self.counted or len(news.order) < PAGE
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
            self.show_trouble(error)

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
        self.show_title()
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
            self.show_trouble(error)
            return
        self.rows.cache.put(asked, rows)
        self.rows.show()
