"""Modal screens that are left once, however fast the keys come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType

if TYPE_CHECKING:
    _Screen = Screen
else:

    class _Screen(Generic[ScreenResultType]):
        """Not a Screen when it runs: Textual takes styles from the first base that is a node."""


class LeavesOnce(_Screen[ScreenResultType]):
    """Mixed into a screen, makes a second dismissal do nothing.

    `Screen.dismiss` pops whatever is on top: Enter and Esc typed in one breath would take the screen below
    away too, and the app with it when that is the last one.
    """

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave with ``result``, if this screen is still on top."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
