"""The line that a filter is typed into: what is wrong with it and where, and how much it matches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from llmwatch.errors import FilterError
from llmwatch.tui.safe import safe, safe_line
from llmwatch.tui.widgets.promptline import PromptLine

if TYPE_CHECKING:
    from llmwatch.store.filters import Filter

_PROMPT = "/ "


class FilterBar(Vertical):
    """Hidden until it is opened."""

    DEFAULT_CSS = """
    FilterBar {
        height: auto;
        display: none;
        & Horizontal { height: 1; }
        & .prompt { width: 2; color: $accent; }
        & .count { width: 20; text-align: right; color: $muted; }
        & .error { height: auto; color: $error; display: none; }
    }
    """

    class Previewed(Message):
        """Another filter that can be read was typed; None when the line is empty."""

        def __init__(self, text: str, filter: Filter | None) -> None:
            super().__init__()
            self.text = text
            self.filter = filter

    class Mistaken(Message):
        """What is typed cannot be read."""

    class Closed(Message):
        """The line is left; ``accepted`` says whether what it previewed is to stay."""

        def __init__(self, accepted: bool) -> None:
            super().__init__()
            self.accepted = accepted

    def __init__(self) -> None:
        super().__init__()
        self.line = PromptLine('words, "words together", status:error model:gpt-4o dur>2s …')
        self._count = Static(classes="count")
        self._error = Static(classes="error")

    def compose(self) -> ComposeResult:
        """The line, and under it what is wrong."""
        with Horizontal():
            yield Static(_PROMPT, classes="prompt")
            yield self.line
            yield self._count
        yield self._error

    def open(self, text: str) -> None:
        """Show the line with the filter that is active."""
        self.display = True
        self._say(None)
        self.line.begin(text)

    def show_count(self, text: str) -> None:
        """Say how much matches."""
        self._count.update(safe_line(text), layout=False)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        from llmwatch.store.filters import parse  # noqa: PLC0415 - not before the first paint

        event.stop()
        text = event.value.strip()
        try:
            filter = parse(event.value) if text else None
        except FilterError as error:
            self._say(error)
            self.post_message(self.Mistaken())
            return
        self._say(None)
        self.post_message(self.Previewed(text, filter))

    def _say(self, error: FilterError | None) -> None:
        """Show an error with a caret under the character it is about; on one line where it fits."""
        self._error.display = error is not None
        if error is None:
            return
        column = max(error.position - int(self.line.scroll_offset.x), 0)
        caret = " " * (len(_PROMPT) + column) + "^"
        said = " ".join(filter(None, (f"{error}.", error.hint)))
        together = len(caret) + 1 + len(said) <= self.size.width
        self._error.update(safe(f"{caret}{' ' if together else chr(10)}{said}"))

    @on(Input.Submitted)
    def _accepted(self, event: Input.Submitted) -> None:
        event.stop()
        if not self._error.display:
            self.line.history.add(event.value.strip())
            self._close(accepted=True)

    @on(PromptLine.GivenUp)
    def _given_up(self, event: PromptLine.GivenUp) -> None:
        event.stop()
        self._close(accepted=False)

    def _close(self, accepted: bool) -> None:
        self.display = False
        self.post_message(self.Closed(accepted))
