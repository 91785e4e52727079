"""How things stand, read from the database: what /metrics and ``llmwatch status`` share."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from llmwatch.analysis.budgetstates import budget_states
from llmwatch.analysis.health import Outlook, outlook, windows
from llmwatch.config import Config
from llmwatch.store.judging import JudgeSpend
from llmwatch.store.reads import alerts, metrics
from llmwatch.store.rows import AlertRow, Measured, ModelTotals, StoreStats


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Everything that is shown, read at one time."""

    models: Sequence[ModelTotals]
    outlook: Outlook
    measured: Measured
    """Everything that metrics need of the status window."""
    alerts: Sequence[AlertRow]
    """Those that fire."""
    judge: JudgeSpend
    """Since the first judgement."""
    stats: StoreStats
    queued_spans: int
    requests: int
    """Since this process began, as the next one."""
    failed_requests: int


def look(
    db: sqlite3.Connection,
    config: Config,
    now_ns: int,
    window: tuple[int, int] | None = None,
    term: str | None = None,
) -> Outlook:
    """The outlook at ``now_ns`` on LLM calls in ``window`` (start and end in Unix seconds, whole minutes).

    ``term`` is the filter term for that window. Without them it is the configured status window.
    """
    status = metrics.totals(db, *(window or windows(now_ns, config).status), {"kind": "llm"})
    return outlook(status, budget_states(db, config, now_ns), config, term, alerts.pressing(db, now_ns))
