"""The verdict, read from the store: one way for the header, the status and the cost pane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmwatch.analysis.health import Outlook, outlook, windows
from llmwatch.config import Config
from llmwatch.store.rows import Dimension, Totals

if TYPE_CHECKING:
    import sqlite3

CALLS: Final[dict[Dimension, str]] = {"kind": "llm"}
"""The slice of model calls."""


def read_outlook(db: sqlite3.Connection, now_ns: int, config: Config, calls: Totals | None = None) -> Outlook:
    """Verdict, sums of the status window and budgets at ``now_ns``.

    ``calls`` are the model calls of that window, for those who have read them already.
    """
    from llmwatch.analysis.budgetstates import budget_states  # noqa: PLC0415 - not before the first paint
    from llmwatch.store.reads import alerts, metrics  # noqa: PLC0415

    status = metrics.totals(db, *windows(now_ns, config).status, CALLS) if calls is None else calls
    budgets, pressing = budget_states(db, config, now_ns), alerts.pressing(db, now_ns)
    return outlook(status, budgets, config, alerts=pressing)
