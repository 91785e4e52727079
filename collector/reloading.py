"""The configuration as it is now: a change of the file is taken over while the collector runs.

A file with a mistake changes nothing, and both the log and /health say so until it is mended. Where the
collector listens, and all else of ``[collector]``, stays as it was when it started.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable, Callable
from dataclasses import replace
from typing import TypeAlias

from llmwatch.config import Config
from llmwatch.errors import ConfigError

Reconfigure: TypeAlias = Callable[[Config], None]
_log = logging.getLogger(__name__)


class Reloading:
    """Holds the configuration, and tells of a new one those who have subscribed."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.problem = ""
        """What is wrong with the file as it is now; empty when its content is what counts."""
        self._subscribers: list[Reconfigure] = []

    def subscribe(self, reconfigure: Reconfigure) -> None:
        """Call ``reconfigure`` with each new configuration; a ConfigError from it refuses that one."""
        self._subscribers.append(reconfigure)

    async def follow(self, changes: AsyncIterable[Config | ConfigError]) -> None:
        """Take over what `llmwatch.reload.changes` finds, until cancelled."""
        async for found in changes:
            self.take(found)

    def take(self, found: Config | ConfigError) -> None:
        """Take over a new configuration, or note why there is none."""
        if isinstance(found, ConfigError):
            self._refuse(found)
            return
        before, config = self.config, replace(found, collector=self.config.collector)
        try:
            self._adopt(config)
        except ConfigError as error:
            self._adopt(before)
            self._refuse(error)
            return
        self.problem = ""
        _log.info("the configuration has changed and is taken over")

    def _adopt(self, config: Config) -> None:
        for reconfigure in self._subscribers:
            reconfigure(config)
        self.config = config

    def _refuse(self, error: ConfigError) -> None:
        self.problem = error.explain()
        _log.warning("the configuration stays as it was: %s", self.problem)
