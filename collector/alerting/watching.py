"""Looking at the rules every ten seconds, and writing down what has become of the alerts.

Rules look at whole minutes of the rollups, so that what comes late is counted; each window is read once for
all of them. An alert's change and what is to be told of it are written in one transaction.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

from llmwatch.analysis.alerts.engine import Change
from llmwatch.analysis.alerts.looking import Known, Looking, Views
from llmwatch.analysis.alerts.rule import SECOND_NS, Rule, rules
from llmwatch.collector.alerting.digest import Digest
from llmwatch.collector.alerting.message import Message, message
from llmwatch.collector.alerting.view import Memory, StoreView
from llmwatch.config import Config
from llmwatch.config.alerts import AlertsConfig
from llmwatch.errors import FilterError, StoreError
from llmwatch.store.database import connect_reader
from llmwatch.store.filters import parse
from llmwatch.store.reads import alerts as reads
from llmwatch.store.reads.traces import Ranking, ranked
from llmwatch.store.rows import AlertRow
from llmwatch.store.writer import Writer
from llmwatch.store.writes import alerts as writes

EVERY_S: Final = 10.0
_MINUTE_S: Final = 60
_WORST: Final = 5
"""Traces that are kept with an alert."""
_log = logging.getLogger(__name__)


class Watch:
    """Looks at the rules.

    Args:
        writer: Writes what has become of the alerts.
        database: Where the numbers are.
        config: The configuration; `reconfigure` changes it.
        clock: The time, Unix nanoseconds.
        news: Called when something is to be told.
    """

    def __init__(
        self,
        writer: Writer,
        database: Path,
        config: Config,
        news: Callable[[], None],
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._writer = writer
        self._database = database
        self._clock = clock
        self._news = news
        self.reconfigure(config)

    def reconfigure(self, config: Config) -> None:
        """Go by the rules of ``config`` from now on."""
        self._config = config
        self._rules = rules(config.alerts)
        self._looking, self._memory = Looking(), Memory()
        self._digest = Digest(config)

    async def run(self, wait: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        """Look every ``EVERY_S`` seconds until cancelled. A database in trouble is tried again each time."""
        trouble = ""
        while True:
            try:
                await self.look()
                trouble = ""
            except (StoreError, sqlite3.Error) as error:
                if str(error) != trouble:  # said once, not every ten seconds
                    trouble = str(error)
                    _log.warning("alerts are not watched: %s", error)
            await wait(EVERY_S)

    async def look(self) -> Sequence[Change]:
        """Look once; what has changed is written when this returns. Raises StoreError and sqlite3.Error."""
        config, now_ns = self._config, self._clock()
        changes, digest = await asyncio.to_thread(self._find, now_ns)
        if changes or digest:
            told = await asyncio.wrap_future(
                self._writer.run(lambda db: record(db, changes, digest, config.alerts, now_ns))
            )
            if told:
                self._news()
        return changes

    def _find(self, now_ns: int) -> tuple[Sequence[Change], Message | None]:
        with closing(connect_reader(self._database)) as db:
            changes = list(self._looking.changes(
                self._rules, views(db, self._config, self._memory, now_ns), known(db), now_ns
            ))  # fmt: skip
            return [with_traces(db, self._rules, change) for change in changes], self._digest.due(db, now_ns)


def views(db: sqlite3.Connection, config: Config, memory: Memory, now_ns: int) -> Views:
    """The moment ``now_ns``, by the last whole minute and with the running one."""
    minute_s = now_ns // SECOND_NS // _MINUTE_S * _MINUTE_S
    whole = StoreView(db, config, minute_s, memory, now_ns)
    return Views(whole, StoreView(db, config, minute_s + _MINUTE_S, memory, now_ns))


def known(db: sqlite3.Connection) -> Known:
    """The last alert of each rule and slice."""
    found: dict[str, dict[str, AlertRow]] = {}
    for alert in reads.latest(db).values():
        found.setdefault(alert.rule, {})[alert.slice] = alert
    return found


def record(
    db: sqlite3.Connection,
    changes: Sequence[Change],
    digest: Message | None,
    config: AlertsConfig,
    now_ns: int,
) -> bool:
    """Write down ``changes`` and what is to be told of them; whether there is anything to be told."""
    told = False
    tiers = {1: config.tier1, 2: config.tier2}
    writes.drop(db, [change.alert.id for change in changes if change.event == "dropped"])
    for change in changes:
        if change.event == "dropped":
            continue
        (number,) = writes.save(db, [change.alert])
        if change.tell and change.event == "held":
            writes.wake(db, [number])
        if change.tell and change.alert.tier in tiers:
            said = message(change.alert, "resolved" if change.event == "resolved" else "firing")
            channels = tiers[change.alert.tier]
            writes.queue(db, channels, said.event, number, said.encoded(), now_ns)
            told = told or bool(channels)
    if digest is not None:
        writes.queue(db, config.tier3, digest.event, None, digest.encoded(), now_ns)
    return told or digest is not None


def with_traces(db: sqlite3.Connection, rules: Sequence[Rule], change: Change) -> Change:
    """``change``, when it is that an alert fires, with the worst of the traces behind it."""
    if change.event != "fired":
        return change
    by: Ranking = "cost_nanousd" if "cost" in change.alert.filter else "duration_ns"
    try:
        found = ranked(db, parse(change.alert.filter), by=by, ascending=False, limit=_WORST)
    except FilterError as error:
        _log.warning("the traces behind %s cannot be found: %s", change.alert.rule, error)
        return change
    return replace(change, alert=replace(change.alert, traces=tuple(row.trace_id for row in found)))
