"""The keys of the replay screen: what they change in the call, and what they look at."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Final

from textual.app import SuspendNotSupported
from textual.binding import BindingType

from llmwatch.errors import UsageError
from llmwatch.providers.transcript import from_text, to_text
from llmwatch.store.span import Message
from llmwatch.tui.commands import Place, bindings
from llmwatch.tui.host import host
from llmwatch.tui.models.attempts import answer_text
from llmwatch.tui.models.document import as_text
from llmwatch.tui.outside import edit_outside
from llmwatch.tui.replaydesk import Desk, parameters_of, parameters_text
from llmwatch.tui.replaying import Replaying
from llmwatch.tui.screens.cursorkeys import CursorKeys
from llmwatch.tui.screens.destination import Chosen, Destination
from llmwatch.tui.screens.edittext import EditText
from llmwatch.tui.widgets.reader import Reader

_READING: Final = frozenset({
    "cursor_down", "cursor_up", "top", "bottom", "page_down", "page_up", "fold", "copy", "copy_all",
})  # fmt: skip
"""Actions that make sense for a call that cannot be sent again."""


class ReplayKeys(CursorKeys):
    """A desk, two sides to read, and what keys do to them."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("replay")
    KEYS_HERE: ClassVar[Sequence[Place]] = ("replay",)

    def __init__(self) -> None:
        super().__init__()
        self.before, self.after = Reader(id="before"), Reader(id="after")
        self.replaying: Replaying | None = None
        """The replay that runs."""
        self._desk: Desk | None = None

    @property
    def desk(self) -> Desk:
        """Plan and attempts; there is one wherever an action needs it (`check_action`)."""
        assert self._desk is not None
        return self._desk

    @property
    def moved(self) -> Reader:
        """The side that keys move in."""
        return self.before if self.focused is self.before else self.after

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing but reading where there is nothing to send."""
        return self._desk is not None or action in _READING

    def draw(self, *, same: bool = False) -> None:
        """Show the desk; ``same`` says that the right side is a newer state of what it shows."""
        raise NotImplementedError

    def plan_changed(self) -> None:
        """Draw everything, and reckon anew what it would cost."""
        raise NotImplementedError

    # Changing what is sent

    def _take_messages(self, messages: tuple[Message, ...] | None) -> None:
        if messages is not None:
            self.desk.edit(messages)
            self.plan_changed()

    def _take_parameters(self, parameters: dict[str, object] | None) -> None:
        if parameters is not None:
            self.desk.set_parameters(parameters)
            self.plan_changed()

    def _take_destination(self, chosen: Chosen | None) -> None:
        if chosen is not None:
            self.desk.go_to(*chosen)
            self.plan_changed()

    def action_edit(self) -> None:
        """Edit the messages here."""
        self._edit(to_text(self.desk.plan.request.messages))

    def _edit(self, text: str, problem: UsageError | None = None) -> None:
        read = partial(from_text, original=self.desk.plan.request.messages)
        self.app.push_screen(EditText("Messages", text, read, problem), self._take_messages)

    def action_edit_outside(self) -> None:
        """Edit the messages in the person's own editor; what cannot be read goes on here."""
        messages = self.desk.plan.request.messages
        text = to_text(messages)
        try:
            with self.app.suspend():
                text = edit_outside(text, ".txt")
            self._take_messages(from_text(text, messages))
        except SuspendNotSupported:
            host(self).say("This terminal cannot be given to an editor; e edits here", "warning")
        except UsageError as error:
            self._edit(text, error)

    def action_parameters(self) -> None:
        """Edit the parameters as JSON."""
        text = parameters_text(self.desk.plan.request)
        self.app.push_screen(EditText("Parameters", text, parameters_of), self._take_parameters)

    def action_model(self) -> None:
        """Choose where it goes."""
        plan = self.desk.plan
        chooser = Destination(self.desk.endpoints, plan.endpoint, plan.request.model)
        self.app.push_screen(chooser, self._take_destination)

    def action_temperature(self) -> None:
        """Temperature 0, or as recorded."""
        self.desk.toggle_temperature()
        self.plan_changed()

    def action_as_recorded(self) -> None:
        """Take back all changes."""
        self.desk.as_recorded()
        self.plan_changed()

    # Looking

    def action_diff(self) -> None:
        """Show what differs, or the answer again."""
        self.desk.diff = not self.desk.diff
        self.draw()

    def action_turn(self, step: int) -> None:
        """Look at another attempt."""
        if self.replaying is None:
            self.desk.turn(step)
            self.draw()

    def action_other_side(self) -> None:
        """To the other side."""
        (self.after if self.moved is self.before else self.before).focus()

    def action_fold(self) -> None:
        """Open or close a long text."""
        self.moved.fold()

    def action_copy(self) -> None:
        """Copy the answer that is looked at, or the block under the cursor of another text."""
        attempt = None
        if self._desk is not None:
            attempt = self.desk.attempts[0] if self.moved is self.before else self.desk.right
        block = self.moved.block
        if text := answer_text(attempt) if attempt else block.value if block else "":
            host(self).copy(text)

    def action_copy_all(self) -> None:
        """Copy the side."""
        host(self).copy(as_text(self.moved.blocks))
