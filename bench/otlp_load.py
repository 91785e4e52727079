#!/usr/bin/env python3
"""Deterministic OTLP/HTTP trace load generator for GenAI-shaped spans.

What it does
    1. Builds realistic LLM application traces (six spans each, see `make_trace`).
    2. Encodes every request body, and its HTTP/1.1 head, BEFORE the clock starts.
    3. Posts them over C keep-alive connections as fast as the server answers
       (closed loop: each connection has one request in flight).
    4. Prints one JSON object with throughput and latency figures.

Usage
    python bench/otlp_load.py --url http://127.0.0.1:6006/v1/traces --spans 20000
    python bench/otlp_load.py --url ... --spans 51200 --batch 512 --connections 4 --gzip
    python bench/otlp_load.py --url ... --spans 2000 --mode single      # 1 span/request
    python bench/otlp_load.py --url ... --header x-mlflow-experiment-id=1

Needs `opentelemetry-proto` for `--format protobuf` (the default); `--format json`
needs only the standard library.  `uvloop` is used when it is installed.

As a module: `make_spans()` gives neutral span dicts, `encode_bodies()` gives
request bodies, `run_load()` sends them and also returns which requests were
acknowledged, so a durability test can compare acknowledged and stored spans.

Determinism
    Ids, names, attributes, texts and durations depend only on --seed and the size
    parameters.  Timestamps also depend on --end-time (default: now, in ns).  Use a
    different --seed for each load sent to the same server, else span ids repeat.

Order of spans
    A trace's spans are emitted in end order (children before their root), as a
    BatchSpanProcessor exports them, and batches cut through traces.  With more
    than one connection the parts of a trace can therefore arrive out of order.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import sys
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

# --------------------------------------------------------------------------- data

SPANS_PER_TRACE = 6

# model -> (provider, weight)
CHAT_MODELS = {
    "gpt-4o-mini": ("openai", 40),
    "gpt-4o": ("openai", 20),
    "claude-sonnet-4-5": ("anthropic", 25),
    "gemini-2.5-flash": ("gcp.gemini", 10),
    "llama3.1:8b": ("ollama", 5),
}
EMBED_MODELS = ("text-embedding-3-small", "text-embedding-3-large", "nomic-embed-text")
TOOLS = ("search_orders", "get_weather", "run_sql", "lookup_customer", "create_ticket")
ERRORS = (
    ("RateLimitError", "429 Too Many Requests: rate limit reached for requests"),
    ("APITimeoutError", "Request timed out after 60.0 s"),
    ("BadRequestError", "400 maximum context length exceeded"),
    ("ConnectionError", "upstream connect error or disconnect/reset before headers"),
)
SERVICES = ("rag-api", "support-bot", "agent-worker")

_WORDS = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "is",
    "that",
    "for",
    "it",
    "as",
    "was",
    "with",
    "be",
    "by",
    "on",
    "not",
    "he",
    "this",
    "are",
    "or",
    "his",
    "from",
    "at",
    "which",
    "but",
    "have",
    "an",
    "had",
    "they",
    "you",
    "were",
    "their",
    "one",
    "all",
    "we",
    "can",
    "her",
    "has",
    "there",
    "been",
    "if",
    "more",
    "when",
    "will",
    "would",
    "who",
    "so",
    "no",
    "order",
    "invoice",
    "customer",
    "refund",
    "shipping",
    "policy",
    "warranty",
    "model",
    "latency",
    "token",
    "context",
    "embedding",
    "vector",
    "document",
    "retrieval",
    "answer",
    "question",
    "summary",
    "table",
    "column",
    "index",
    "query",
    "database",
    "error",
    "timeout",
    "retry",
    "account",
    "password",
    "reset",
    "subscription",
    "plan",
    "price",
    "monthly",
    "annual",
    "discount",
    "region",
    "europe",
    "asia",
    "delivery",
    "tracking",
    "number",
    "package",
    "return",
    "please",
    "explain",
    "describe",
    "list",
    "compare",
    "why",
    "how",
    "what",
    "where",
    "python",
    "server",
    "request",
    "response",
    "deploy",
    "release",
    "feature",
    "issue",
    "ticket",
    "priority",
    "support",
    "agent",
    "human",
    "transfer",
    "call",
    "schedule",
]


class TextPool:
    """Cheap pseudo-text: slices of one deterministic 512 KiB pool of words."""

    def __init__(self, rng: random.Random, size: int = 1 << 19) -> None:
        words: list[str] = []
        length = 0
        while length < size:
            word = rng.choice(_WORDS)
            words.append(word)
            length += len(word) + 1
        self._pool = " ".join(words)
        self._rng = rng

    def take(self, n: int) -> str:
        if n <= 0:
            return ""
        limit = len(self._pool) - n
        if limit <= 0:
            return (self._pool * (n // len(self._pool) + 1))[:n]
        start = int(self._rng.random() * limit)
        return self._pool[start : start + n]


def _hex(rng: random.Random, nbytes: int) -> str:
    return f"{rng.getrandbits(nbytes * 8) or 1:0{nbytes * 2}x}"


def make_trace(
    rng: random.Random, text: TextPool, end_ns: int, prompt_bytes: int, response_bytes: int
) -> list[dict]:
    """One trace of six spans, in end order (the root last).

    rag-chat (root)
    ├── retrieve-context
    │   └── embeddings <model>
    ├── chat <model>            asks for a tool
    ├── execute_tool <tool>
    └── chat <model>            answers
    """
    trace_id = _hex(rng, 16)
    ids = [_hex(rng, 8) for _ in range(SPANS_PER_TRACE)]
    root, retrieve, embed, chat1, tool, chat2 = ids
    model = rng.choices(list(CHAT_MODELS), [w for _, w in CHAT_MODELS.values()])[0]
    provider = CHAT_MODELS[model][0]
    embed_model = rng.choice(EMBED_MODELS)
    tool_name = rng.choice(TOOLS)
    service = rng.choice(SERVICES)
    session = f"session-{rng.randrange(5000):05d}"
    user = f"user-{rng.randrange(800):04d}"
    common = {"session.id": session, "user.id": user, "gen_ai.conversation.id": session}

    question = text.take(max(20, prompt_bytes // 8))
    context = text.take(max(0, prompt_bytes - len(question) - 60))
    answer1 = text.take(response_bytes)
    answer2 = text.take(response_bytes)

    ms = 1_000_000
    d_embed = int(rng.lognormvariate(3.4, 0.5)) * ms
    d_retrieve = d_embed + int(rng.lognormvariate(2.5, 0.6)) * ms
    d_chat1 = int(rng.lognormvariate(6.6, 0.55)) * ms
    d_tool = int(rng.lognormvariate(4.2, 0.8)) * ms
    d_chat2 = int(rng.lognormvariate(7.0, 0.55)) * ms
    t0 = end_ns - (d_retrieve + d_chat1 + d_tool + d_chat2 + 5 * ms)

    def span(span_id, parent, name, kind, start, end, attrs) -> dict:
        out = {
            "trace_id": trace_id,
            "span_id": span_id,
            "parent_id": parent,
            "name": name,
            "kind": kind,
            "start_ns": start,
            "end_ns": end,
            "status_code": 0,
            "status_message": "",
            "service": service,
            "attributes": attrs,
            "events": [],
        }
        if rng.random() < 0.04:
            etype, message = rng.choice(ERRORS)
            out["status_code"] = 2
            out["status_message"] = message
            attrs["error.type"] = etype
            out["events"].append((end, "exception", {"exception.type": etype, "exception.message": message}))
        return out

    def chat(span_id, start, end, system_and_user, reply, finish, parts_out) -> dict:
        n_in = len(system_and_user) // 4 + rng.randrange(20)
        n_out = len(reply) // 4 + rng.randrange(20)
        messages_in = [
            {"role": "system", "parts": [{"type": "text", "content": "You are helpful."}]},
            {"role": "user", "parts": [{"type": "text", "content": system_and_user}]},
        ]
        messages_out = [{"role": "assistant", "parts": parts_out, "finish_reason": finish}]
        attrs = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.system": provider,
            "gen_ai.request.model": model,
            "gen_ai.response.model": model,
            "gen_ai.response.id": f"chatcmpl-{span_id}",
            "gen_ai.request.temperature": 0.2,
            "gen_ai.request.max_tokens": 1024,
            "gen_ai.usage.input_tokens": n_in,
            "gen_ai.usage.output_tokens": n_out,
            "gen_ai.response.finish_reasons": [finish],
            "gen_ai.input.messages": json.dumps(messages_in),
            "gen_ai.output.messages": json.dumps(messages_out),
            "openinference.span.kind": "LLM",
            "llm.model_name": model,
            "llm.provider": provider,
            "llm.token_count.prompt": n_in,
            "llm.token_count.completion": n_out,
            "llm.token_count.total": n_in + n_out,
            "input.value": system_and_user,
            "input.mime_type": "text/plain",
            "output.value": reply,
            "output.mime_type": "text/plain",
            **common,
        }
        return span(span_id, root, f"chat {model}", 3, start, end, attrs)

    prompt = f"Context:\n{context}\nQuestion: {question}"
    t = t0 + ms
    retrieve_start, retrieve_end = t, t + d_retrieve
    embed_end = t + d_embed
    t = retrieve_end + ms
    chat1_start, chat1_end = t, t + d_chat1
    t = chat1_end + ms
    tool_start, tool_end = t, t + d_tool
    t = tool_end + ms
    chat2_start, chat2_end = t, t + d_chat2
    call_id = f"call_{chat1[:12]}"
    arguments = json.dumps({"query": question[:60], "limit": rng.randrange(1, 20)})

    doc = context[: max(1, len(context) // 3)]
    return [
        span(
            embed,
            retrieve,
            f"embeddings {embed_model}",
            3,
            retrieve_start,
            embed_end,
            {
                "gen_ai.operation.name": "embeddings",
                "gen_ai.provider.name": "openai",
                "gen_ai.system": "openai",
                "gen_ai.request.model": embed_model,
                "gen_ai.usage.input_tokens": len(question) // 4 + 1,
                "openinference.span.kind": "EMBEDDING",
                "embedding.model_name": embed_model,
                "input.value": question,
                **common,
            },
        ),
        span(
            retrieve,
            root,
            "retrieve-context",
            1,
            retrieve_start,
            retrieve_end,
            {
                "openinference.span.kind": "RETRIEVER",
                "gen_ai.operation.name": "retrieval",
                "input.value": question,
                "retrieval.documents.0.document.id": f"doc-{rng.randrange(10000)}",
                "retrieval.documents.0.document.score": round(rng.random(), 4),
                "retrieval.documents.0.document.content": doc,
                **common,
            },
        ),
        chat(
            chat1,
            chat1_start,
            chat1_end,
            prompt,
            answer1,
            "tool_calls",
            [
                {"type": "text", "content": answer1},
                {"type": "tool_call", "id": call_id, "name": tool_name, "arguments": arguments},
            ],
        ),
        span(
            tool,
            root,
            f"execute_tool {tool_name}",
            1,
            tool_start,
            tool_end,
            {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": tool_name,
                "gen_ai.tool.call.id": call_id,
                "gen_ai.tool.type": "function",
                "openinference.span.kind": "TOOL",
                "tool.name": tool_name,
                "input.value": arguments,
                "output.value": json.dumps({"rows": rng.randrange(50), "note": question[:80]}),
                **common,
            },
        ),
        chat(
            chat2,
            chat2_start,
            chat2_end,
            prompt,
            answer2,
            "stop",
            [
                {"type": "text", "content": answer2},
            ],
        ),
        span(
            root,
            None,
            "rag-chat",
            2,
            t0,
            end_ns,
            {
                "openinference.span.kind": "CHAIN",
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.agent.name": "rag-chat",
                "http.request.method": "POST",
                "input.value": question,
                "output.value": answer2,
                **common,
            },
        ),
    ]


def make_spans(
    n: int,
    *,
    seed: int = 1,
    prompt_bytes: int = 1500,
    response_bytes: int = 800,
    end_ns: int | None = None,
    spread_s: float = 3600.0,
) -> list[dict]:
    """Exactly `n` span dicts; traces end evenly over the `spread_s` before `end_ns`."""
    rng = random.Random(seed)
    text = TextPool(rng)
    end_ns = time.time_ns() if end_ns is None else end_ns
    traces = -(-n // SPANS_PER_TRACE)
    step = int(spread_s * 1e9 / max(1, traces))
    spans: list[dict] = []
    for i in range(traces):
        end = end_ns - (traces - 1 - i) * step
        spans.extend(make_trace(rng, text, end, prompt_bytes, response_bytes))
    return spans[:n]


# ----------------------------------------------------------------------- encoding


def _resource_attributes(service: str) -> dict:
    return {
        "service.name": service,
        "service.version": "1.4.2",
        "deployment.environment.name": "dev",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.language": "python",
        "openinference.project.name": "bench",
    }


def _group_by_service(spans: Sequence[dict]) -> dict[str, list[dict]]:
    groups: dict[str, list[dict]] = {}
    for s in spans:
        groups.setdefault(s["service"], []).append(s)
    return groups


def encode_protobuf(spans: Sequence[dict]) -> bytes:
    """One serialized ExportTraceServiceRequest."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
        ExportTraceServiceRequest,
    )

    def set_value(target, value) -> None:
        if isinstance(value, bool):
            target.bool_value = value
        elif isinstance(value, str):
            target.string_value = value
        elif isinstance(value, int):
            target.int_value = value
        elif isinstance(value, float):
            target.double_value = value
        elif isinstance(value, (list, tuple)):
            target.array_value.SetInParent()
            for item in value:
                set_value(target.array_value.values.add(), item)
        else:
            raise TypeError(f"unsupported attribute type {type(value)!r}")

    def set_attributes(target, attributes: dict) -> None:
        for key, value in attributes.items():
            kv = target.add()
            kv.key = key
            set_value(kv.value, value)

    request = ExportTraceServiceRequest()
    for service, group in _group_by_service(spans).items():
        rs = request.resource_spans.add()
        set_attributes(rs.resource.attributes, _resource_attributes(service))
        ss = rs.scope_spans.add()
        ss.scope.name = "otlp_load"
        ss.scope.version = "1.0"
        for s in group:
            p = ss.spans.add()
            p.trace_id = bytes.fromhex(s["trace_id"])
            p.span_id = bytes.fromhex(s["span_id"])
            if s["parent_id"]:
                p.parent_span_id = bytes.fromhex(s["parent_id"])
            p.name = s["name"]
            p.kind = s["kind"]
            p.start_time_unix_nano = s["start_ns"]
            p.end_time_unix_nano = s["end_ns"]
            set_attributes(p.attributes, s["attributes"])
            for when, name, attributes in s["events"]:
                e = p.events.add()
                e.time_unix_nano = when
                e.name = name
                set_attributes(e.attributes, attributes)
            if s["status_code"]:
                p.status.code = s["status_code"]
                p.status.message = s["status_message"]
    return request.SerializeToString()


