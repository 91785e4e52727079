"""Reading a request's body whole, within limits that hold after decompression too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from llmwatch.collector.guards import Refuse, header_values
from llmwatch.collector.inflating import ENCODINGS, Inflater
from llmwatch.collector.proxy.operations import is_passed_on
from llmwatch.errors import IngestError

_BODIES: Final = 4
"""Bodies of the largest size that may be held at once, over all connections."""

_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class BodyLimit:
    """Hands the app the whole body at once, inflated; answers itself when the body is not acceptable.

    What is passed on to a provider stays compressed as it came.

    413 for one larger than ``limit`` bytes before or after inflating, 415 for an unknown Content-Encoding,
    400 for broken compression, 503 while too much is held already. The ratio is no criterion: repeated
    prompts compress 365:1.
    """

    def __init__(self, app: ASGIApp, *, refuse: Refuse, limit: int) -> None:
        self._app = app
        self._refuse = refuse
        self._limit = limit
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, then ask the app; or refuse."""
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY:
            await self._app(scope, receive, send)
            return
        incoming = _Incoming(receive, self._limit)
        taken = 0
        try:
            pieces: list[bytes] = []
            encodings = [] if is_passed_on(scope) else header_values(scope, b"content-encoding")
            async for piece in incoming.inflated(encodings):
                pieces.append(piece)
                taken += len(piece)
                self._held += len(piece)
                self._check(taken)
            body = b"".join(pieces)
            pieces.clear()
            await self._app(scope, _replay(body, receive), send)
        except IngestError as error:
            await incoming.drain()  # a sender that is cut off while it sends never sees the answer
            await self._refuse(scope, error.status, error.explain())(scope, receive, send)
        except ClientDisconnect:
            return
        finally:
            self._held -= taken

    def _check(self, taken: int) -> None:
        if taken > self._limit:
            raise _too_large(self._limit)
        if self._held > self._limit * _BODIES:
            raise IngestError("too many large requests at once: send it again in a second", status=503)


class _Incoming:
    """A body on its way in."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._more = True

    async def inflated(self, encodings: list[str]) -> AsyncIterator[bytes]:
        """The body in pieces, decompressed as its Content-Encoding says."""
        encoding = ",".join(encodings).strip().lower()
        if encoding in ("", "identity"):
            async for chunk in self._chunks():
                yield chunk
            return
        if encoding not in ENCODINGS:
            raise IngestError(
                f"Content-Encoding {encoding[:50]!r} is not known: use gzip, deflate, zstd or none",
                status=415,
            )
        inflater = Inflater(ENCODINGS[encoding])
        received = 0
        async for chunk in self._chunks():
            received += len(chunk)
            if received > self._limit:
                raise _too_large(self._limit)
            for piece in inflater.feed(chunk):
                yield piece
                await asyncio.sleep(0)
        inflater.finish()

    async def drain(self) -> None:
        """Read what is left and forget it; how long that may take is bounded in protocol.py."""
        async for _ in self._chunks():
            pass

    async def _chunks(self) -> AsyncIterator[bytes]:
        while self._more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            self._more = message.get("more_body", False)
            yield message.get("body", b"")


def _too_large(limit: int) -> IngestError:
    return IngestError(f"the body is larger than {limit >> 20} MiB: send smaller batches", status=413)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A receive that gives ``body`` once and then what the connection says."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
