"""The app: wires feed, screens, keys and themes together, and leaves the terminal as it found it."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from llmwatch.config import Config
from llmwatch.errors import ConfigError
from llmwatch.neutral import neutral
from llmwatch.reload import changes
from llmwatch.tui.actions import AppActions
from llmwatch.tui.alertwatch import AlertWatch
from llmwatch.tui.commands import bindings, keymap
from llmwatch.tui.host import FeedEvent
from llmwatch.tui.linefilter import WireFilter
from llmwatch.tui.messages import DataChanged, ShowReplay, ShowTrace, ShowTraces
from llmwatch.tui.palette import CommandProvider
from llmwatch.tui.screens.overview import Overview
from llmwatch.tui.themes import THEMES, derived


class LlmwatchApp(AppActions):
    """The screen of llmwatch."""

    TITLE = "llmwatch"
    CSS_PATH = ["app.tcss", "screens/overview.tcss"]  # noqa: RUF012 - the first screen's too: read in one go
    BINDINGS: ClassVar[list[BindingType]] = bindings("app")
    COMMANDS = {CommandProvider}  # noqa: RUF012 - Textual's own type
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (40, "-small"), (80, "-medium"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (10, "-low"), (20, "-middle"), (30, "-tall"), (38, "-high")]  # noqa: RUF012

    def __init__(
        self,
        db: Path,
        collector_url: str,
        config: Config,
        notice: str = "",
        *,
        config_file: Path | None = None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """``notice`` is shown once at the start; changes of ``config_file`` are applied while running."""
        super().__init__(db, collector_url, config, now_ns)
        self._notice = notice
        self._config_file = config_file
        self._watch = AlertWatch(self)
        for theme in THEMES:
            self.register_theme(theme)
        if config.tui.theme in self.available_themes:
            self.theme = config.tui.theme  # before the style sheet is made: changing it later costs 80 ms

    def get_default_screen(self) -> Screen[None]:
        """The overview is the root."""
        return Overview()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, and behind them the one that lets no control character pass."""
        return [*super().get_line_filters(), WireFilter()]

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What themes other than ours lack."""
        return {} if self.current_theme in THEMES else derived(self.current_theme)

    def on_mount(self) -> None:
        """Set up what the first paint needs; everything else waits for it."""
        if sys.platform != "win32":  # where there are no such signals
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self.exit, 128 + number, 128 + number)
        self._apply(self.config)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self._notice:  # its seconds begin when there is a screen to read it on
            self.say(self._notice, "warning")
        self.feed.start()
        if self._config_file is not None:
            self.run_worker(self._follow(self._config_file))

    def on_unmount(self) -> None:
        """End the feed's threads."""
        self.feed.close()

    # Configuration

    async def _follow(self, path: Path) -> None:
        async for found in changes(path):
            if isinstance(found, ConfigError):
                self.say(f"Configuration not applied. {found}", "error", hint=found.hint)
            else:
                self.config = found
                self._apply(found)
                self.say("Configuration applied")

    def _apply(self, config: Config) -> None:
        usable, notices = keymap(config.keys)
        self.set_keymap(usable)
        for notice in notices:
            self.say(notice, "warning")
        if config.tui.theme != self.theme:
            self.action_theme(config.tui.theme)
        self.config_changed.publish(config)

    # What screens ask for

    def _tell_feed(self, event: FeedEvent) -> None:
        self.feed_events.publish(event)
        if isinstance(event, DataChanged):
            self.run_worker(self._watch.look())

    on_data_changed = on_data_missing = on_feed_failed = on_feed_recovered = _tell_feed

    def on_show_trace(self, message: ShowTrace) -> None:
        """Open a trace above the current screen."""
        from llmwatch.tui.screens.trace import TraceScreen  # noqa: PLC0415 - not needed to start

        self.push_screen(TraceScreen(message.trace_id, message.span_id))

    def on_show_replay(self, message: ShowReplay) -> None:
        """Open the replay of a call above the current screen."""
        from llmwatch.tui.screens.replay import ReplayScreen  # noqa: PLC0415 - brings httpx

        self.push_screen(ReplayScreen(message.detail))

    def on_show_traces(self, message: ShowTraces) -> None:
        """Go to the overview's list with a filter set."""
        while not isinstance(self.screen, Overview):
            self.pop_screen()
        self.screen.show_traces(message.filter, message.title)

    # Ends

    def _fatal_error(self) -> None:
        """Print the traceback without local variables: they hold prompts (Textual's own shows them)."""
        self.bell()
        self._exit_renderables.clear()
        self._exit_renderables.append(Text(neutral(traceback.format_exc())))
        self._close_messages_no_wait()
