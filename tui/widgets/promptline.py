"""A line to type into, with history, that Esc leaves."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from llmwatch.tui.models.history import History


class PromptLine(Input):
    """An input without a box. ^U clears to the left, ^W a word, ↑ and ↓ go through what was typed before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", show=False),
        Binding("up", "older", show=False),
        Binding("down", "newer", show=False),
    ]
    DEFAULT_CSS = "PromptLine, PromptLine:focus { width: 1fr; background: transparent; padding: 0; }"

    class GivenUp(Message):
        """Esc was pressed."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(compact=True, select_on_focus=False, placeholder=placeholder)
        self.cursor_blink = False  # nothing moves that has not changed
        self.history = History()

    def begin(self, text: str) -> None:
        """Take the focus with ``text`` to go on from."""
        with self.prevent(Input.Changed):
            self.value = text
        self.cursor_position = len(text)
        self.focus()

    def action_give_up(self) -> None:
        """Leave the line."""
        self.post_message(self.GivenUp())

    def action_older(self) -> None:
        """What was typed before."""
        self._recall(self.history.older(self.value))

    def action_newer(self) -> None:
        """What was typed after."""
        self._recall(self.history.newer())

    def _recall(self, text: str) -> None:
        self.value = text
        self.cursor_position = len(text)