def encode_json(spans: Sequence[dict]) -> bytes:
    """The same request in OTLP/JSON (hex ids, 64-bit integers as strings)."""

    def value(v):
        if isinstance(v, bool):
            return {"boolValue": v}
        if isinstance(v, str):
            return {"stringValue": v}
        if isinstance(v, int):
            return {"intValue": str(v)}
        if isinstance(v, float):
            return {"doubleValue": v}
        return {"arrayValue": {"values": [value(i) for i in v]}}

    def attributes(d: dict) -> list[dict]:
        return [{"key": k, "value": value(v)} for k, v in d.items()]

    def one(s: dict) -> dict:
        out = {
            "traceId": s["trace_id"],
            "spanId": s["span_id"],
            "name": s["name"],
            "kind": s["kind"],
            "startTimeUnixNano": str(s["start_ns"]),
            "endTimeUnixNano": str(s["end_ns"]),
            "attributes": attributes(s["attributes"]),
            "status": {},
        }
        if s["parent_id"]:
            out["parentSpanId"] = s["parent_id"]
        if s["events"]:
            out["events"] = [
                {"timeUnixNano": str(w), "name": n, "attributes": attributes(a)} for w, n, a in s["events"]
            ]
        if s["status_code"]:
            out["status"] = {"code": s["status_code"], "message": s["status_message"]}
        return out

    return json.dumps(
        {
            "resourceSpans": [
                {
                    "resource": {"attributes": attributes(_resource_attributes(service))},
                    "scopeSpans": [
                        {
                            "scope": {"name": "otlp_load", "version": "1.0"},
                            "spans": [one(s) for s in group],
                        }
                    ],
                }
                for service, group in _group_by_service(spans).items()
            ]
        },
        separators=(",", ":"),
    ).encode()


