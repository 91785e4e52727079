"""A small menu: one of a few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList

from llmwatch.tui.screens.once import LeavesOnce


class Choose(LeavesOnce[str | None], ModalScreen[str | None]):
    """Asks for one of ``options`` and returns it, or None when it is left."""

    CSS_PATH = "choose.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", show=False),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
    ]

    def __init__(self, title: str, options: Sequence[str], chosen: str) -> None:
        super().__init__()
        self._title = title
        self._options = options
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        """The options, the cursor on the one that holds now."""
        menu = OptionList(*(Content(option) for option in self._options))
        menu.border_title = Content(self._title)
        menu.highlighted = self._options.index(self._chosen)
        yield menu

    def action_move(self, step: int) -> None:
        """Down or up."""
        menu = self.query_one(OptionList)
        (menu.action_cursor_down if step > 0 else menu.action_cursor_up)()

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._options[event.option_index])
