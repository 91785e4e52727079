"""Passing requests on and their answers back, as they come, and noting what passed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope, Send

from llmwatch.collector.budgets.ledger import Refused
from llmwatch.collector.door import Door
from llmwatch.collector.proxy.cache import Cache, Kept, key_of
from llmwatch.collector.proxy.exchange import Asked, Exchange
from llmwatch.collector.proxy.gate import Gate, refuse
from llmwatch.collector.proxy.headers import Headers
from llmwatch.collector.proxy.helicone import Caching, Retrying, caching, retrying
from llmwatch.collector.proxy.operations import operation_of
from llmwatch.collector.proxy.recording import Recorder
from llmwatch.collector.proxy.replies import refusal
from llmwatch.collector.proxy.ticket import Ticket
from llmwatch.collector.proxy.upstream import Answering, Upstream
from llmwatch.errors import ConfigError, ProviderError
from llmwatch.providers.endpoints import Endpoint, endpoint
from llmwatch.providers.errors import ProviderTimeoutError, UnreachableError

_GONE: Final = ("client_disconnected", "the client hung up before the answer was there")
_STOPPED: Final = ("collector_stopped", "the collector was stopped before the answer was there")
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""Methods whose body is passed on; body.py bounds it."""
_LONGEST_FAILURE: Final = 1 << 20
"""Bytes that are read of an answer in whose place the call is made again."""


