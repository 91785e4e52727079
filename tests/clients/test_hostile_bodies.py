"""Any body on any path of these protocols gets an answer in its terms, and never a failure of ours."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from llmwatch.collector.app import create_app
from llmwatch.collector.protocols import PROTOCOLS
from tests.dialects.stored import CONFIG, PIPELINE, writing

NAMES = ("braintrust", "weave", "openai_agents", "phoenix", "traceloop", "mlflow")
LISTS = ("rows", "batch", "data", "spans")
KEYS = (
    "id", "trace_id", "span_id", "parent_id", "root_span_id", "span_parents", "name", "input", "output",
    "inputs", "metadata", "metrics", "scores", "span_attributes", "comment", "origin", "error", "_is_merge",
    "project_id", "experiment_id", "created", "op_name", "started_at", "ended_at", "attributes", "summary",
    "exception", "thread_id", "weave_ref", "feedback_type", "payload", "object", "span_data", "group_id",
    "context", "start_time", "events", "result", "annotator_kind", "entity_instance_id", "tags", "trace",
    "trace_info", "assessment", "assessment_name", "key", "value", "start_time_unix_nano", "req", "start",
    "end", "mode", "obj", "table", "filter", "sort_by", "variables", "expected", "note",
)  # fmt: skip
WRONG: tuple[Any, ...] = (-1e300, "\0\ud800", [None], {"a": None})


def bodies() -> Iterator[bytes]:
    yield from (b"", b"{", b"null", b"\xff\xfe", b"[" * 5000, b'{"a":' * 200 + b"1" + b"}" * 200)
    for wrong in WRONG:
        item = dict.fromkeys(KEYS, wrong)
        several = [item, wrong, {**item, "id": "i", "span_id": "s"}]
        yield json.dumps({**dict.fromkeys(KEYS, item), **dict.fromkeys(LISTS, several)}).encode()
        yield json.dumps(item).encode()


@pytest.mark.parametrize("name", NAMES)
async def test_no_body_is_our_failure(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (protocol,) = [protocol for protocol in PROTOCOLS if protocol.name == name]
    caplog.set_level(logging.ERROR)
    with writing(tmp_path / "llmwatch.db") as writer:
        transport = httpx.ASGITransport(create_app(writer, PIPELINE, CONFIG, tmp_path / "llmwatch.db"))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:4318") as client:
            for route in protocol.routes:
                path = route.path.replace(":path", "").replace(":str", "").replace("{", "").replace("}", "")
                for method in (route.methods or set()) - {"HEAD", "DELETE"}:
                    for body in bodies() if method != "GET" else (b"",):
                        reply = await client.request(method, path, content=body)
                        assert reply.status_code < 500, (path, body[:200], reply.text)
    assert not caplog.records, caplog.text[:2000]
