"""The paths of the providers' APIs, and ``/proxy/NAME/…`` for any provider of the configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias
from urllib.parse import unquote

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from llmwatch.collector.guards import header_values
from llmwatch.collector.proxy.operations import ANTHROPIC_PATHS, MODELS_PATH, OPENAI_PATHS, PREFIX
from llmwatch.collector.proxy.passing import Proxy
from llmwatch.config import ProxyConfig

Provider: TypeAlias = Callable[[Scope, ProxyConfig], str]


class _Bare:
    """An API's own path, for the provider that the configuration names."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        proxy: Proxy = scope["app"].state.proxy
        name = self._provider(scope, proxy.config)
        await proxy.take(name, _target(scope), scope, receive, send)


class _Named:
    """A path that says which entry of ``providers`` it is for."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        name, slash, rest = _target(scope).removeprefix(PREFIX.encode()).partition(b"/")
        await scope["app"].state.proxy.take(
            unquote(name.decode("latin-1")), slash + rest, scope, receive, send
        )


def _target(scope: Scope) -> bytes:
    """Path and query as they were asked for."""
    query: bytes = scope["query_string"]
    path: bytes = scope["raw_path"]
    return path + b"?" + query if query else path


def _either(scope: Scope, config: ProxyConfig) -> str:
    return config.anthropic if header_values(scope, b"anthropic-version") else config.openai


openai: Final = [
    *(Route(path, _Bare(lambda _, config: config.openai), methods=["POST"]) for path in OPENAI_PATHS),
    Route(MODELS_PATH, _Bare(_either), methods=["GET"]),
]
anthropic: Final = [
    Route(path, _Bare(lambda _, config: config.anthropic), methods=["POST"]) for path in ANTHROPIC_PATHS
]
named: Final = [Route(PREFIX + "{target:path}", _Named())]
