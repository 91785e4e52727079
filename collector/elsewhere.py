"""Paths that are neither OTLP's nor our own: other platforms' protocols, and OTLP under their prefixes.

They are loaded when the first client asks for one, off the event loop: a fifth of a second and 5 MB that a
collector of OTLP alone does not need.
"""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from llmwatch.collector.door import Door
from llmwatch.collector.routes import otlp


class Elsewhere:
    """An ASGI app for what ``app`` has no route for itself."""

    def __init__(self, app: Starlette, door: Door) -> None:
        self._app = app
        self._door = door
        self._router: Router | None = None
        self._loading = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or raise starlette's 404 and 405."""
        async with self._loading:
            if self._router is None:
                self._router = await asyncio.to_thread(self._load)
        await self._router(scope, receive, send)

    async def close(self) -> None:
        """Let go of connections to providers."""
        if self._router is not None:
            await self._app.state.proxy.close()

    def _load(self) -> Router:
        from llmwatch.collector.protocols import PROTOCOLS  # noqa: PLC0415 - see above
        from llmwatch.collector.proxy.passing import Proxy  # noqa: PLC0415

        self._app.state.proxy = Proxy(self._door)
        return Router([*(route for protocol in PROTOCOLS for route in protocol.routes), *otlp.prefixed])
