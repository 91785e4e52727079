"""What the app itself does on a key or a command: help, back, quit, alerts, review, theme, goto, write."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from llmwatch.errors import StoreError
from llmwatch.tui.host import HasBack, HasHelp, HasText, Host, write_private
from llmwatch.tui.messages import ShowTrace
from llmwatch.tui.palette import Palette


class AppActions(Host):
    """The actions of the place ``app`` in the table of commands."""

    def action_command_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def action_help(self) -> None:
        """What the keys do here."""
        from llmwatch.tui.screens.help import HelpScreen  # noqa: PLC0415

        places = self.screen.KEYS_HERE if isinstance(self.screen, HasHelp) else ()
        self.push_screen(HelpScreen(places, self._keymap))

    def action_alerts(self) -> None:
        """The alerts, above what is on the screen."""
        from llmwatch.tui.screens.alerts import AlertsScreen  # noqa: PLC0415

        if not isinstance(self.screen, AlertsScreen):
            self.push_screen(AlertsScreen())

    def action_review(self) -> None:
        """What is worth a look, to judge."""
        from llmwatch.tui.screens.review import ReviewScreen  # noqa: PLC0415

        if not isinstance(self.screen, ReviewScreen):
            self.push_screen(ReviewScreen())

    async def action_back(self) -> None:
        """Undo the innermost thing, or leave the screen."""
        if isinstance(self.screen, HasBack) and self.screen.go_back():
            return
        if len(self.screen_stack) > 1:
            self.pop_screen()

    async def action_quit(self) -> None:
        """Quit; but with the mouse's selection on the screen this key copies it, as everywhere else."""
        if selected := self.screen.get_selected_text():
            self.copy(selected)
            self.screen.clear_selection()
        else:
            self.exit(0)

    async def action_close(self) -> None:
        """Leave the screen; on the overview, quit."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            self.exit(0)

    def action_theme(self, name: str) -> None:
        """Change the theme, for this run; ours can be called ``dark``, ``light`` and ``safe``."""
        known = next((each for each in (name, f"llmwatch-{name}") if each in self.available_themes), None)
        if known is not None:
            self.theme = known
        else:
            self.say(
                f"There is no theme called {name!r}",
                "warning",
                hint=f"There are {_names(self.available_themes)}.",
            )

    async def action_goto(self, reference: str) -> None:
        """Open what an id, or its beginning, names."""
        from llmwatch.store.reads.spans import find  # noqa: PLC0415

        try:
            found = await self.feed.read(lambda db: find(db, reference))
        except StoreError as error:
            self.say(str(error), "error", hint=error.hint)
            return
        if found is None:
            self.say(
                f"No id begins with {reference!r}", "warning", hint="Give at least its first 4 characters."
            )
        else:
            self.post_message(ShowTrace(*found))

    def action_write(self, file: str) -> None:
        """Write the current view's text to a new file."""
        screen = self.screen
        if not isinstance(screen, HasText):
            self.say("There is no text here to write", "warning")
            return
        try:
            write_private(Path(file), screen.view_text())
        except OSError as error:
            self.say(f"{file} was not written: {error.strerror}", "error")
        else:
            self.say(f"Wrote {file}")


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