class Proxy:
    """One collector's proxy."""

    def __init__(self, door: Door) -> None:
        self.config = door.config.proxy
        self._providers = door.config.providers
        self.upstream = Upstream(self.config.silence_s)
        self.recorder = Recorder(door)
        self.gate = Gate(door)
        self.cache = Cache()

    async def take(self, name: str, target: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to ``target`` (path and query) of ``providers.NAME``, until the client hangs up.

        Raises:
            IngestError: There can be no such request.
        """
        configured = self._providers.get(name)
        if configured is None:
            told = f"no provider is called {name[:100]!r}: add [providers.{name[:100]}] to the configuration"
            await refusal("openai-chat", 404, told, "unknown_provider")(scope, receive, send)
            return
        try:
            to = endpoint(name, configured)
        except ConfigError as error:
            await refusal(configured.api, 502, error.explain(), "bad_base_url")(scope, receive, send)
            return
        with contextlib.suppress(ClientDisconnect):
            body = await Request(scope, receive).body() if scope["method"] in _WITH_BODY else b""
            await _Passage(self, to, target, body, scope, send).run(receive)

    async def close(self) -> None:
        """Record what has passed, then close the connections."""
        await self.recorder.finish()
        await self.upstream.close()


class _Passage:
    """One request on its way."""

    def __init__(
        self, proxy: Proxy, to: Endpoint, target: bytes, body: bytes, scope: Scope, send: Send
    ) -> None:
        self._proxy = proxy
        self._to = to
        self._send = send
        self._scope = scope
        path, _, query = target.partition(b"?")
        told = path.decode("latin-1")
        self._asked = Asked(
            operation=operation_of(scope["method"], told), provider=to.name, path=told, query=query,
            headers=scope["headers"], body=body,
        )  # fmt: skip
        self._request = proxy.upstream.prepare(to, scope["method"], target, scope["headers"], body)
        self._begun = False
        self._end = _STOPPED

    async def run(self, receive: Receive) -> None:
        """Pass on until all has passed, or the client hangs up."""
        passing = asyncio.create_task(self._pass())
        watching = asyncio.create_task(_hung_up(receive))
        try:
            await asyncio.wait((passing, watching), return_when=asyncio.FIRST_COMPLETED)
            self._end = _GONE
        finally:
            watching.cancel()
            if passing.cancel():
                await asyncio.wait((passing,))
        if not passing.cancelled():
            passing.result()

    async def _pass(self) -> None:
        rule = caching(self._asked.headers) if self._asked.operation else None
        key = key_of(self._asked, rule) if rule else b""
        if rule and (kept := self._proxy.cache.find(key)):
            await self._give(kept)
            return
        ticket = await self._proxy.gate.enter(self._asked)
        if isinstance(ticket, Refused):
            await refuse(self._to.api, ticket)(self._scope, _nothing, self._send)
            return
        try:
            await self._call(ticket, rule, key)
        finally:
            ticket.end()

    async def _call(self, ticket: Ticket, rule: Caching | None, key: bytes) -> None:
        retry, number = retrying(self._asked.headers), 0
        extra = [*ticket.headers, *([(b"helicone-cache", b"MISS")] if rule else [])]
        wait_s: float | None = 0.0
        while wait_s is not None:
            if number:
                await asyncio.sleep(wait_s)
            with self._noted(number, ticket) as exchange:
                wait_s = await self._attempt(exchange, retry, extra)
                if rule:
                    self._proxy.cache.keep(key, exchange, rule)
            number += 1

    @contextlib.contextmanager
    def _noted(self, number: int, ticket: Ticket) -> Iterator[Exchange]:
        """An attempt, which is recorded however it ends."""
        exchange = self._proxy.recorder.begin(self._asked, number, ticket)
        try:
            yield exchange
        finally:
            exchange.end(self._end)  # it was cancelled, unless it has ended before
            self._proxy.recorder.record(exchange)

    async def _attempt(self, exchange: Exchange, retry: Retrying, extra: Headers) -> float | None:
        """Make the call once, and pass its answer on; or give the seconds to wait before the next attempt."""
        try:
            async with self._proxy.upstream.ask(self._to, self._request) as answering:
                exchange.answer(answering.status, answering.headers)
                wait_s = retry.wait_s(exchange.attempt, answering.status)
                if wait_s is None:
                    await self._relay(answering, exchange, extra)
                else:
                    await _read(answering, exchange)
        except ProviderError as error:
            status, code = _outcome(error)
            exchange.end((code, str(error)))
            wait_s = None if self._begun else retry.wait_s(exchange.attempt, status)
            if wait_s is None and not self._begun:
                await refusal(self._to.api, status, str(error), code)(self._scope, _nothing, self._send)
            # An answer that has begun stays without its end, so that the server closes the connection: the
            # client sees what we saw.
        return wait_s

    async def _relay(self, answering: Answering, exchange: Exchange, extra: Headers) -> None:
        self._begun = True
        await self._head(answering.status, [*answering.headers, *extra])
        async for chunk in answering.chunks():
            exchange.keep(chunk)
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        exchange.end()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _give(self, kept: Kept) -> None:
        with self._noted(0, Ticket()) as exchange:
            exchange.cache_hit = True
            exchange.answer(200, kept.headers)
            exchange.keep(kept.body)
            exchange.end()
            await self._head(200, [*kept.headers, (b"helicone-cache", b"HIT")])
            await self._send({"type": "http.response.body", "body": kept.body, "more_body": False})

    async def _head(self, status: int, headers: Headers) -> None:
        await self._send({"type": "http.response.start", "status": status, "headers": headers})


def _outcome(error: ProviderError) -> tuple[int, str]:
    """The status and the type of an error on the way to the provider."""
    if isinstance(error, ProviderTimeoutError):
        return 504, "timeout"
    return 502, "connection_error" if isinstance(error, UnreachableError) else "stream_cut"


async def _read(answering: Answering, exchange: Exchange) -> None:
    """Keep the answer of an attempt in whose place another one is made."""
    size = 0
    async for chunk in answering.chunks():
        exchange.keep(chunk)
        size += len(chunk)
        if size > _LONGEST_FAILURE:
            break
    exchange.end()


async def _hung_up(receive: Receive) -> None:
    """Return when the client is gone; what it may still send is dropped."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _nothing() -> Message:
    raise RuntimeError("a reply reads nothing")
