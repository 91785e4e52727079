"""What was typed before, as a shell has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_KEPT: Final = 100


class History:
    """Entries, the newest last; going back keeps what was being typed."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._entries = list(entries)[-_KEPT:]
        self._at = len(self._entries)
        self._draft = ""

    def add(self, entry: str) -> None:
        """Remembers ``entry`` as the newest, once; and goes to the end."""
        if entry:
            self._entries = [*(known for known in self._entries if known != entry), entry][-_KEPT:]
        self._at = len(self._entries)

    def older(self, typed: str) -> str:
        """The entry before the one shown, or the oldest; ``typed`` is kept when it is left."""
        if self._at == len(self._entries):
            self._draft = typed
        self._at = max(self._at - 1, 0)
        return self._shown()

    def newer(self) -> str:
        """The entry after the one shown; after the last, what was being typed."""
        self._at = min(self._at + 1, len(self._entries))
        return self._shown()

    def _shown(self) -> str:
        return self._draft if self._at == len(self._entries) else self._entries[self._at]
