"""Captured traffic of real clients, and the provider calls that each run really made."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmwatch.collector.otlp import json as otlp_json
from llmwatch.collector.otlp import protobuf
from llmwatch.collector.records import RawLog, RawSpan

FOLDER = Path(__file__).parents[1] / "captures"
ALL = sorted(str(calls.parent.relative_to(FOLDER)) for calls in FOLDER.glob("*/*/mock_calls.jsonl"))
_OTLP = ("/v1/traces", "/v1/logs", "/v1/metrics", "service/export")


@dataclass(frozen=True)
class Sent:
    """A request as it was on the wire, and what the stub that recorded it answered."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: int
    reply: str
    protocol: str
    """http or grpc."""

    @property
    def is_otlp(self) -> bool:
        """Whether it is OTLP's, on whichever path."""
        return self.path.lower().endswith(_OTLP)


def sent(name: str) -> Iterator[Sent]:
    """The requests of a capture in the order in which they were sent."""
    for file in sorted((FOLDER / name).glob("*.meta.json")):
        meta = json.loads(file.read_text())
        answered = meta.get("response") or {}
        yield Sent(
            method=meta.get("method") or "POST",
            path=meta["path"],
            query=meta.get("query") or "",
            headers=tuple((key, value) for key, value in meta.get("headers") or ()),
            body=file.with_name(file.name.replace(".meta.json", ".body.bin")).read_bytes(),
            status=answered.get("status") or 200,
            reply=answered.get("body") or "",
            protocol="grpc" if "grpc" in meta["protocol"] else "http",
        )


NAMES = [name for name in ALL if any(request.is_otlp for request in sent(name))]
"""Captures with OTLP in them."""


@dataclass(frozen=True)
class Request:
    """One request as it was sent; a gRPC message counts as a protobuf body."""

    signal: str
    """traces, logs or metrics."""
    content_type: str
    body: bytes


def requests(name: str) -> Iterator[Request]:
    """The OTLP requests of a capture in the order in which they were sent."""
    for request in filter(lambda request: request.is_otlp, sent(name)):
        headers = {key.lower(): value for key, value in request.headers}
        body = gzip.decompress(request.body) if headers.get("content-encoding") == "gzip" else request.body
        signal = next(signal for signal in ("trace", "logs", "metrics") if signal in request.path.lower())
        yield Request(signal.rstrip("s") + "s", headers.get("content-type", "application/x-protobuf"), body)


def records(name: str) -> list[RawSpan | RawLog]:
    """Every span and log record of a capture, as decoded."""
    found: list[RawSpan | RawLog] = []
    for request in requests(name):
        codec: Any = otlp_json if "json" in request.content_type else protobuf
        if request.signal == "traces":
            found += codec.spans(request.body).records
        elif request.signal == "logs":
            found += codec.logs(request.body).records
    return found


@dataclass(frozen=True)
class ProviderCall:
    """One call that the stub provider answered."""

    model: str
    status: int | None
    """None when its client was gone before the end."""
    stream: bool
    input_tokens: int | None
    """None where the client was not told: failures, broken streams, chat streams without include_usage."""
    output_tokens: int | None
    cached_tokens: int
    reasoning_tokens: int
    finish: str | None
    tool_calls: int
    text: str | None

    @property
    def failed(self) -> bool:
        """Whether the client saw an error: a status, or a stream that broke off, or that it left."""
        return self.status is None or self.status >= 400 or "cutstream" in self.model


def provider_calls(name: str) -> list[ProviderCall]:
    """The calls of the run that made a capture, as the provider recorded them."""
    lines = (FOLDER / name / "mock_calls.jsonl").read_text().splitlines()
    return [_call(json.loads(line)) for line in lines]


def _call(line: dict[str, Any]) -> ProviderCall:
    usage = line.get("usage") or {}
    chat_stream = line["stream"] and line["path"] == "/v1/chat/completions"
    known = bool(usage) and not (chat_stream and not line["include_usage"])
    said, answered, cached, reasoning = None, None, 0, 0
    if known and line["path"] == "/v1/messages":  # Anthropic counts cached tokens apart
        cached = usage["cache_read_input_tokens"]
        said = usage["input_tokens"] + cached + usage["cache_creation_input_tokens"]
        answered = usage["output_tokens"]
    elif known:
        said = usage.get("prompt_tokens", usage.get("input_tokens"))
        answered = usage.get("completion_tokens", usage.get("output_tokens"))
        details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
        cached = details.get("cached_tokens", 0)
        details = usage.get("completion_tokens_details") or usage.get("output_tokens_details") or {}
        reasoning = details.get("reasoning_tokens", 0)
    content = line.get("content") or []  # Anthropic's blocks
    blocks = [block for block in content if block.get("type") == "tool_use"]
    return ProviderCall(
        model=line["model"],
        status=line["status"],
        stream=line["stream"],
        input_tokens=said,
        output_tokens=answered,
        cached_tokens=cached,
        reasoning_tokens=reasoning,
        finish=line.get("finish"),
        tool_calls=len(line.get("tool_calls") or blocks),
        text=line.get("output"),
    )
