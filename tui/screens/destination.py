"""Where a replay goes: one of the configured endpoints, and the model's name there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from llmwatch.providers.endpoints import Endpoint
from llmwatch.tui.safe import safe_line
from llmwatch.tui.screens.once import LeavesOnce

Chosen: TypeAlias = tuple[Endpoint, str]


class Destination(LeavesOnce["Chosen | None"], ModalScreen["Chosen | None"]):
    """Asks for an endpoint, then for the model; returns both, or None when it is left."""

    CSS_PATH = "destination.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", show=False, priority=True),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
    ]

    def __init__(self, endpoints: Sequence[Endpoint], endpoint: Endpoint, model: str) -> None:
        super().__init__()
        self._endpoints = endpoints
        self._endpoint = endpoint
        self._model = model

    def compose(self) -> ComposeResult:
        """The endpoints with their keys' state, and the model."""
        name = max(len(endpoint.name) for endpoint in self._endpoints)
        origin = max(len(endpoint.origin) for endpoint in self._endpoints)
        menu = OptionList(*(_option(endpoint, name, origin) for endpoint in self._endpoints))
        menu.highlighted = self._endpoints.index(self._endpoint)
        with Vertical() as box:
            box.border_title = Content("Provider and model")
            box.border_subtitle = Content("Enter takes it · Tab to the model · Esc leaves it")
            yield menu
            yield Static(Content.styled("model", "$muted"))
            yield Input(self._model, compact=True, placeholder="as the provider calls it")

    def action_move(self, step: int) -> None:
        """Down or up."""
        menu = self.query_one(OptionList)
        (menu.action_cursor_down if step > 0 else menu.action_cursor_up)()

    @on(OptionList.OptionSelected)
    def _to_model(self) -> None:
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        highlighted = self.query_one(OptionList).highlighted
        if highlighted is not None and event.value.strip():
            self.dismiss((self._endpoints[highlighted], event.value.strip()))


def _option(endpoint: Endpoint, name: int, origin: int) -> Content:
    """A line with the widths that its columns have."""
    key = (
        f"{endpoint.key_env}{'' if endpoint.ready else ' is not set'}" if endpoint.key_env else "needs no key"
    )
    return Content.assemble(
        Content.styled("✓ ", "$success") if endpoint.ready else Content.styled("✗ ", "$error"),
        safe_line(f"{endpoint.name:<{name}}  ", style="bold"),
        safe_line(f"{endpoint.origin:<{origin}}  "),
        safe_line(key, style="$muted" if endpoint.ready else "$error"),
    )
