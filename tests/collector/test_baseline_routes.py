"""Choosing what numbers are compared with, over HTTP."""

from __future__ import annotations

from contextlib import closing

import pytest

from llmwatch.store.database import connect_reader
from llmwatch.store.reads.baselines import golden
from tests.collector.conftest import Collector


async def test_a_window_is_chosen_and_forgotten(collector: Collector) -> None:
    reply = await collector.client.post("/api/baseline", json={"start_s": 3600, "end_s": 7200})
    assert (reply.status_code, reply.json()) == (200, {"accepted": 1})
    with closing(connect_reader(collector.database)) as db:
        chosen = golden(db)
        assert chosen is not None and (chosen.start_s, chosen.end_s) == (3600, 7200)
        await collector.client.post("/api/baseline/clear")
        assert golden(db) is None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[]", b'{"start_s": 1}', b'{"start_s": 2, "end_s": 1}', b'{"start_s": 1, "end_s": 1}',
        b'{"start_s": -1, "end_s": 1}', b'{"start_s": 1, "end_s": 1e99}', b'{"start_s": 1, "end_s": "2"}',
        b'{"start_s": 1, "end_s": 9999999999999}', b'{"start_s": 1, "end_s": 2, "x": 1}', b"\xff",
    ],
)  # fmt: skip
async def test_what_is_no_window(collector: Collector, body: bytes) -> None:
    reply = await collector.client.post("/api/baseline", content=body)
    assert reply.status_code == 400
    with closing(connect_reader(collector.database)) as db:
        assert golden(db) is None