def encode_bodies(
    spans: Sequence[dict], batch: int, *, fmt: str = "protobuf", use_gzip: bool = False
) -> list[tuple[bytes, int]]:
    """[(request body, spans in it)], cut in order into batches."""
    encode = encode_protobuf if fmt == "protobuf" else encode_json
    out = []
    for i in range(0, len(spans), batch):
        chunk = spans[i : i + batch]
        body = encode(chunk)
        out.append((gzip.compress(body, 1) if use_gzip else body, len(chunk)))
    return out


# ------------------------------------------------------------------------ sending


class _Connection(asyncio.Protocol):
    """A minimal HTTP/1.1 client: one request in flight, keep-alive, no TLS."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.transport: asyncio.Transport | None = None
        self.waiter: asyncio.Future | None = None

    def connection_made(self, transport) -> None:
        self.transport = transport

    def connection_lost(self, exc) -> None:
        self.transport = None
        if self.waiter and not self.waiter.done():
            self.waiter.set_exception(exc or ConnectionResetError("closed by the server"))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        parsed = self._parse()
        if parsed and self.waiter and not self.waiter.done():
            self.waiter.set_result(parsed)

    def _parse(self) -> tuple[int, str | None] | None:
        """(status, Retry-After) once a whole response has arrived, else None."""
        head_end = self.buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return None
        lines = bytes(self.buffer[:head_end]).split(b"\r\n")
        status = int(lines[0].split(b" ", 2)[1])
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip()
        body_at = head_end + 4
        if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
            if not self.buffer.endswith(b"0\r\n\r\n"):
                return None
        elif len(self.buffer) - body_at < int(headers.get(b"content-length", b"0")):
            return None
        self.buffer.clear()
        if headers.get(b"connection", b"").lower() == b"close" and self.transport:
            self.transport.close()
            self.transport = None
        retry_after = headers.get(b"retry-after")
        return status, retry_after.decode() if retry_after else None

    async def request(self, head: bytes, body: bytes) -> tuple[int, str | None]:
        self.waiter = asyncio.get_running_loop().create_future()
        self.transport.writelines((head, body))
        return await self.waiter


RETRYABLE = {429, 502, 503, 504}


@dataclass
class LoadResult:
    wall_s: float = 0.0
    cpu_s: float = 0.0
    acked_requests: list[int] = field(default_factory=list)  # indexes into `bodies`
    acked_spans: int = 0
    latencies_s: list[float] = field(default_factory=list)  # every attempt answered
    statuses: dict[int, int] = field(default_factory=dict)
    transport_errors: int = 0
    retries: int = 0


async def _run(
    url: str,
    bodies,
    connections: int,
    headers: dict[str, str],
    retries: int,
    backoff_s: float,
    timeout_s: float,
) -> LoadResult:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fixed = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    prefix = f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\n{fixed}Content-Length: "
    heads = [f"{prefix}{len(body)}\r\n\r\n".encode() for body, _ in bodies]

    loop = asyncio.get_running_loop()
    result = LoadResult()
    todo = deque(range(len(bodies)))

    async def connect() -> _Connection:
        return (await loop.create_connection(_Connection, host, port))[1]

    async def worker(conn: _Connection) -> None:
        while todo:
            index = todo.popleft()
            body, count = bodies[index]
            for attempt in range(retries + 1):
                retry_after = None
                try:
                    if conn.transport is None or conn.transport.is_closing():
                        conn = await connect()
                    started = time.perf_counter()
                    status, retry_after = await asyncio.wait_for(conn.request(heads[index], body), timeout_s)
                    result.latencies_s.append(time.perf_counter() - started)
                except (TimeoutError, OSError):
                    result.transport_errors += 1
                    if conn.transport is not None:
                        conn.transport.abort()
                    conn = _Connection()
                    status = 0
                else:
                    result.statuses[status] = result.statuses.get(status, 0) + 1
                if 200 <= status < 300:
                    result.acked_requests.append(index)
                    result.acked_spans += count
                    break
                if attempt == retries or (status and status not in RETRYABLE):
                    break
                result.retries += 1
                wait = float(retry_after) if (retry_after or "").isdigit() else None
                if wait is None:
                    wait = min(5.0, backoff_s * 2 ** min(attempt, 10))
                await asyncio.sleep(wait)

    opened = [await connect() for _ in range(min(connections, len(bodies)))]
    cpu0, t0 = time.process_time(), time.perf_counter()
    await asyncio.gather(*(worker(c) for c in opened))
    result.wall_s = time.perf_counter() - t0
    result.cpu_s = time.process_time() - cpu0
    for c in opened:
        if c.transport:
            c.transport.close()
    return result


def run_load(
    url: str,
    bodies: Sequence[tuple[bytes, int]],
    *,
    connections: int = 4,
    fmt: str = "protobuf",
    use_gzip: bool = False,
    headers: dict[str, str] | None = None,
    retries: int = 0,
    backoff_s: float = 0.05,
    timeout_s: float = 120.0,
) -> LoadResult:
    """Send every body once (plus retries of 429/502/503/504 and broken connections)."""
    content_type = "application/x-protobuf" if fmt == "protobuf" else "application/json"
    all_headers = {"Content-Type": content_type, "User-Agent": "otlp-load/1.0"}
    if use_gzip:
        all_headers["Content-Encoding"] = "gzip"
    all_headers.update(headers or {})
    coro = _run(url, bodies, connections, all_headers, retries, backoff_s, timeout_s)
    try:
        import uvloop
    except ImportError:
        return asyncio.run(coro)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coro)


def percentile(values: Iterable[float], q: float) -> float:
    """Nearest-rank percentile; 0.0 when there are no values."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, max(0, -(-int(q * len(ordered)) // 100) - 1))]


