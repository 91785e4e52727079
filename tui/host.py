"""What screens and widgets may ask of the app they run in, without knowing the app."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias, runtime_checkable

from textual.app import App
from textual.binding import Binding
from textual.message_pump import MessagePump
from textual.notifications import SeverityLevel
from textual.signal import Signal

from llmwatch.config import Config
from llmwatch.tui.commands import BY_ID, Place
from llmwatch.tui.feed import Feed
from llmwatch.tui.format import tokens
from llmwatch.tui.messages import DataChanged, DataMissing, FeedFailed, FeedRecovered

if TYPE_CHECKING:
    from llmwatch.store.rows import AlertRow

FeedEvent: TypeAlias = DataChanged | DataMissing | FeedFailed | FeedRecovered


class Host(App[int]):
    """The app as its screens see it. Get it with ``host(widget)``."""

    ENABLE_COMMAND_PALETTE: ClassVar[bool] = True

    def __init__(
        self, db: Path, collector_url: str, config: Config, now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        super().__init__()
        self.db = db
        self.collector_url = collector_url
        """Where spans are sent and where the screen posts what it wants written."""
        self.config = config
        self.now_ns = now_ns
        """The clock; tests give another."""
        self.feed = Feed(db, self.post_message, now_ns)
        self.feed_events: Signal[FeedEvent] = Signal(self, "feed")
        """What the feed noticed. Subscribe in ``on_mount``; a hidden view should not query on it."""
        self.config_changed: Signal[Config] = Signal(self, "config")
        self.alerts: tuple[AlertRow, ...] = ()
        """Those that fire."""
        self.alerts_changed: Signal[tuple[AlertRow, ...]] = Signal(self, "alerts")

    def show_alerts(self, alerts: tuple[AlertRow, ...]) -> None:
        """Tell everybody which alerts fire now."""
        if alerts != self.alerts:
            self.alerts = alerts
            self.alerts_changed.publish(alerts)

    def key_of(self, command: str) -> str:
        """The key of a command, as it is set now."""
        keys = self._keymap.get(command, BY_ID[command].keys)
        return self.get_key_display(Binding(keys.split(",")[0], ""))

    def say(self, message: str, severity: SeverityLevel = "information", *, hint: str = "") -> None:
        """A notice in the corner; never read as markup."""
        text = f"{message}\n{hint}" if hint else message
        self.notify(text, severity=severity, markup=False, timeout=8 if hint else 5)

    def copy(self, text: str, what: str = "") -> None:
        """Put ``text`` on the clipboard of the terminal, also over SSH, and say so."""
        self.copy_to_clipboard(text)
        self.say(f"Copied {what or f'{tokens(len(text))} characters'} (the terminal must allow OSC 52)")


def host(node: MessagePump) -> Host:
    """The app that ``node`` runs in."""
    app = node.app
    assert isinstance(app, Host)
    return app


@runtime_checkable
class HasText(Protocol):
    """A screen whose content can be written to a file."""

    def view_text(self) -> str:
        """All the view shows, as plain text; what is scrolled out of sight included where it is at hand."""


@runtime_checkable
class HasBack(Protocol):
    """A screen that has something to undo before it is left."""

    def go_back(self) -> bool:
        """Undo the innermost thing (a zoom, a filter) and say whether there was one."""


@runtime_checkable
class HasHelp(Protocol):
    """A screen with keys of its own."""

    KEYS_HERE: ClassVar[Sequence[Place]]
    """The places of the command table that are on it, the most important first."""


def write_private(path: Path, text: str) -> None:
    """Write ``text`` to the new file ``path``, readable by its owner only.

    Raises:
        OSError: It exists already, or cannot be written.
    """
    descriptor = os.open(path.expanduser(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
