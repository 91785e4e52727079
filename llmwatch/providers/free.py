"""Which calls cost nothing because their endpoint is declared free in the configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from llmwatch.config import ProviderConfig
from llmwatch.store.span import Span

_PORTS = {"http": 80, "https": 443}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - a name to compare, not to bind


def free_endpoint(providers: Mapping[str, ProviderConfig]) -> Callable[[Span], bool]:
    """A test whether a span's call went to one of the free endpoints in ``providers``.

    The endpoint is known by its name, if that is what the span calls its provider, or by ``server.address``
    and ``server.port``, which tell a local server that speaks a paid provider's protocol.
    """
    names = {name.lower() for name, endpoint in providers.items() if endpoint.free}
    origins = {_origin(endpoint.base_url) for endpoint in providers.values() if endpoint.free}
    # A client leaves out the port that its scheme implies.
    origins |= {(host, None) for host, port in origins if port in _PORTS.values()}

    def is_free(span: Span) -> bool:
        if not origins:
            return False
        provider = span.call.provider if span.call else None
        if provider and provider.strip().lower() in names:
            return True
        attributes = span.content.attributes
        address = attributes.get("server.address")
        return isinstance(address, str) and (_host(address), attributes.get("server.port")) in origins

    return is_free


def _origin(base_url: str) -> tuple[str, int | None]:
    parts = urlsplit(base_url)
    return _host(parts.hostname or ""), parts.port or _PORTS.get(parts.scheme)


def _host(name: str) -> str:
    name = name.lower().strip("[]")
    return "localhost" if name in _LOOPBACK else name
