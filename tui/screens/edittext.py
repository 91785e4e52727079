"""A text to edit above the screen: it is left with Esc, and kept when it can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from llmwatch.errors import UsageError
from llmwatch.tui.safe import safe
from llmwatch.tui.screens.once import LeavesOnce

T = TypeVar("T")


class EditText(LeavesOnce["T | None"], ModalScreen["T | None"], Generic[T]):
    """Returns what ``read`` makes of the text; None when the text is given up."""

    CSS_PATH = "edittext.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "done", show=False, priority=True)]

    def __init__(
        self, title: str, text: str, read: Callable[[str], T], problem: UsageError | None = None
    ) -> None:
        """``read`` raises `UsageError` on a text it cannot take, as ``problem`` says of ``text``."""
        super().__init__()
        self._title = title
        self._text = text
        self._read = read
        self._problem = problem
        self._refused: str | None = None if problem is None else text

    def compose(self) -> ComposeResult:
        """The text, and under it what is wrong with it."""
        with Vertical() as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content("Esc keeps and closes · ^z takes back")
            yield TextArea(self._text, soft_wrap=True, compact=True)
            yield Static()

    def on_mount(self) -> None:
        """Say what is wrong already."""
        self._say(self._problem)

    def action_done(self) -> None:
        """Keep the text; one that cannot be read is given up when Esc is pressed again."""
        text = self.query_one(TextArea).text
        if text == self._refused:
            self.dismiss(None)
            return
        try:
            result = self._read(text)
        except UsageError as error:
            self._refused = text
            self._say(error)
            return
        self.dismiss(result)

    def _say(self, error: UsageError | None) -> None:
        line = self.query_one(Static)
        line.display = error is not None
        if error is not None:
            line.update(safe(f"✗ {error}. {error.hint} Esc again gives up the changes.", "$error"))
