"""A provider to test against: answers as told on a real port of the loopback, and remembers what came."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from llmwatch.config import ProviderApi
from llmwatch.providers.endpoints import Endpoint
from tests.serving import serving as serve


@dataclass
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Stub:
    """An ASGI app that gives one scripted answer to every request."""

    chunks: Iterable[bytes] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "text/event-stream"})
    breaks: bool = False
    """Break the connection after the last chunk."""
    hold: threading.Event | None = None
    """Wait for it after the last chunk."""
    received: list[Received] = field(default_factory=list)
    base_url: str = ""

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]
    ) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {k.decode().lower(): v.decode() for k, v in scope["headers"]}
        target = "?".join(part.decode() for part in (scope["raw_path"], scope["query_string"]) if part)
        self.received.append(Received(scope["method"], target, headers, body))
        given = [(k.encode(), v.encode()) for k, v in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": given})
        for chunk in self.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if self.hold is not None:
            await asyncio.to_thread(self.hold.wait)
        if self.breaks:
            raise ConnectionError("the script ends here")
        await send({"type": "http.response.body", "body": b""})

    def endpoint(self, api: ProviderApi = "openai-chat", **changes: Any) -> Endpoint:
        """An endpoint at this stub."""
        fields: dict[str, Any] = {"key_env": None, "free": True, "timeout_s": 5.0, **changes}
        return Endpoint(name="stub", api=api, base_url=self.base_url, **fields)


@contextmanager
def serving(stub: Stub) -> Iterator[Stub]:
    """``stub`` on a free port while the block runs."""
    with serve(stub) as stub.base_url:
        try:
            yield stub
        finally:
            if stub.hold is not None:
                stub.hold.set()


def sse(*events: object) -> list[bytes]:
    """Each event as it stands on the wire; a str is sent as it is."""
    texts = [event if isinstance(event, str) else json.dumps(event) for event in events]
    return [f"data: {text}\n\n".encode() for text in texts]


def ndjson(*events: object) -> list[bytes]:
    """One line an event."""
    return [json.dumps(event).encode() + b"\n" for event in events]
