"""When there is a second process, what it is given, and what if it fails."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import Final

import msgspec

from llmwatch.collector.otlp.reading import Request
from llmwatch.collector.reading.process import Second
from llmwatch.config import Config

_log = logging.getLogger(__name__)

_SMALLEST: Final = 16 * 1024
"""Bytes of a body that is worth the way: there and back takes 0.3 ms, as long as reading 4 KiB."""
_LARGEST: Final = 1 << 20
"""Larger ones are read in a thread of their own, see door.py."""
_AT_ONCE: Final = 4 << 20
"""Bytes that it may have before it; what comes meanwhile is read here, so that both work."""
_CALM_BYTES_S: Final = 256 * 1024
_BURST: Final = 2 << 20
"""Bodies that bring so much more than `_CALM_BYTES_S` (200 spans a second) start it: a single export does
not, and half a second of a load that takes half a core does."""
_QUIET_S: Final = 60.0
"""So long after the last burst it ends, and after a failure another one may start."""
_PATIENCE_S: Final = 10.0
"""So long a body may take there, which here takes a second at most."""

_encode: Final = msgspec.msgpack.Encoder().encode


class Helper:
    """Reads in a second process while there is much to read. Used by the event loop alone."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._second: Second | None = None
        self._life: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        """Set when the process should end."""
        self._bytes = 0
        self._level, self._noted_at = 0.0, 0.0
        self._burst_at, self._not_before = 0.0, 0.0

    def reconfigure(self, config: Config) -> None:
        """Read what comes from now on by ``config``, but for what is decided at the start."""
        self._config = replace(config, collector=self._config.collector)
        self._second = None
        self._over.set()

    async def read(self, request: Request) -> bytes | None:
        """What ``request`` brings, packed; nothing when it is to be read in this process."""
        size = len(request.body)
        if not _SMALLEST <= size <= _LARGEST:
            return None
        self._note(size)
        second = self._second
        if second is None or self._bytes + size > _AT_ONCE:
            return None
        self._bytes += size
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await second.ask(_encode(request))
        except OSError as error:  # it was killed, or is too slow: TimeoutError
            if self._second is second:
                second.process.kill()
                self._fail(error)
            return None
        finally:
            self._bytes -= size

    async def close(self) -> None:
        """End the process, if there is one, and start none any more."""
        self._not_before = float("inf")
        self._second = None
        self._over.set()
        if self._life is not None:
            await self._life

    def _note(self, size: int) -> None:
        """Start the process when there is much to read."""
        now = time.monotonic()
        self._level = max(0.0, self._level - (now - self._noted_at) * _CALM_BYTES_S) + size
        self._noted_at = now
        if self._level < _BURST:
            return
        self._level = _BURST
        self._burst_at = now
        if self._life is None and now >= self._not_before:
            self._life = asyncio.create_task(self._live(), name="reading helper")

    async def _live(self) -> None:
        """One process from its start to its end."""
        self._over.clear()
        try:
            second = await Second.begun(self._config)
        except (OSError, NotImplementedError) as error:
            self._fail(error)
        else:
            if not self._over.is_set():
                self._second = second
            while self._second is second and (left := self._burst_at + _QUIET_S - time.monotonic()) > 0:
                try:
                    async with asyncio.timeout(left):
                        await self._over.wait()
                except TimeoutError:
                    continue  # unless there was another burst meanwhile, it is quiet now
            self._second = None
            await second.end()
        finally:
            self._life = None

    def _fail(self, error: Exception) -> None:
        _log.warning("The second process that reads fails, this one goes on alone: %r", error)
        self._not_before = max(self._not_before, time.monotonic() + _QUIET_S)
        self._second = None
        self._over.set()
