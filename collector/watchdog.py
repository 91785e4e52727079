"""Notes when a rule of the verdict begins and ceases to hold, so that the screen can say since when.

Edge-triggered: one change when a rule fires, one when its level changes, one when it is over. What is open is
read back from the database, so a restart neither repeats nor forgets an alert.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from llmwatch.analysis.health import Verdict
from llmwatch.collector.outlook import look
from llmwatch.config import Config
from llmwatch.errors import StoreError
from llmwatch.store.batch import AlertChange, Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.reads import alerts
from llmwatch.store.rows import AlertRow
from llmwatch.store.writer import Writer

EVERY_S: Final = 10.0
_log = logging.getLogger(__name__)


async def run(
    writer: Writer,
    database: Path,
    config: Config,
    clock: Callable[[], int] = time.time_ns,
    wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Watch every ``EVERY_S`` seconds until cancelled. A database in trouble is tried again each time."""
    trouble = ""
    while True:
        try:
            for change in await _watch_once(writer, database, config, clock()):
                _tell(change)
            trouble = ""
        except (StoreError, sqlite3.Error) as error:
            if str(error) != trouble:  # said once, not every ten seconds
                trouble = str(error)
                _log.warning("alerts are not watched: %s", error)
        await wait(EVERY_S)


def changes(open_alerts: Sequence[AlertRow], verdict: Verdict, now_ns: int) -> tuple[AlertChange, ...]:
    """What has changed between the alerts that are open and the rules that hold now."""
    levels = {alert.rule: alert.level for alert in open_alerts}
    fired = [
        AlertChange(rule=reason.rule, level=reason.level, reason=reason.text, time_ns=now_ns)
        for reason in verdict.reasons
        if levels.get(reason.rule) != reason.level
    ]
    holding = {reason.rule for reason in verdict.reasons}
    over = [AlertChange(rule=rule, level=None, time_ns=now_ns) for rule in sorted(levels.keys() - holding)]
    return (*fired, *over)


async def _watch_once(writer: Writer, database: Path, config: Config, now_ns: int) -> tuple[AlertChange, ...]:
    found = await asyncio.to_thread(_look_for_changes, database, config, now_ns)
    if found:
        await asyncio.wrap_future(writer.submit(Batch(alerts=found)))
    return found


def _look_for_changes(database: Path, config: Config, now_ns: int) -> tuple[AlertChange, ...]:
    with closing(connect_reader(database)) as db:
        return changes(alerts.open_alerts(db), look(db, config, now_ns).verdict, now_ns)


def _tell(change: AlertChange) -> None:
    if change.level is None:
        _log.info("RESOLVED [%s]", change.rule.upper())
    else:
        _log.warning("ALERT [%s] %s: %s", change.rule.upper(), change.level, change.reason)
