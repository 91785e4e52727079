"""Lines of cells on the screen, with a cursor that goes from number to number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.cells import cell_len
from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from llmwatch.tui.commands import bindings
from llmwatch.tui.host import host
from llmwatch.tui.messages import ShowTraces
from llmwatch.tui.models.cells import Door, Line, text_of
from llmwatch.tui.state import STYLES

CURSOR: Final = "$block-cursor-foreground on $block-cursor-background"


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a door is drawn."""

    door: Door
    text: str
    x: int
    end: int
    y: int


class Lines(Widget, can_focus=True):
    """Draws what ``build`` makes for its width and height, and opens the number under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("pane")
    DEFAULT_CSS = "Lines { height: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, build: Callable[[int, int], Sequence[Line]]) -> None:
        super().__init__()
        self._build = build
        self._lines: Sequence[Line] = ()
        self._at = 0

    def render(self) -> Content:
        """The lines, the number under the cursor marked while this has the focus."""
        self._lines = self._build(self.size.width, self.size.height)
        here = self._spot() if self.has_focus else None
        return Content("\n").join(_content(y, line, here) for y, line in enumerate(self._lines))

    def text(self) -> str:
        """What is shown, as plain text."""
        return text_of(self._build(self.size.width, self.size.height))

    def _spots(self) -> list[_Spot]:
        spots = []
        for y, line in enumerate(self._lines):
            x = 0
            for cell in line:
                end = x + cell_len(cell.text)
                if cell.door is not None:
                    spots.append(_Spot(cell.door, cell.text.strip(), x, end, y))
                x = end
        return spots

    def _spot(self) -> _Spot | None:
        spots = self._spots()
        return spots[min(self._at, len(spots) - 1)] if spots else None

    def _move_to(self, spot: _Spot | None) -> None:
        if spot is not None:
            self._at = self._spots().index(spot)
            self.refresh()

    def action_cursor_right(self) -> None:
        """To the next number."""
        spots = self._spots()
        self._move_to(spots[min(self._at + 1, len(spots) - 1)] if spots else None)

    def action_cursor_left(self) -> None:
        """To the number before."""
        spots = self._spots()
        self._move_to(spots[max(min(self._at, len(spots) - 1) - 1, 0)] if spots else None)

    def action_cursor_down(self) -> None:
        """To the nearest number below."""
        self._vertical(1)

    def action_cursor_up(self) -> None:
        """To the nearest number above."""
        self._vertical(-1)

    def _vertical(self, step: int) -> None:
        here = self._spot()
        if here is None:
            return
        beyond = [spot for spot in self._spots() if (spot.y - here.y) * step > 0]
        near = min(beyond, key=lambda spot: (abs(spot.y - here.y), abs(spot.x - here.x)), default=None)
        self._move_to(near)

    def action_open(self) -> None:
        """Show the traces behind the number under the cursor."""
        if spot := self._spot():
            self.post_message(ShowTraces(spot.door.filter, spot.door.title))

    def action_copy(self) -> None:
        """Copy the number under the cursor."""
        if spot := self._spot():
            host(self).copy(spot.text, spot.text)

    def action_copy_all(self) -> None:
        """Copy the pane."""
        host(self).copy(self.text())

    def on_click(self, event: events.Click) -> None:
        """A click on a number puts the cursor on it; the second opens it."""
        for spot in self._spots():
            if spot.y == event.y and spot.x <= event.x < spot.end:
                self._move_to(spot)
                if event.chain > 1:
                    self.action_open()


def _content(y: int, line: Line, here: _Spot | None) -> Content:
    pieces: list[Content] = []
    x = 0
    for cell in line:
        if here is not None and (here.y, here.x) == (y, x) and cell.door is here.door:
            blank = len(cell.text) - len(cell.text.lstrip())
            pieces.append(Content(cell.text[:blank]))
            pieces.append(Content.styled(cell.text[blank:], CURSOR))
        else:
            pieces.append(Content.styled(cell.text, STYLES[cell.tone]))
        x += cell_len(cell.text)
    return Content("").join(pieces)
