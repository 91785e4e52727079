"""What all panes have in common: a box with a number and a title, read when it can be seen."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from llmwatch.errors import StoreError
from llmwatch.format import clock
from llmwatch.tui.coalesce import Coalesced
from llmwatch.tui.host import host
from llmwatch.tui.models.cells import Cell, Line
from llmwatch.tui.safe import safe_line
from llmwatch.tui.widgets.lines import Lines

if TYPE_CHECKING:
    import sqlite3

V = TypeVar("V")


class Pane(Vertical, Generic[V]):
    """A pane of the overview. Subclasses say what to read and how to draw it."""

    number: ClassVar[int]
    title: ClassVar[str]
    every_s: ClassVar[float] = 1.0
    """It is read no more often than this, however fast spans come."""
    subject: str = ""
    """What its numbers are of: `` · today``."""

    def __init__(self) -> None:
        super().__init__(id=f"pane-{self.number}")
        self.view: V | None = None
        """What was read last; None before the first time."""
        self.lines = Lines(self._lines)
        self.reload = Coalesced(self.read, self.every_s)
        """Read soon, because something has changed."""
        self._stale_ns: int | None = None
        self.dimension = 0
        """Which of the dimensions numbers are grouped by first; counts up, and round."""
        self._tabs: Sequence[str] | None = None

    @abstractmethod
    def question(self) -> Callable[[sqlite3.Connection], V]:
        """What to ask the store, with all that it needs of the widget already in it: a thread runs it."""

    @abstractmethod
    def draw(self, view: V, width: int, height: int) -> Sequence[Line]:
        """The lines that show ``view``."""

    def compose(self) -> ComposeResult:
        """The numbers."""
        yield self.lines

    def on_show(self) -> None:
        """Read what was not read while nobody could see it."""
        self.run_worker(self.read())

    def show_tabs(self, titles: Sequence[str] | None) -> None:
        """Title the border with all panes' ``titles``, when only one pane is shown, or with this one's."""
        self._tabs = titles
        if titles is None:
            self.border_title = Content(f"{self.number} {self.title}{self.subject}")
            return
        styles = ["bold $accent" if i == self.number else "$muted" for i in range(1, len(titles) + 1)]
        tabs = [Content.styled(f"{i} {title}", styles[i - 1]) for i, title in enumerate(titles, 1)]
        self.border_title = Content("  ").join(tabs)

    async def read(self) -> None:
        """Read now, unless nobody can see it."""
        if not self.display or not self.screen.is_current:
            return
        try:
            self._take(await host(self).feed.refresh(self.question()))
        except StoreError as error:
            if self._stale_ns is None:
                self._stale_ns = host(self).now_ns()
            self.border_subtitle = safe_line(f"▲ not read since {clock(self._stale_ns)}: {error}", 60)

    def _take(self, view: V) -> None:
        self._stale_ns = None
        self.border_subtitle = ""
        if view != self.view:
            self.view = view
            self.lines.refresh()
            self.changed(view)

    def now_of(self, subject: str) -> None:
        """Say in the title what the numbers are of."""
        self.subject = subject
        self.show_tabs(self._tabs)

    def changed(self, view: V) -> None:
        """For panes that show more than lines."""

    def _lines(self, width: int, height: int) -> Sequence[Line]:
        return [(Cell("…", "muted"),)] if self.view is None else self.draw(self.view, width, height)

    def text(self) -> str:
        """The pane as plain text."""
        return f"{self.number} {self.title}\n{self.lines.text()}"
