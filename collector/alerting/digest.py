"""The daily digest: what fired since the last one that nobody was told of at once."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from llmwatch.collector.alerting.message import Message, message
from llmwatch.config import Config
from llmwatch.config.alerts import clock_time
from llmwatch.store.reads import alerts as reads

_SECOND_NS: Final = 10**9
_DAY_NS: Final = 86_400 * _SECOND_NS
_TOLD: Final = 20
"""Alerts that a digest names."""


class Digest:
    """Says once a day, at the time of the configuration, what fired in the third tier."""

    def __init__(self, config: Config) -> None:
        self._zone = ZoneInfo(config.budget.timezone)
        at = clock_time(config.alerts.digest_at)
        assert at is not None, "checked when the configuration was loaded"
        self._at = at
        self._done_ns: int | None = None

    def due(self, db: sqlite3.Connection, now_ns: int) -> Message | None:
        """The digest when it is time for it and there is something to tell."""
        time_ns = self._last_time_ns(now_ns)
        if self._done_ns == time_ns:
            return None
        self._done_ns = time_ns
        last_ns = reads.last_digest_ns(db)
        if last_ns is not None and last_ns >= time_ns:
            return None
        since_ns = max(last_ns or 0, time_ns - _DAY_NS)
        fired = [alert for alert in reads.fired_since(db, since_ns) if alert.tier == 3]
        if not fired:
            return None
        rules = Counter(alert.rule for alert in fired)
        counts = ", ".join(f"{count} × {rule}" for rule, count in rules.most_common())
        lines = [message(alert, "digest").text for alert in fired[-_TOLD:]]
        return Message(
            event="digest", rule="digest", tier=3, level="INFO", reason="; ".join((counts, *lines))
        )

    def _last_time_ns(self, now_ns: int) -> int:
        """When a digest was last due."""
        now = datetime.fromtimestamp(now_ns // _SECOND_NS, self._zone)
        today = datetime.combine(now.date(), self._at, self._zone)
        last = today if today.timestamp() <= now.timestamp() else _day_before(today)
        return int(last.timestamp()) * _SECOND_NS


def _day_before(time: datetime) -> datetime:
    """The same time of the local day before, however long that was."""
    return datetime.combine(time.date() - timedelta(days=1), time.timetz().replace(tzinfo=None), time.tzinfo)
