"""Through the real HTTP door: what falls due is posted to the collector until it is taken."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from llmwatch.demo.otlp import encode
from llmwatch.demo.trace import DemoSpan, Outgoing, Post, due_ns

Clock: TypeAlias = Callable[[], int]
"""Nanoseconds UTC."""
Wait: TypeAlias = Callable[[float], bool]
"""Waits so many seconds; True when the demo is over."""

_BATCH: Final = 500
_RECENT_BATCH: Final = 16
_RECENT_NS: Final = 60 * 10**9
"""What is about as old goes in small batches, so that the newest traces come in their own order: within a
request spans are grouped by service."""
_RETRY_S: Final = 0.5


def send_all(origin: str, items: Iterable[Outgoing], clock: Clock, wait: Wait) -> None:
    """Post ``items`` to the collector at ``origin`` as they fall due, until ``wait`` says that it is over.

    They come in the order in which they are due; what is overdue goes in large batches.
    """
    with contextlib.closing(_Door(origin, wait)) as door:
        batch: list[Outgoing] = []
        for item in items:
            late_ns = clock() - due_ns(item)
            if batch and (late_ns < 0 or len(batch) >= (_BATCH if late_ns > _RECENT_NS else _RECENT_BATCH)):
                door.deliver(batch)
                batch = []
            if wait(max(0.0, (due_ns(item) - clock()) / 1e9)):
                return
            batch.append(item)
        door.deliver(batch)


class _Door:
    """One kept-alive connection to the collector."""

    def __init__(self, origin: str, wait: Wait) -> None:
        parts = urlsplit(origin)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        self._wait = wait

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def deliver(self, batch: list[Outgoing]) -> None:
        """Post ``batch``: its spans in one OTLP request, the rest as lists of JSON, a path at a time."""
        if spans := [item for item in batch if isinstance(item, DemoSpan)]:
            self._post("/v1/traces", "application/x-protobuf", encode(spans))
        for path, bodies in _by_path(batch):
            self._post(path, "application/json", json.dumps(bodies).encode())

    def _post(self, path: str, content_type: str, body: bytes) -> None:
        """Post until it is taken or the demo is over. Sending something twice changes nothing."""
        while True:
            try:
                self._connection.request("POST", path, body, {"Content-Type": content_type})
                answer = self._connection.getresponse()
                said = answer.read()
            except (OSError, http.client.HTTPException):
                self._connection.close()
            else:
                if answer.status < 300:
                    return
                if answer.status not in (429, 503):
                    raise RuntimeError(f"the collector answered {answer.status} to {path}: {said[:500]!r}")
            if self._wait(_RETRY_S):
                return


def _by_path(batch: list[Outgoing]) -> Iterator[tuple[str, list[object]]]:
    grouped: dict[str, list[object]] = {}
    for item in batch:
        if isinstance(item, Post):
            grouped.setdefault(item.path, []).append(item.body)
    yield from grouped.items()
