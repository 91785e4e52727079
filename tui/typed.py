"""Commands that are typed into the palette with an argument: ``theme NAME``, ``goto ID``, ``write FILE``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from llmwatch.errors import StoreError
from llmwatch.tui.host import HasText, Host, write_private
from llmwatch.tui.messages import ShowTrace
from llmwatch.tui.palette import Palette


class TypedCommands(Host):
    """The app's typed commands."""

    def action_command_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def action_theme(self, name: str) -> None:
        """Change the theme, for this run."""
        if name in self.available_themes:
            self.theme = name
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
