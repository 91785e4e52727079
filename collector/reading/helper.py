"""The second process: when there is one, what it is given, and what if it fails."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import Final

from llmwatch.collector.otlp.reading import Request
from llmwatch.collector.reading.worker import begin, read_packed
from llmwatch.config import Config

_log = logging.getLogger(__name__)

_SMALLEST: Final = 16 * 1024
"""Bytes of a body that is worth the way: there and back takes 0.5 ms, as long as reading 8 KiB."""
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


class Helper:
    """Reads in a second process while there is much to read. Used by the event loop alone."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._pool: Executor | None = None
        self._ready = False
        self._bytes = 0
        self._level, self._noted_at = 0.0, 0.0
        self._burst_at, self._not_before = 0.0, 0.0

    def reconfigure(self, config: Config) -> None:
        """Read what comes from now on by ``config``, but for what is decided at the start."""
        self._config = replace(config, collector=self._config.collector)
        self._end()

    async def read(self, request: Request) -> bytes | None:
        """What ``request`` brings, packed; nothing when it is to be read in this process."""
        size = len(request.body)
        if not _SMALLEST <= size <= _LARGEST:
            return None
        self._note(size)
        pool = self._pool
        if pool is None or not self._ready or self._bytes + size > _AT_ONCE:
            return None
        self._bytes += size
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await asyncio.wrap_future(pool.submit(read_packed, request))
        except (OSError, RuntimeError) as error:  # it is too slow (TimeoutError), was killed, is being ended
            self._fail(pool, error)
            return None
        finally:
            self._bytes -= size

    def close(self) -> None:
        """End the process, if there is one, and start none any more."""
        self._not_before = float("inf")
        self._end()

    def _note(self, size: int) -> None:
        """Start the process when there is much to read."""
        now = time.monotonic()
        self._level = max(0.0, self._level - (now - self._noted_at) * _CALM_BYTES_S) + size
        self._noted_at = now
        if self._level < _BURST:
            return
        self._level = _BURST
        self._burst_at = now
        if self._pool is None and now >= self._not_before:
            self._pool = _pool(self._config)
            loop = asyncio.get_running_loop()
            # Forking and importing take half a second: in a thread, while this process reads.
            first = loop.run_in_executor(None, _first_answer, self._pool)
            first.add_done_callback(partial(self._welcome, self._pool))

    def _welcome(self, pool: Executor, first: asyncio.Future[None]) -> None:
        if first.cancelled() or self._pool is not pool:
            return
        if error := first.exception():
            self._fail(pool, error)
        else:
            self._ready = True
            self._rest_later(pool)

    def _rest_later(self, pool: Executor) -> None:
        """End the process once it has been quiet for long enough."""
        left = self._burst_at + _QUIET_S - time.monotonic()
        if self._pool is pool and left > 0:
            asyncio.get_running_loop().call_later(left, self._rest_later, pool)
        elif self._pool is pool:
            self._end()

    def _fail(self, pool: Executor, error: BaseException) -> None:
        if self._pool is pool:
            _log.warning("The second process that reads fails, this one goes on alone: %r", error)
            self._not_before = max(self._not_before, time.monotonic() + _QUIET_S)
            self._end()
            _kill()

    def _end(self) -> None:
        pool, self._pool, self._ready = self._pool, None, False
        if pool is not None:
            pool.shutdown(wait=False)


def _pool(config: Config) -> Executor:
    # Imported when there is a burst: 3 MB that a quiet collector does not need.
    import multiprocessing  # noqa: PLC0415
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    spawning = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
    return ProcessPoolExecutor(1, mp_context=spawning, initializer=begin, initargs=(config,))


def _first_answer(pool: Executor) -> None:
    pool.submit(read_packed, Request("spans", "protobuf", b"")).result()


def _kill() -> None:
    """A process that hangs would keep this one from ending. There are no others."""
    import multiprocessing  # noqa: PLC0415

    for process in multiprocessing.active_children():
        process.kill()
