"""What uvicorn leaves open: how long a request may take to arrive, how long its head, how many connections.

Without this, 300 half-open requests stay for as long as their sender likes (measured), and a head that never
ends fills the memory.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)
_HEAD_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with a deadline for arriving requests, and caps on heads and connections."""

    arrival_s: float = 60.0
    """Longest time from a request's first byte, or from connecting, to the end of its body."""
    max_connections: int = 512
    max_head: int = 1 << 19
    """Bytes before a head is complete; twice what is read at once, as the end of a body may come with it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._turned_away = False
        self._head_bytes = 0
        self._in_head = True

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
        if self._turned_away:
            return
        self._arm()
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > self.max_head:
                self._turned_away = True
                self.transport.write(_HEAD_TOO_LARGE)
                self.transport.close()

    def on_headers_complete(self) -> None:
        """The head has been short enough."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request has arrived in time."""
        self._disarm()
        self._in_head = True
        self._head_bytes = 0
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
