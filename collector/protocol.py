"""What uvicorn leaves open: how long a request may take to arrive, and how many connections there may be.

Without this, 300 half-open requests stay for as long as their sender likes (measured).
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with a deadline for arriving requests and a cap on connections."""

    arrival_s: float = 60.0
    """Longest time from a request's first byte, or from connecting, to the end of its body."""
    max_connections: int = 512

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._turned_away = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline, or turn the connection away when there are too many."""
        if len(self.connections) >= self.max_connections:
            self._turned_away = True
            self.transport = transport  # uvicorn closes it once more when the connection is lost
            transport.write(_FULL)
            transport.close()
            return
        super().connection_made(transport)
        self._arm()

    def data_received(self, data: bytes) -> None:
        """Parse ``data``; the first of a request starts its deadline."""
        if not self._turned_away:
            self._arm()
            super().data_received(data)

    def on_message_complete(self) -> None:
        """The request has arrived in time."""
        self._disarm()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline with the connection."""
        self._disarm()
        super().connection_lost(exc)

    def _arm(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.arrival_s, self.transport.close)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
