"""What passed between a client and a provider: the request, and a copy of the answer as far as it fits."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from llmwatch.collector.proxy.headers import Headers
from llmwatch.collector.proxy.operations import Operation
from llmwatch.collector.proxy.ticket import Ticket

LONGEST_COPY: Final = 32 << 20
"""Bytes of an answer that are kept to be recorded; all of it is passed on. 100,000 tokens stream as 30 MB."""


@dataclass(slots=True)
class Room:
    """Bytes that all exchanges together may keep until they are recorded."""

    left: int

    def take(self, size: int) -> bool:
        """Whether there is room for ``size`` bytes, which is then taken."""
        if size > self.left:
            return False
        self.left -= size
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A model call as a client asked for it."""

    operation: Operation | None
    """None for a request that is no model call, and is not recorded."""
    provider: str
    """Name of the entry of providers that it goes to."""
    path: str
    """Without the query, which may hold a key."""
    headers: Headers
    """All that came, with the keys in them: never stored."""
    query: bytes
    body: bytes


@dataclass(slots=True)
class Exchange:
    """One attempt at a call, from its start to the end of the answer. Times are ns since the start."""

    asked: Asked
    room: Room
    attempt: int = 0
    """From 0, counting those that we made ourselves."""
    ticket: Ticket = field(default_factory=Ticket)
    """What it holds of budgets until it is stored."""
    status: int | None = None
    headers: Headers = field(default_factory=list)
    """Of the answer."""
    chunks: list[tuple[int, bytes]] = field(default_factory=list)
    """When each came, and its bytes as they came."""
    whole: bool = True
    """False when the copy was given up, for the answer is too long or too much is kept already."""
    cache_hit: bool | None = None
    failure: tuple[str, str] | None = None
    """Type and message, when the provider did not fail but the way to it or to the client."""
    start_ns: int = field(default_factory=time.time_ns)
    duration_ns: int | None = None
    """None until the end."""
    kept: int = 0
    """Bytes taken from the room."""
    _begun: int = field(default_factory=time.perf_counter_ns)

    def answer(self, status: int, headers: Headers) -> None:
        """The head of the answer came."""
        self.status, self.headers = status, headers

    def keep(self, chunk: bytes) -> None:
        """More of the answer came."""
        if not self.whole:
            return
        if self.kept + len(chunk) > LONGEST_COPY or not self.room.take(len(chunk)):
            self.whole = False
            return
        self.kept += len(chunk)
        self.chunks.append((time.perf_counter_ns() - self._begun, chunk))

    def end(self, failure: tuple[str, str] | None = None) -> None:
        """All came, or nothing more will, for the reason in ``failure``; the first word counts."""
        if self.duration_ns is None:
            self.duration_ns = time.perf_counter_ns() - self._begun
            self.failure = failure

    def release(self) -> None:
        """Forget what was kept."""
        self.chunks = []
        self.room.left += self.kept
        self.kept = 0
