"""Connections to the providers: shared, kept alive, HTTP/1.1, to the configured origins only.

httpx is loaded with the first call that passes: most collectors never need its 79 ms. Of it, the transport is
enough: its client would only follow redirects, keep cookies and log addresses, which may have keys in them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from llmwatch.collector.proxy.headers import Headers, answered, asked
from llmwatch.errors import IngestError
from llmwatch.providers.endpoints import Endpoint
from llmwatch.providers.http import provider_errors

if TYPE_CHECKING:
    import httpx

_CONNECT_S: Final = 10.0
_IDLE_S: Final = 30.0
"""An idle connection is used again for so long; many servers close theirs after 60 s."""
_IDLE_CONNECTIONS: Final = 100
_DOTS: Final = (b".", b"..", b"%2e", b".%2e", b"%2e.", b"%2e%2e")


class Answering:
    """An answer whose head has come."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status: int = response.status_code
        self.headers: Headers = answered(response.headers.raw)

    def chunks(self) -> AsyncIterator[bytes]:
        """The body's bytes as they come, still in their Content-Encoding. Raises ProviderError."""
        return self._response.aiter_raw()


class Upstream:
    """The connections to all providers."""

    def __init__(self, silence_s: float) -> None:
        self._silence_s = silence_s
        self._transport: httpx.AsyncHTTPTransport | None = None

    def prepare(
        self, endpoint: Endpoint, method: str, target: bytes, headers: Headers, body: bytes
    ) -> httpx.Request:
        """The request for ``target`` (path and query) of ``endpoint``.

        Raises:
            IngestError: There can be no such request.
        """
        import httpx  # noqa: PLC0415 - see above

        try:
            url = httpx.URL(endpoint.base_url + _below(endpoint.base_url, target))
            return httpx.Request(
                method, url, headers=asked(headers), content=body or None,
                extensions={"timeout": self._timeout().as_dict()},
            )  # fmt: skip
        except (httpx.InvalidURL, ValueError) as error:
            raise IngestError(f"this cannot be asked of a provider: {error}") from error

    @asynccontextmanager
    async def ask(self, endpoint: Endpoint, request: httpx.Request) -> AsyncIterator[Answering]:
        """Send ``request`` to ``endpoint``; gives the answer as it begins. Raises ProviderError."""
        if self._transport is None:
            self._transport = _transport()
        with provider_errors(endpoint.origin, self._timeout()):
            response = await self._transport.handle_async_request(request)
            response.request = request
            try:
                yield Answering(response)
            finally:
                await response.aclose()

    def _timeout(self) -> httpx.Timeout:
        import httpx  # noqa: PLC0415 - loaded already

        return httpx.Timeout(self._silence_s, connect=min(_CONNECT_S, self._silence_s), pool=None)

    async def close(self) -> None:
        """Close all connections."""
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None


def _transport() -> httpx.AsyncHTTPTransport:
    import httpx  # noqa: PLC0415 - loaded already

    limits = httpx.Limits(
        max_connections=None, max_keepalive_connections=_IDLE_CONNECTIONS, keepalive_expiry=_IDLE_S
    )
    return httpx.AsyncHTTPTransport(trust_env=False, limits=limits)


def _below(base_url: str, target: bytes) -> str:
    """``target`` as it continues ``base_url``, which may end as the target begins: with /v1.

    Raises:
        ValueError: It leads elsewhere.
    """
    path = target.partition(b"?")[0]
    if not path.startswith(b"/") or not set(path.lower().split(b"/")).isdisjoint(_DOTS):
        raise ValueError("its path has steps up or in place")
    last = urlsplit(base_url).path.rpartition("/")[2]
    told = target.decode("latin-1")
    return told.removeprefix(f"/{last}") if last and told.startswith(f"/{last}/") else told
