"""OTLP/JSON from Python, which has no exporter for it: the real SDK's protobuf as canonical JSON."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

_IDS = {"traceId", "spanId", "parentSpanId"}


class JsonSpanExporter(SpanExporter):
    """Posts spans as OTLP/JSON: enums as numbers, ids as hex where protobuf's mapping has base64."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send one request."""
        body = MessageToDict(encode_spans(spans), use_integers_for_enums=True)
        request = urllib.request.Request(
            self._endpoint, json.dumps(_hex_ids(body)).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return SpanExportResult.SUCCESS if answer.status == 200 else SpanExportResult.FAILURE


def _hex_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_hex_ids(item) for item in value]
    if isinstance(value, dict):
        return {
            key: base64.b64decode(item).hex() if key in _IDS else _hex_ids(item)
            for key, item in value.items()
        }
    return value
