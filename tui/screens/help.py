"""What the keys do: on the screen below first, then everywhere; and the filter language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from llmwatch.tui.commands import PLACES, Command, Place, commands


class HelpScreen(Screen[None]):
    """Rows of the command table, with the keys that are set now."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
        Binding("g", "end(False)", show=False),
        Binding("G", "end(True)", show=False),
    ]

    def __init__(self, places: Sequence[Place], overrides: Mapping[str, str]) -> None:
        """``places`` come first, then what works everywhere; ``overrides`` are keys by command id."""
        super().__init__()
        self._places = places
        self._overrides = overrides

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        with VerticalScroll() as scroll:
            scroll.border_title = Content("Help")
            scroll.border_subtitle = Content("Esc closes")
            yield Static(Content("\n\n").join([*self._sections(), _FILTERS]))

    def action_scroll(self, step: int) -> None:
        """A line up or down."""
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)

    def action_end(self, last: bool) -> None:
        """To the end, or to the beginning."""
        scroll = self.query_one(VerticalScroll)
        scroll.scroll_end(animate=False) if last else scroll.scroll_home(animate=False)

    def _sections(self) -> Iterator[Content]:
        """Each command once, in the first of its places."""
        shown: set[str] = set()
        places: tuple[Place, ...] = (*self._places, "app")
        for place in places:
            fresh = [command for command in commands(place) if command.id not in shown]
            shown.update(command.id for command in fresh)
            if fresh:
                rows = [_row(self._keys(command), command.help) for command in fresh]
                yield Content("\n").join([Content.styled(PLACES[place], "bold $accent"), *rows])

    def _keys(self, command: Command) -> str:
        keys = self._overrides.get(command.id, command.keys)
        if not keys:
            return f":{command.id} {command.argument}"
        return "  ".join(self.app.get_key_display(Binding(key, "")) for key in keys.split(","))


def _row(keys: str, meaning: str) -> Content:
    return Content.assemble((f"  {keys:<22} ", "bold"), meaning)


_FILTERS: Final = Content("\n").join(
    [
        Content.styled("Filters", "bold $accent"),
        _row("refund", "the word in a prompt, an answer, an input or an output"),
        _row('"no refund"', "these words in this order"),
        _row("status:error", "failed; also ok, running"),
        _row("model:gpt-4o*", "model; also name user session feature service env app tool finish"),
        _row("prompt:answer", "name of the prompt; version: its version"),
        _row("error:timeout", "type or message of an error"),
        _row("heuristic:refusal", "failed this check; heuristic:* any check"),
        _row("cost>0.01", "dollars; also dur>2s ttft>500ms tokens>1000 in>… out>… spans>…"),
        _row("since:15m", "also after:2026-01-31T12:00 before:…"),
        _row("a b   a|b   !a", "both, either, not"),
    ]
)
