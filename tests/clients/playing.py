"""A capture played to the whole collector: every request as it was on the wire, in its order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx

from llmwatch.collector.app import create_app
from llmwatch.store.rows import SpanDetail
from tests.dialects.captures import Sent, sent
from tests.dialects.stored import CONFIG, PIPELINE, details, writing

_ENCODED = frozenset({"content-type", "content-encoding", "user-agent"})
"""Headers that say how a body is to be read; the rest is the connection's, or the client's affair."""


@dataclass(frozen=True)
class Played:
    """What a capture's client got back, and what is stored of it."""

    exchanges: list[tuple[Sent, httpx.Response]]
    stored: list[SpanDetail]

    def replies(self, path: str) -> list[httpx.Response]:
        """The answers to the requests whose path begins so."""
        return [response for request, response in self.exchanges if request.path.startswith(path)]


async def play(name: str, database: Path, requests: Iterable[Sent] | None = None) -> Played:
    """Send a capture (or ``requests``, when it is to be sent otherwise) to a collector on ``database``."""
    exchanges: list[tuple[Sent, httpx.Response]] = []
    with writing(database) as writer:
        transport = httpx.ASGITransport(create_app(writer, PIPELINE, CONFIG, database))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:4318") as client:
            for request in sent(name) if requests is None else requests:
                url = f"{request.path}?{request.query}" if request.query else request.path
                headers = [(key, value) for key, value in request.headers if _is_kept(key)]
                response = await client.request(request.method, url, content=request.body, headers=headers)
                exchanges.append((request, response))
    return Played(exchanges, details(database))


def _is_kept(header: str) -> bool:
    return header.lower() in _ENCODED or header.lower().startswith(("x-", "helicone-"))
