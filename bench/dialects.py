"""Ingest of each dialect: what a real client sent, again and again under new ids, beside the bare prototype.

usage: python bench/dialects.py [--rounds 3] [--spans 5000]

The prototype stores the same bodies without reading them, so a dialect's ratio says what its reading costs.
Bodies hold about 100 spans, on 4 connections. The traces are those of tests/captures.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from figures import Figure, table
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_load import run_load
from servers import running

CAPTURES = Path(__file__).resolve().parents[1] / "tests" / "captures"
DIALECTS = {
    "genai": "otel-genai-openai-1.3b0/experimental-span-http-gzip",
    "openinference": "openinference-openai-0.1.66/plain-http",
    "openllmetry": "traceloop-sdk-0.62.4/default",
    "openlit": "openlit-1.45.0/default",
    "logfire": "logfire-5.2.0/default",
    "vercel": "vercel-ai-6.0.326/otlp-json",
    "langfuse": "langfuse-5.0.4/default",
    "handmade": "otel-sdk-1.45.2/handmade-http",
}
PER_BODY = 100


def sent(name: str) -> ExportTraceServiceRequest:
    """All spans of a capture in one request."""
    whole = ExportTraceServiceRequest()
    for file in sorted((CAPTURES / name).glob("*.meta.json")):
        meta = json.loads(file.read_text())
        headers = {key.lower(): value for key, value in meta["headers"]}
        if not meta["path"].endswith("/v1/traces"):
            continue
        body = file.with_name(file.name.replace(".meta.json", ".body.bin")).read_bytes()
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if "json" in headers["content-type"]:
            whole.MergeFrom(ParseDict(_with_base64_ids(json.loads(body)), ExportTraceServiceRequest()))
        else:
            whole.MergeFrom(ExportTraceServiceRequest.FromString(body))
    return whole


def _with_base64_ids(value: Any) -> Any:
    """OTLP's JSON has ids in hex, protobuf's own reader wants them in base64."""
    if isinstance(value, list):
        return [_with_base64_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(item)).decode()
        if key in ("traceId", "spanId", "parentSpanId") and isinstance(item, str)
        else _with_base64_ids(item)
        for key, item in value.items()
    }


def _spans(request: ExportTraceServiceRequest) -> Iterator[Any]:
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            yield from scope.spans


def bodies(whole: ExportTraceServiceRequest, spans: int, seed: str) -> list[tuple[bytes, int]]:
    """Requests with about ``spans`` spans in all: the capture under new ids, shifted to now."""
    dice, now_ns = random.Random(seed), time.time_ns()
    latest = max(span.end_time_unix_nano for span in _spans(whole))
    each = sum(1 for _ in _spans(whole))
    copies = max(1, PER_BODY // each)
    made: list[tuple[bytes, int]] = []
    while len(made) * each * copies < spans:
        body = ExportTraceServiceRequest()
        for _ in range(copies):
            copy = ExportTraceServiceRequest.FromString(whole.SerializeToString())
            mask = dice.randbytes(16)
            for span in _spans(copy):
                span.trace_id = _masked(span.trace_id, mask)
                span.span_id = _masked(span.span_id, mask)
                span.parent_span_id = _masked(span.parent_span_id, mask)
                span.start_time_unix_nano += now_ns - latest
                span.end_time_unix_nano += now_ns - latest
            body.MergeFrom(copy)
        made.append((body.SerializeToString(), each * copies))
    return made


def _masked(id_: bytes, mask: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(id_, mask, strict=False))


def measure(rounds: int, spans: int) -> list[Figure]:
    """Our rate for each dialect, and its ratio to the prototype's in the same round."""
    figures = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running("prototype", Path(folder) / "prototype.db") as prototype,
        running("llmwatch", Path(folder) / "llmwatch.db") as llmwatch,
    ):
        for dialect, name in DIALECTS.items():
            whole = sent(name)
            rates: dict[str, list[float]] = {prototype.name: [], llmwatch.name: []}
            for turn in range(rounds + 1):
                load = bodies(whole, spans, f"{dialect} {turn}")
                for server in (prototype, llmwatch):
                    done = run_load(server.url, load, connections=4, retries=5)
                    if turn:  # the first only warms up what is loaded, planned and started once
                        rates[server.name].append(done.acked_spans / done.wall_s)
            ours, theirs = rates[llmwatch.name], rates[prototype.name]
            size = len(whole.SerializeToString()) / sum(1 for _ in _spans(whole))
            told = f"{dialect}, {size:,.0f} bytes a span"
            figures += [
                Figure(name=told, values=ours, unit="spans/s"),
                Figure(
                    name=f"{dialect}, llmwatch / prototype",
                    values=[a / b for a, b in zip(ours, theirs, strict=True)],
                    unit="×",
                    bar=0.5,
                    sense="at least",
                ),
            ]
    return figures


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spans", type=int, default=5_000)
    args = parser.parse_args()
    print(table(measure(args.rounds, args.spans)))


if __name__ == "__main__":
    main()
