"""Answers kept for requests that are made again: in memory, bounded, gone with the process.

They are not in the file because they may hold anything a provider said, for ever, to whoever reads it.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from llmwatch.collector.proxy.exchange import Asked, Exchange
from llmwatch.collector.proxy.headers import Headers, value_of
from llmwatch.collector.proxy.helicone import Caching

_MOST_BYTES: Final = 64 << 20
_LONGEST: Final = 4 << 20
"""Bytes of one answer that is kept."""
_TELLING: Final = (
    b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key", b"accept", b"accept-encoding",
    b"content-type", b"content-encoding", b"anthropic-version", b"anthropic-beta", b"openai-organization",
    b"openai-project", b"openai-beta",
)  # fmt: skip
"""Headers that an answer may depend on: above all who asks, so that no one gets another's."""


class Kept(NamedTuple):
    """An answer."""

    headers: Headers
    body: bytes
    until: float
    """By the clock of the cache."""


class Cache:
    """The last answers, as far as they fit; ``clock`` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._bytes = 0

    def find(self, key: bytes) -> Kept | None:
        """The answer under ``key``, unless it is too old."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.until <= self._clock():
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept

    def keep(self, key: bytes, exchange: Exchange, caching: Caching) -> None:
        """Keep the answer of ``exchange``, if it is one that succeeded and is there whole."""
        if exchange.status != 200 or not exchange.whole or exchange.failure:
            return
        body = b"".join(chunk for _, chunk in exchange.chunks)
        if len(body) > _LONGEST:
            return
        self._drop(key)
        self._kept[key] = Kept(exchange.headers, body, self._clock() + caching.age_s)
        self._bytes += len(body)
        while self._bytes > _MOST_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: bytes) -> None:
        if kept := self._kept.pop(key, None):
            self._bytes -= len(kept.body)


def key_of(asked: Asked, caching: Caching) -> bytes:
    """What a request must have in common with another to get its answer; with buckets one of several."""
    told = [asked.provider, asked.path, asked.query.decode("latin-1"), caching.seed]
    told += [value_of(asked.headers, name) or "" for name in _TELLING]
    told.append(str(secrets.randbelow(caching.buckets)))
    return hashlib.sha256("\0".join(told).encode() + b"\0" + asked.body).digest()
