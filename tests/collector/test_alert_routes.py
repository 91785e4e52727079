"""Acknowledging and snoozing over HTTP."""

from __future__ import annotations

import time
from contextlib import closing

import pytest

from llmwatch.collector.alerting.message import decoded
from llmwatch.store.database import connect_reader
from llmwatch.store.reads.alerts import deliveries, open_alerts
from llmwatch.store.rows import AlertRow
from llmwatch.store.writes.alerts import save
from tests.collector.conftest import Collector

MINUTE = 60 * 10**9
FIRING = AlertRow(
    id=0, rule="error_rate", slice="", tier=1, state="firing", reason="error rate 8 %, over 5 %", value=0.08,
    threshold=0.05, filter="status:error", traces=("a", "b"), pending_ns=1, seen_ns=3, fired_ns=2,
    resolved_ns=None, acknowledged_ns=None, snoozed_until_ns=None,
)  # fmt: skip


def stored(collector: Collector) -> AlertRow:
    with closing(connect_reader(collector.database)) as db:
        (found,) = open_alerts(db)
    return found


async def test_an_alert_is_acknowledged_once(collector: Collector) -> None:
    (number,) = collector.writer.run(lambda db: save(db, [FIRING])).result(10)
    assert stored(collector).loud(time.time_ns())
    before = time.time_ns()
    reply = await collector.client.post("/api/alerts/acknowledge", json={"id": number})
    assert (reply.status_code, reply.json()) == (200, {"accepted": 1})
    first = stored(collector)
    assert first.acknowledged_ns is not None and before <= first.acknowledged_ns <= time.time_ns()
    assert not first.loud(time.time_ns())
    await collector.client.post("/api/alerts/acknowledge", json={"id": number})
    assert stored(collector) == first


async def test_an_alert_is_snoozed_for_some_minutes(collector: Collector) -> None:
    (number,) = collector.writer.run(lambda db: save(db, [FIRING])).result(10)
    before = time.time_ns()
    reply = await collector.client.post("/api/alerts/snooze", json={"id": number, "minutes": 30})
    assert reply.status_code == 200
    alert = stored(collector)
    assert alert.snoozed_until_ns is not None and alert.snoozed_until_ns >= before + 30 * MINUTE
    assert alert.snoozed(before + 29 * MINUTE) and not alert.loud(before + 29 * MINUTE)
    assert alert.loud(alert.snoozed_until_ns)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("acknowledge", b'{"id": 7}', 404),
        ("snooze", b'{"id": 7, "minutes": 5}', 404),
        ("acknowledge", b'{"id": 0}', 400),
        ("acknowledge", b'{"id": 9223372036854775808}', 400),
        ("acknowledge", b'{"id": "1"}', 400),
        ("acknowledge", b"[" * 100_000, 400),
        ("acknowledge", b"", 400),
        ("snooze", b'{"id": 1}', 400),
        ("snooze", b'{"id": 1, "minutes": 0}', 400),
        ("snooze", b'{"id": 1, "minutes": 10081}', 400),
        ("snooze", b'{"id": 1, "minutes": 5, "forever": true}', 400),
    ],
)
async def test_what_cannot_be_done_is_refused(
    collector: Collector, path: str, body: bytes, status: int
) -> None:
    reply = await collector.client.post(
        f"/api/alerts/{path}", content=body, headers={"Content-Type": "application/json"}
    )
    assert reply.status_code == status


async def test_a_test_goes_to_the_channels_of_its_tier(collector: Collector) -> None:
    reply = await collector.client.post("/api/alerts/test", json={"rule": "error_rate"})
    assert (reply.status_code, reply.json()) == (200, {"accepted": 1, "channels": ["log"]})
    with closing(connect_reader(collector.database)) as db:
        (queued,) = deliveries(db)
    assert (queued.channel, queued.event, queued.alert, queued.attempts) == ("log", "test", None, 0)
    assert decoded(queued.message).line == (
        "ALERT [ERROR_RATE]: this is a test: The share of LLM calls that fail is over the threshold."
    )
    reply = await collector.client.post("/api/alerts/test", json={"rule": "eror_rate"})
    assert reply.status_code == 404
