"""What the screen asks the store about alerts: functions for the feed's threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmwatch.tui.models.alertrows import AlertsView, alerts_view

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.store.rows import AlertRow

_HISTORY: Final = 500


def read_alerts(db: sqlite3.Connection) -> AlertsView:
    """Open alerts, the last of those that are over, and who was told of them."""
    from llmwatch.store.reads import alerts  # noqa: PLC0415 - not before the first paint

    held, recent = [*alerts.open_alerts(db), *alerts.pending(db)], alerts.recent(db, _HISTORY)
    return alerts_view(held, recent, alerts.told(db, [row.id for row in (*held, *recent)]))


def read_open(db: sqlite3.Connection) -> tuple[AlertRow, ...]:
    """Alerts that fire."""
    from llmwatch.store.reads import alerts  # noqa: PLC0415

    return tuple(alerts.open_alerts(db))