def summarize(result: LoadResult, bodies: Sequence[tuple[bytes, int]]) -> dict:
    lat = result.latencies_s
    sent = sum(count for _, count in bodies)
    return {
        "spans": sent,
        "acked_spans": result.acked_spans,
        "requests": len(bodies),
        "bytes_per_span": round(sum(len(b) for b, _ in bodies) / max(1, sent), 1),
        "wall_s": round(result.wall_s, 4),
        "spans_per_s": round(result.acked_spans / result.wall_s, 1) if result.wall_s else 0.0,
        "requests_per_s": round(len(lat) / result.wall_s, 1) if result.wall_s else 0.0,
        "latency_ms": {f"p{q}": round(percentile(lat, q) * 1e3, 3) for q in (50, 95, 99)}
        | {"max": round(max(lat, default=0.0) * 1e3, 3)},
        "non_2xx": sum(n for s, n in result.statuses.items() if not 200 <= s < 300),
        "statuses": {str(k): v for k, v in sorted(result.statuses.items())},
        "transport_errors": result.transport_errors,
        "retries": result.retries,
        "generator_cpu_s": round(result.cpu_s, 3),
    }


# ---------------------------------------------------------------------------- CLI


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--url", required=True, help="e.g. http://127.0.0.1:4318/v1/traces")
    p.add_argument("--spans", type=int, default=20_000)
    p.add_argument(
        "--batch",
        type=int,
        default=100,
        help="spans per request (default 100; 512 is the OTel BatchSpanProcessor's default)",
    )
    p.add_argument(
        "--mode",
        choices=("batch", "single"),
        default="batch",
        help="single: one span per request, as a SimpleSpanProcessor sends",
    )
    p.add_argument("--connections", type=int, default=4)
    p.add_argument("--gzip", action="store_true")
    p.add_argument("--format", choices=("protobuf", "json"), default="protobuf")
    p.add_argument("--header", action="append", default=[], metavar="K=V")
    p.add_argument("--prompt-bytes", type=int, default=1500)
    p.add_argument("--response-bytes", type=int, default=800)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--end-time", type=int, default=None, help="end of the last trace, Unix ns")
    p.add_argument("--spread-seconds", type=float, default=3600.0)
    p.add_argument(
        "--retries",
        type=int,
        default=0,
        help="per request, on 429/502/503/504 "
        "and broken connections, with exponential backoff (or Retry-After)",
    )
    p.add_argument("--timeout", type=float, default=120.0, help="per request, seconds")
    a = p.parse_args(argv)
    try:
        headers = dict(h.split("=", 1) for h in a.header)
    except ValueError:
        p.error("--header needs K=V")

    spans = make_spans(
        a.spans,
        seed=a.seed,
        prompt_bytes=a.prompt_bytes,
        response_bytes=a.response_bytes,
        end_ns=a.end_time,
        spread_s=a.spread_seconds,
    )
    batch = 1 if a.mode == "single" else a.batch
    bodies = encode_bodies(spans, batch, fmt=a.format, use_gzip=a.gzip)
    del spans
    result = run_load(
        a.url,
        bodies,
        connections=a.connections,
        fmt=a.format,
        use_gzip=a.gzip,
        headers=headers,
        retries=a.retries,
        timeout_s=a.timeout,
    )
    json.dump(summarize(result, bodies), sys.stdout, indent=2)
    print()
    return 0 if result.acked_spans == a.spans else 1


if __name__ == "__main__":
    raise SystemExit(main())
