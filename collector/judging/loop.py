"""Judging answers in the background: never in the way of a request, and never one twice.

What is judged goes to the endpoint of the configuration and nowhere else.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llmwatch.config import Config
from llmwatch.errors import LlmwatchError
from llmwatch.store.writer import Writer

if TYPE_CHECKING:
    from llmwatch.collector.judging.turns import Turns

EVERY_S: Final = 2.0
_log = logging.getLogger(__name__)


class Judging:
    """Judges while it runs, by the configuration that was given last.

    Args:
        writer: Writes what is chosen, and the scores.
        database: Where calls are found.
        config: With the section judge; without an endpoint in it nothing is judged.
        clock: ns since 1970.
        wait: Sleeps so many seconds.

    Raises:
        ConfigError: The endpoint's base_url cannot be used.
    """

    def __init__(
        self,
        writer: Writer,
        database: Path,
        config: Config,
        clock: Callable[[], int] = time.time_ns,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._writer = writer
        self._database = database
        self._clock = clock
        self._wait = wait
        self._turns: Turns | None = None
        self.reconfigure(config)

    def reconfigure(self, config: Config) -> None:
        """Judge by ``config`` from now on.

        Raises:
            ConfigError: As when it is made; nothing changes then.
        """
        if config.judge.endpoint is None:
            self._turns = None
            return
        # 20 ms, which only those wait for who have a judge.
        from llmwatch.collector.judging.turns import Turns  # noqa: PLC0415
        from llmwatch.evals.judge.state import judging_endpoint  # noqa: PLC0415

        endpoint = judging_endpoint(config)
        assert endpoint is not None
        self._turns = Turns(self._writer, self._database, config, endpoint, self._clock)

    async def run(self) -> None:
        """Judge until cancelled. A database in trouble is tried again."""
        trouble = ""
        while True:
            more = False
            try:
                more = self._turns is not None and await self._turns.take()
                trouble = ""
            except (LlmwatchError, sqlite3.Error) as error:
                if str(error) != trouble:  # said once, not every two seconds
                    trouble = str(error)
                    _log.warning("nothing is judged: %s", error)
            if not more:
                await self._wait(EVERY_S)
