"""The command palette: every command that has an effect here, and the ones that are typed."""

from __future__ import annotations

from functools import partial

from textual.binding import ActiveBinding
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider

from llmwatch.tui.commands import BY_ID, COMMANDS, Command
from llmwatch.tui.safe import safe_line
from llmwatch.tui.screens.once import LeavesOnce


class Palette(LeavesOnce[None], CommandPalette):
    """Textual's palette, left once."""


class CommandProvider(Provider):
    """Offers the commands of the table that are live on the screen below the palette."""

    async def discover(self) -> Hits:
        """Everything that can be done here."""
        for command, active in self._live():
            yield DiscoveryHit(safe_line(_label(command)), partial(self._run, active), help=command.help)
        for command in _TYPED:
            yield DiscoveryHit(
                safe_line(_label(command)), partial(self._typed, command, ""), help=command.help
            )

    async def search(self, query: str) -> Hits:
        """Commands whose name is like ``query``, or the typed command that ``query`` is."""
        name, _, argument = query.partition(" ")
        for command in _TYPED:
            if name == command.id:
                run = partial(self._typed, command, argument.strip())
                yield Hit(1, safe_line(query if argument else _label(command)), run, help=command.help)
                return
        matcher = self.matcher(query)
        for command, active in self._live():
            if score := matcher.match(command.title):
                run = partial(self._run, active)
                yield Hit(score, matcher.highlight(command.title), run, help=command.help)
        for command in _TYPED:
            if score := matcher.match(command.title):
                yield Hit(
                    score, safe_line(_label(command)), partial(self._typed, command, ""), help=command.help
                )

    def _live(self) -> list[tuple[Command, ActiveBinding]]:
        live: dict[str, ActiveBinding] = {}
        for active in self.screen.active_bindings.values():
            if active.binding.id in BY_ID and active.enabled:
                live.setdefault(active.binding.id, active)
        return [(BY_ID[identifier], active) for identifier, active in live.items()]

    async def _run(self, active: ActiveBinding) -> None:
        await self.app.run_action(active.binding.action, active.node)

    async def _typed(self, command: Command, argument: str) -> None:
        await self.app.run_action(("app", command.action, (argument,)))


_TYPED = [command for command in COMMANDS if command.argument]


def _label(command: Command) -> str:
    return f"{command.title} {command.argument}".strip()
