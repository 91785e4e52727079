"""What all panes have in common: a box with a number and a title, read when it can be seen, and regrouped."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

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

    from llmwatch.store.reads.sliced import By
    from llmwatch.tui.models.groups import Grouping, Layout

V = TypeVar("V")

_TALL: Final = 12
"""Lines from which a table of groups stands below the pane's own numbers, and need not be asked for."""


class Pane(Vertical, Generic[V]):
    """A pane of the overview. Subclasses say what to read and how to draw it."""

    number: ClassVar[int]
    title: ClassVar[str]
    every_s: ClassVar[float] = 1.0
    """It is read no more often than this, however fast spans come."""
    subject: str = ""
    """What its numbers are of: `` · today``."""
    own_lines: ClassVar[int] = 5
    """Lines of its own numbers above a table of groups."""

    def __init__(self) -> None:
        super().__init__(id=f"pane-{self.number}")
        self.view: V | None = None
        """What was read last; None before the first time."""
        self.lines = Lines(self._lines)
        self.reload = Coalesced(self.read, self.every_s)
        """Read soon, because something has changed."""
        self._stale_ns: int | None = None
        self.by: By | None = None
        """What its numbers are grouped by; None for the pane as a whole."""
        self.grouping: Grouping[Any] | None = None
        """The groups that were read last."""
        self._tabs: Sequence[str] | None = None

    @abstractmethod
    def question(self) -> Callable[[sqlite3.Connection], V]:
        """What to ask the store, with all that it needs of the widget already in it: a thread runs it."""

    @abstractmethod
    def groups(self, by: By) -> Callable[[sqlite3.Connection], Grouping[Any]]:
        """As `question`, for its numbers by a dimension."""

    @abstractmethod
    def layout_of_groups(self) -> Layout[Any]:
        """What the table of groups says."""

    @abstractmethod
    def draw(self, view: V, width: int, height: int) -> Sequence[Line]:
        """The lines that show ``view``."""

    def compose(self) -> ComposeResult:
        """The numbers."""
        yield self.lines

    def on_resize(self) -> None:
        """Where there is room now for groups they are asked for."""
        self.call_after_refresh(self._grown)

    def _grown(self) -> None:
        if self._tall and self.grouping is None:
            self.run_worker(self.read())

    def on_show(self) -> None:
        """Read what was not read while nobody could see it."""
        self.run_worker(self.read())

    def show_tabs(self, titles: Sequence[str] | None) -> None:
        """Title the border with all panes' ``titles``, when only one pane is shown, or with this one's."""
        self._tabs = titles
        by = f" by {self.by_title}" if self.by else ""
        if titles is None:
            about = (
                f" · {self.grouping.about}"
                if self.by and self.grouping and self.grouping.about
                else self.subject
            )
            self.border_title = Content(f"{self.number} {self.title}{by}{about}")
            return
        tabs = [
            Content.styled(f"{i} {title}{by}", "bold $accent")
            if i == self.number
            else Content.styled(f"{i} {title}", "$muted")
            for i, title in enumerate(titles, 1)
        ]
        self.border_title = Content("  ").join(tabs)

    @property
    def by_title(self) -> str:
        """What the dimension is called."""
        from llmwatch.tui.models.groups import DIMENSIONS

        return DIMENSIONS[self.by] if self.by else ""

    def group(self, step: int) -> None:
        """Group by the dimension ``step`` further; 0 for none: the pane as a whole."""
        from llmwatch.tui.models.groups import next_dimension

        self.by = next_dimension(self.by, step) if step else None
        self.set_class(self.by is not None, "-grouped")
        self.show_tabs(self._tabs)
        self.run_worker(self.read())

    async def read(self) -> None:
        """Read now, unless nobody can see it."""
        if not self.display or not self.screen.is_current:
            return
        question, by = self.question(), self.by or ("model" if self._tall else None)
        groups = self.groups(by) if by else None
        try:
            self._take(
                *await host(self).feed.refresh(lambda db: (question(db), groups(db) if groups else None))
            )
        except StoreError as error:
            if self._stale_ns is None:
                self._stale_ns = host(self).now_ns()
            self.border_subtitle = safe_line(f"▲ not read since {clock(self._stale_ns)}: {error}", 60)

    @property
    def _tall(self) -> bool:
        return self.lines.size.height >= _TALL

    def _take(self, view: V, grouping: Grouping[Any] | None) -> None:
        self._stale_ns = None
        self.border_subtitle = ""
        if (view, grouping) != (self.view, self.grouping):
            self.view, self.grouping = view, grouping
            self.show_tabs(self._tabs)
            self.lines.refresh()
            self.changed(view)

    def now_of(self, subject: str) -> None:
        """Say in the title what the numbers are of."""
        self.subject = subject
        self.show_tabs(self._tabs)

    def changed(self, view: V) -> None:
        """For panes that show more than lines."""

    def _lines(self, width: int, height: int) -> Sequence[Line]:
        if self.view is None:
            return [(Cell("…", "muted"),)]
        if self.grouping is None or not (self.by or height >= _TALL):
            return self.draw(self.view, width, height)
        from llmwatch.tui.models.groups import table

        own = [*self.draw(self.view, width, self.own_lines), ()] if height >= _TALL else []
        return [*own, *table(self.grouping, self.layout_of_groups(), width, height - len(own))]

    def text(self) -> str:
        """The pane as plain text."""
        by = f" by {self.by_title}" if self.by else ""
        return f"{self.number} {self.title}{by}\n{self.lines.text()}"
