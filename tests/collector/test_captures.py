"""What real clients sent, through the real door: nothing refused, nothing lost, nothing twice."""

from __future__ import annotations

import gzip

import pytest

from llmwatch.collector.otlp.replies import JSON, PROTOBUF
from llmwatch.collector.records import RawSpan
from tests.collector.conftest import Collector
from tests.dialects.captures import NAMES, records, requests


@pytest.mark.parametrize("name", NAMES)
async def test_every_span_of_a_capture_is_stored_once(collector: Collector, name: str) -> None:
    for _ in range(2):  # exporters send again what they think was lost
        for request in requests(name):
            encoding = JSON if "json" in request.content_type else PROTOBUF
            body = gzip.compress(request.body)
            response = await collector.export(
                f"/v1/{request.signal}", body, encoding, Content_Encoding="gzip"
            )
            assert (response.status_code, response.content) == (200, b"{}" if encoding == JSON else b"")
    sent = {(record.trace_id, record.span_id) for record in records(name) if isinstance(record, RawSpan)}
    stored = collector.rows("SELECT trace_id, span_id FROM spans WHERE state != 'partial'")
    assert sorted(stored) == sorted(sent)
