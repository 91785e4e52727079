"""What is known of the open span: tabs, the text of one of them, and a line to search it."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from llmwatch.neutral import neutral_line
from llmwatch.tui.models.detail.capture import missing_span
from llmwatch.tui.models.detail.lacking import hint_line
from llmwatch.tui.models.detail.opened import Opened
from llmwatch.tui.models.detail.tabs import TABS, best_tab, tab_line
from llmwatch.tui.safe import safe_line
from llmwatch.tui.state import STYLES
from llmwatch.tui.widgets.promptline import PromptLine
from llmwatch.tui.widgets.reader import Reader


class TabLine(Widget):
    """The names of the tabs."""

    DEFAULT_CSS = "TabLine { height: 1; text-wrap: nowrap; }"

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self) -> None:
        super().__init__()
        self.opened: Opened | None = None
        self.active = 0

    def render(self) -> Content:
        """One line."""
        runs = tab_line(self.opened, self.active, self.size.width)
        return Content.assemble(*((text, STYLES[tone]) for text, tone in runs))

    def on_click(self, event: Click) -> None:
        """To the tab under the pointer."""
        x = 0
        for i, (text, _) in enumerate(tab_line(self.opened, self.active, self.size.width)):
            if x <= event.x < x + len(text) and i % 2 == 0:
                self.post_message(self.Chosen(i // 2))
            x += len(text)


class HintLine(Widget):
    """What the open span lacks, in the row between the tabs and the text; empty for most."""

    DEFAULT_CSS = "HintLine { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self) -> None:
        super().__init__()
        self.opened: Opened | None = None

    def render(self) -> Content:
        """One line."""
        return Content.assemble(*((text, STYLES[tone]) for text, tone in hint_line(self.opened)))


class DetailPane(Vertical):
    """Shows an `Opened` span; a tab that was chosen stays chosen from span to span."""

    DEFAULT_CSS = """
    DetailPane {
        & Reader { height: 1fr; }
        & .search { height: 1; display: none; }
        & .prompt { width: 2; color: $accent; }
        & .count { width: 24; text-align: right; color: $muted; }
    }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.opened: Opened | None = None
        self.reader = Reader()
        self._tabs = TabLine()
        self._hint = HintLine()
        self._chosen: int | None = None
        self.line = PromptLine("text to find")
        self._count = Static(classes="count")
        self._search = Horizontal(Static("/ ", classes="prompt"), self.line, self._count, classes="search")

    def compose(self) -> ComposeResult:
        """Tabs, what is missing, text, search."""
        yield self._tabs
        yield self._hint
        yield self.reader
        yield self._search

    @property
    def tab(self) -> int:
        """The tab that is shown."""
        return self._tabs.active

    def show_span(self, opened: Opened) -> None:
        """Show a span, or a newer state of the one that is shown."""
        shown = self.opened
        same = shown is not None and shown.span.span_id == opened.span.span_id
        if same and shown == opened:
            return
        self.opened = opened
        tab = self.tab if same else self._chosen if self._chosen is not None else best_tab(opened)
        self._show_tab(tab, same=same)
        row = opened.detail.row
        title = " · ".join(neutral_line(part, 40) for part in (row.name, row.kind, row.model) if part)
        self.border_title = Content(title)

    def show_missing(self, span_id: str, named_by: int) -> None:
        """Say of a span that it has not come."""
        self.opened = None
        self._tabs.opened = self._hint.opened = None
        self._tabs.refresh()
        self._hint.refresh()
        self.border_title = ""
        self.reader.read(missing_span(span_id, named_by))

    def _show_tab(self, number: int, *, same: bool = False) -> None:
        self._tabs.opened, self._tabs.active = self.opened, number
        self._hint.opened = self.opened
        self._tabs.refresh()
        self._hint.refresh()
        if self.opened is not None:
            self.reader.read(TABS[number].blocks(self.opened), same=same)
            self._show_matches()

    def choose_tab(self, number: int) -> None:
        """Show a tab, and keep to it; numbers go round."""
        self._chosen = number % len(TABS)
        self._show_tab(self._chosen)

    @on(TabLine.Chosen)
    def _tab_clicked(self, event: TabLine.Chosen) -> None:
        event.stop()
        self.choose_tab(event.number)

    # Searching

    def open_search(self) -> None:
        """Type what to find."""
        self._search.display = True
        self.line.begin("")
        self.reader.search("")

    def next_match(self, step: int) -> None:
        """To the next place that was found."""
        self.reader.next_match(step)
        self._show_matches()

    def end_search(self) -> bool:
        """Take the marks away; whether there were any."""
        if not self.reader.needle:
            return False
        self.reader.search("")
        self._show_matches()
        return True

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.reader.search(event.value)
        self._show_matches()

    @on(Input.Submitted)
    def _accepted(self, event: Input.Submitted) -> None:
        event.stop()
        self.line.history.add(event.value)
        self._leave_search()

    @on(PromptLine.GivenUp)
    def _given_up(self, event: PromptLine.GivenUp) -> None:
        event.stop()
        self.end_search()
        self._leave_search()

    def _leave_search(self) -> None:
        self._search.display = False
        self._show_matches()
        self.reader.focus()

    def _show_matches(self) -> None:
        reader = self.reader
        if not reader.needle:
            said = ""
        elif not reader.matches:
            said = f"{reader.needle!r} not found"
        else:
            said = f"{(reader.at_match or 0) + 1} of {len(reader.matches):,}"
        self._count.update(safe_line(said), layout=False)
        left = reader.needle and not self._search.display
        self.border_subtitle = safe_line(f"/{reader.needle}  {said}" if left else "", 60)
