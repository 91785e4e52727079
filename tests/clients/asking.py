"""Requests to a whole collector."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from llmwatch.collector.app import create_app
from llmwatch.store.rows import SpanDetail
from tests.dialects.stored import CONFIG, PIPELINE, details, writing


@asynccontextmanager
async def client_of(database: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a collector on ``database``, which has written everything when the context ends."""
    with writing(database) as writer:
        transport = httpx.ASGITransport(create_app(writer, PIPELINE, CONFIG, database))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:4318") as client:
            yield client


async def asked(
    folder: Path, method: str, path: str, **request: Any
) -> tuple[httpx.Response, list[SpanDetail]]:
    """The answer to a request, and what is stored after it in the database of ``folder``."""
    async with client_of(folder / "llmwatch.db") as client:
        response = await client.request(method, path, **request)
    return response, details(folder / "llmwatch.db")
