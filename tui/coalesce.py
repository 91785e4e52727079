"""Doing something again when it was asked for while it was being done, but only once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Coalesced:
    """Wraps a coroutine function so that it never runs twice at a time.

    Calls while it runs are answered by one more run after it, however many they are, and no sooner than
    ``every_s`` seconds after the run before began.
    """

    def __init__(self, run: Callable[[], Awaitable[None]], every_s: float = 0.0) -> None:
        self._run = run
        self._every_s = every_s
        self._running = False
        self._wanted = False

    async def __call__(self) -> None:
        """Run now, or once more after the run that is under way."""
        self._wanted = True
        if self._running:
            return
        self._running = True
        try:
            while self._wanted:
                self._wanted = False
                await asyncio.gather(self._run(), asyncio.sleep(self._every_s))
        finally:
            self._running = False
