"""The traces.json that MLflow's SDK fetches to show a trace: its spans as they are stored."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from typing import Any, Final

from llmwatch.collector.dialects.values import as_json
from llmwatch.store.reads.sent import spans_sent
from llmwatch.store.span import Span

_MOST: Final = 1000
_ID: Final = re.compile("(?:[0-9a-f]{2})+")
_CODES: Final = {"unset": "STATUS_CODE_UNSET", "ok": "STATUS_CODE_OK", "error": "STATUS_CODE_ERROR"}
_REQUEST: Final = "mlflow.traceRequestId"


def spans_of(db: sqlite3.Connection, trace_id: str) -> list[dict[str, Any]]:
    """At most a thousand spans of a trace with OTel's ids; what is told of it as a whole is none of them."""
    found = spans_sent(db, traces=[trace_id], limit=_MOST)
    return [
        _span(span)
        for span in found
        if span.state != "partial" and _ID.fullmatch(span.span_id) and _ID.fullmatch(span.parent_id or "00")
    ]


def _span(span: Span) -> dict[str, Any]:
    attributes = {name: _encoded(value) for name, value in span.content.attributes.items()}
    return {
        "trace_id": _base64(span.trace_id),
        "span_id": _base64(span.span_id),
        "parent_span_id": _base64(span.parent_id) if span.parent_id else None,
        "name": span.name,
        "start_time_unix_nano": span.start_ns,
        "end_time_unix_nano": span.end_ns,
        "events": [
            {"name": event.name, "time_unix_nano": event.time_ns, "attributes": dict(event.attributes)}
            for event in span.content.events
        ],
        "status": {"code": _CODES[span.status], "message": span.error_message or ""},
        "attributes": {_REQUEST: json.dumps(f"tr-{span.trace_id}"), **attributes},
    }


def _encoded(value: Any) -> str | None:
    """A value as JSON, which it is already where it came in a file."""
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return json.dumps(value)
        return value
    return as_json(value)


def _base64(own: str) -> str:
    return base64.b64encode(bytes.fromhex(own)).decode()
