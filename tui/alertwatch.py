"""Watching for alerts while the screen is open, whatever is on it: one bell for each, and never again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from llmwatch.errors import StoreError
from llmwatch.tui.alertreads import read_open
from llmwatch.tui.coalesce import Coalesced
from llmwatch.tui.models.alertrows import pressing

if TYPE_CHECKING:
    from llmwatch.store.rows import AlertRow
    from llmwatch.tui.host import Host

_EVERY_S: Final = 1.0


class AlertWatch:
    """Keeps ``host.alerts`` current and rings when one begins to press."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._rung: set[int] = set()
        """Alerts that the bell has rung for."""
        self.look = Coalesced(self._look, _EVERY_S)
        """Read them soon, because something has changed."""

    async def _look(self) -> None:
        try:
            found = await self._host.feed.refresh(read_open)
        except StoreError:
            return  # the feed has said so already, and the header shows it
        self._ring(found)
        self._host.show_alerts(found)

    def _ring(self, found: Sequence[AlertRow]) -> None:
        new = {row.id for row in pressing(found, self._host.now_ns())} - self._rung
        if new:
            self._rung |= new
            self._host.bell()
