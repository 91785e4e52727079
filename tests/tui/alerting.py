"""Alerts and deliveries to put into the test database: one of each state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llmwatch.store.rows import AlertRow
from llmwatch.store.writer import Writer
from llmwatch.store.writes import alerts
from tests.tui.seed import NOW_NS, SECOND

MINUTE = 60 * SECOND


def alert(rule: str, **known: Any) -> AlertRow:
    """An alert of tier 1 that has fired for four minutes."""
    defaults: dict[str, Any] = {
        "id": 0, "rule": rule, "slice": "", "tier": 1, "state": "firing",
        "reason": "error rate 8.3 %, over 5 %", "value": 0.083, "threshold": 0.05,
        "filter": "status:error kind:llm since:15m", "traces": (), "pending_ns": NOW_NS - 9 * MINUTE,
        "seen_ns": NOW_NS, "fired_ns": NOW_NS - 4 * MINUTE, "resolved_ns": None, "acknowledged_ns": None,
        "snoozed_until_ns": None,
    }  # fmt: skip
    return AlertRow(**(defaults | known))


def believable() -> list[AlertRow]:
    """An afternoon's alerts."""
    return [
        alert("error_rate"),
        alert(
            "quality_drop", tier=2, slice="version:v2.4", value=0.72, threshold=0.8,
            reason="quality 0.72, 18 % below the 7-day mean", fired_ns=NOW_NS - 2 * MINUTE,
            filter="version:v2.4 since:30m",
        ),
        alert(
            "latency_p95", tier=2, slice="model:gpt-4o", value=6.2, threshold=5.0,
            reason="p95 latency 6.2 s, over 5 s", fired_ns=NOW_NS - 12 * MINUTE,
            acknowledged_ns=NOW_NS - 10 * MINUTE, filter="dur>5s kind:llm model:gpt-4o since:15m",
        ),
        alert(
            "cost_spike", tier=2, value=2.4, threshold=1.1, reason="$2.40 an hour, 3.2 times the usual",
            fired_ns=NOW_NS - 20 * MINUTE, snoozed_until_ns=NOW_NS + 42 * MINUTE, filter="cost>0 since:60m",
        ),
        alert(
            "truncation", tier=2, state="pending", fired_ns=None, pending_ns=NOW_NS - 90 * SECOND, value=0.23,
            threshold=0.2, reason="23 % of answers cut off, over 20 %", filter="finish:length since:60m",
        ),
        alert(
            "refusals", tier=3, state="resolved", fired_ns=NOW_NS - 200 * MINUTE, value=0.04, threshold=0.02,
            resolved_ns=NOW_NS - 170 * MINUTE, reason="refusals 4 %, twice the usual",
            filter="heuristic:refusal since:30m",
        ),
    ]  # fmt: skip


def write(path: Path, rows: list[AlertRow], *, told: bool = True) -> list[int]:
    """Store ``rows`` as the collector does, told over the log and, in vain, over Slack."""
    writer = Writer(path, enrich=lambda span, _: span, queue_spans=10, synchronous="NORMAL")
    writer.start()
    ids = writer.run(lambda db: alerts.save(db, rows)).result(10)

    def tell(db: Any) -> None:
        for number, row in zip(ids, rows, strict=True):
            if row.fired_ns is not None:
                alerts.queue(db, ["log", "slack"], "firing", number, b"", row.fired_ns)
        for delivery, channel in db.execute("SELECT id, channel FROM deliveries").fetchall():
            error = None if channel == "log" else "500 Internal Server Error"
            alerts.attempted(db, delivery, NOW_NS - MINUTE, error, None if error is None else NOW_NS + MINUTE)

    if told:
        writer.run(tell).result(10)
    writer.close()
    return ids
