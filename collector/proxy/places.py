"""Which trace a call belongs to: that of a traceparent, of a session, of the call it repeats; or its own."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections import OrderedDict
from typing import Final, NamedTuple

from llmwatch.collector.dialects.values import count
from llmwatch.collector.lately import remember
from llmwatch.collector.proxy.exchange import Asked
from llmwatch.collector.proxy.headers import value_of
from llmwatch.collector.proxy.helicone import session_path

_TRACEPARENT: Final = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}.*"
)
_GROWTH: Final = 1.25
"""A step of a session is told again when it has lasted so many times as long: 50 records in a day, not one
for each call."""


class Place(NamedTuple):
    """Where a span hangs."""

    trace_id: str
    parent_id: str | None = None


class Step(NamedTuple):
    """A step of a session's path, which is a span around its calls."""

    span_id: str
    parent_id: str | None
    path: str
    start_ns: int
    end_ns: int


class Places:
    """Finds the places of calls, and remembers some thousands of them."""

    def __init__(self) -> None:
        self._calls: OrderedDict[bytes, Place] = OrderedDict()
        self._steps: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def of(self, asked: Asked, session_id: str | None, again: int | None) -> Place:
        """Where a call hangs, of which there were ``again`` attempts before; it joins the first of them.

        An app that makes a call again may say so by the same Helicone-Request-Id.
        """
        if told := _TRACEPARENT.fullmatch(value_of(asked.headers, b"traceparent") or ""):
            return Place(told[1], told[2])
        path = session_path(asked.headers)
        if session_id and path:
            trace_id = _digest(session_id, path[0])[:32]
            return Place(trace_id, _digest(trace_id, *path)[:16])
        request_id = value_of(asked.headers, b"helicone-request-id") or ""
        named = "\0".join((request_id, session_id or "", asked.provider, asked.path)).encode()
        key = hashlib.sha256(named + b"\0" + asked.body).digest()
        known = self._calls.get(key) if request_id or again else None
        place = known or Place(secrets.token_hex(16))
        remember(self._calls, key, place)
        return place

    def steps(self, asked: Asked, place: Place, start_ns: int, end_ns: int) -> list[Step]:
        """The steps around a call at ``place`` in its session that are new, or last much longer now."""
        if value_of(asked.headers, b"traceparent"):
            return []
        path = session_path(asked.headers)
        found, parent_id = [], None
        for depth in range(1, len(path) + 1):
            span_id = _digest(place.trace_id, *path[:depth])[:16]
            begun, told = self._steps.get(span_id, (start_ns, 0))
            if end_ns - begun >= (told - begun) * _GROWTH:
                remember(self._steps, span_id, (begun, end_ns))
                found.append(Step(span_id, parent_id, "/" + "/".join(path[:depth]), begun, end_ns))
            parent_id = span_id
        return found


def retries(asked: Asked) -> int | None:
    """How often the SDK has made this call before; None when it does not say."""
    return count(value_of(asked.headers, b"x-stainless-retry-count"))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
