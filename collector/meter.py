"""How the collector itself is doing: requests, failures, time taken."""

from __future__ import annotations

import time
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from llmwatch.collector.proxy.operations import is_passed_on


@dataclass(slots=True)
class Meter:
    """Sums since the start, over requests that bring something (POST, or over gRPC)."""

    requests: int = 0
    errors: int = 0
    """Answered with 400 or more."""
    seconds: float = 0.0

    def add(self, seconds: float, *, failed: bool) -> None:
        """Count a request that took so long."""
        self.requests += 1
        self.errors += failed
        self.seconds += seconds

    @property
    def error_rate(self) -> float | None:
        """Share of failed requests; None before the first."""
        return self.errors / self.requests if self.requests else None

    @property
    def average_s(self) -> float | None:
        """Mean time from a request's head to the end of its answer; None before the first."""
        return self.seconds / self.requests if self.requests else None


class Metered:
    """Counts every POST on ``meter``; what a provider takes for an answer, or fails at, is not ours."""

    def __init__(self, app: ASGIApp, *, meter: Meter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the app and note how it went; a request without an answer has failed."""
        if scope["type"] != "http" or scope["method"] != "POST" or is_passed_on(scope):
            await self._app(scope, receive, send)
            return
        status = 500
        started = time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._meter.add(time.perf_counter() - started, failed=status >= 400)
