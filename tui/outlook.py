"""The verdict, read from the store: one way for the header, the status and the cost pane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmwatch.analysis.health import Outlook, outlook, windows
from llmwatch.config import Config
from llmwatch.store.rows import Dimension

if TYPE_CHECKING:
    import sqlite3

CALLS: Final[dict[Dimension, str]] = {"kind": "llm"}
"""The slice of model calls."""


def read_outlook(db: sqlite3.Connection, now_ns: int, config: Config) -> Outlook:
    """Verdict, sums of the status window and budgets at ``now_ns``."""
    from llmwatch.store.reads import metrics  # noqa: PLC0415 - not before the first paint

    spans = windows(now_ns, config)
    return outlook(
        metrics.totals(db, *spans.status, CALLS),
        metrics.sums(db, *spans.day, {}),
        metrics.sums(db, *spans.month, {}),
        now_ns,
        config,
    )
