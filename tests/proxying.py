"""A collector that passes calls on to an upstream of the test's making, both on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from llmwatch.collector.app import create_app
from llmwatch.collector.pipeline import Pipeline
from llmwatch.collector.proxy import recording
from llmwatch.collector.proxy.cache import Cache
from llmwatch.collector.proxy.places import Places
from llmwatch.collector.server import server
from llmwatch.config import CollectorConfig, Config, ProviderConfig, ProxyConfig
from llmwatch.store.database import connect_reader
from llmwatch.store.rows import SpanDetail
from llmwatch.store.writer import Writer
from tests.dialects.stored import details
from tests.serving import serving

CHAT = "/v1/chat/completions"


@dataclass(frozen=True)
class Got:
    """A request as the upstream got it."""

    method: str
    target: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = Callable[[Got, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Passing:
    """A collector in a thread, and the port where it expects its upstream."""

    app: Starlette
    writer: Writer
    database: Path
    origin: str
    loop: asyncio.AbstractEventLoop
    upstream_port: int

    async def recorded(self) -> None:
        """Wait until everything that passed is stored."""
        done = asyncio.run_coroutine_threadsafe(self.app.state.proxy.recorder.finish(), self.loop)
        await asyncio.wrap_future(done)


@contextlib.contextmanager
def passing(folder: Path, silence_s: float = 20.0) -> Iterator[Passing]:
    """A collector that writes into ``folder``."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    origin, database = f"http://127.0.0.1:{port}", folder / "llmwatch.db"
    config = Config(
        collector=CollectorConfig(grpc_port=0, max_body_mib=4, synchronous="NORMAL"),
        proxy=ProxyConfig(silence_s=silence_s),
        providers={
            "openai": ProviderConfig(api="openai-chat", base_url=f"{origin}/v1"),
            "anthropic": ProviderConfig(api="anthropic", base_url=origin),
            "gemini": ProviderConfig(api="gemini", base_url=origin),
            "ollama": ProviderConfig(api="ollama", base_url=origin, free=True),
            "nobody": ProviderConfig(api="anthropic", base_url="http://127.0.0.1:9"),
            "wrong": ProviderConfig(api="openai-chat", base_url="ftp://example.com"),
        },
    )  # fmt: skip
    pipeline = Pipeline(config)
    writer = Writer(database, enrich=pipeline.enrich, queue_spans=1000, synchronous="NORMAL")
    writer.start()
    app = create_app(writer, pipeline, config, database)
    loops: list[asyncio.AbstractEventLoop] = []

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        loops.append(asyncio.get_running_loop())
        await app(scope, receive, send)

    paused, recording._PAUSE_S = recording._PAUSE_S, 0.0  # type: ignore[misc]
    try:
        with serving(app, server(noting)) as at:  # type: ignore[arg-type]
            httpx.get(f"{at}/health")
            yield Passing(app, writer, database, at, loops[0], port)
    finally:
        recording._PAUSE_S = paused  # type: ignore[misc]
        writer.close()


@pytest.fixture(scope="session")
def passing_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Passing]:
    """A collector for all tests of the proxy: to start one takes half a second."""
    with passing(tmp_path_factory.mktemp("proxy")) as running:
        yield running


@dataclass
class Proxying:
    """A client of the proxy, and what its upstream got."""

    client: httpx.AsyncClient
    passing: Passing
    before: int
    """Id of the last span when the test began."""
    got: list[Got] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """A connection to the upstream was closed from the other side."""

    def stored(self) -> list[SpanDetail]:
        """All spans, in the order of their start; complete once `proxying` has ended."""
        found = [detail for detail in details(self.passing.database) if detail.row.id > self.before]
        return sorted(found, key=lambda detail: detail.row.start_ns)

    def calls(self) -> list[SpanDetail]:
        """The model calls among them."""
        return [detail for detail in self.stored() if detail.row.kind in ("llm", "embedding")]


@contextlib.asynccontextmanager
async def proxying(passing: Passing, answer: Answer) -> AsyncIterator[Proxying]:
    """An upstream that answers by ``answer``, of which nothing is remembered; at the end all is stored."""
    gone = asyncio.Event()
    got: list[Got] = []
    open_: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                request = await _request(reader)
                got.append(request)
                await answer(request, writer)
                await writer.drain()
        gone.set()
        writer.close()

    if proxy := getattr(passing.app.state, "proxy", None):  # it is made when it is first asked
        proxy.cache = Cache()
        proxy.recorder._places = Places()
    upstream = await asyncio.start_server(serve, "127.0.0.1", passing.upstream_port)
    with closing(connect_reader(passing.database)) as db:
        (before,) = db.execute("SELECT coalesce(max(id), 0) FROM spans").fetchone()
    try:
        async with httpx.AsyncClient(base_url=passing.origin, timeout=30) as client:
            yield Proxying(client, passing, before, got, gone)
        await passing.recorded()
    finally:
        upstream.close()
        for writer in open_:
            writer.transport.abort()


async def _request(reader: asyncio.StreamReader) -> Got:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Got(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def head(status: int = 200, **headers: str) -> bytes:
    """The head of an answer; underscores in names stand for hyphens."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode()


def whole(body: bytes, status: int = 200, **headers: str) -> bytes:
    """An answer with its length."""
    headers = {"content_type": "application/json", **headers, "content_length": str(len(body))}
    return head(status, **headers) + body


def chunk(data: bytes) -> bytes:
    """A piece of a chunked answer; an empty one ends it."""
    return b"%x\r\n%s\r\n" % (len(data), data)


STREAM = head(content_type="text/event-stream", transfer_encoding="chunked")


def event(body: Any) -> bytes:
    """A server-sent event."""
    return f"data: {json.dumps(body)}\n\n".encode()


def delta(text: str | None = None, **fields: Any) -> bytes:
    """An event of a streamed chat completion."""
    choice = {
        "index": 0,
        "delta": {"content": text} if text else {},
        "finish_reason": fields.pop("finish", None),
    }
    body = {"id": "chatcmpl-1", "model": "gpt-4o-mini-2024-07-18", "choices": [choice], **fields}
    return event(body)


def completion(text: str = "Hello.", **fields: Any) -> bytes:
    """A chat completion as OpenAI gives it."""
    return json.dumps({
        "id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-mini-2024-07-18",
        "choices": [{
            "index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop",
        }],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
        **fields,
    }).encode()  # fmt: skip


def asking(text: str = "Hi", **fields: Any) -> dict[str, Any]:
    """The body of a request for a chat completion."""
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}], **fields}


def always(answer: bytes) -> Answer:
    """An upstream that knows one answer."""

    async def say(_: Got, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return say
