"""One request to a whole collector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from llmwatch.collector.app import create_app
from llmwatch.store.rows import SpanDetail
from tests.dialects.stored import CONFIG, PIPELINE, details, writing


async def asked(
    folder: Path, method: str, path: str, **request: Any
) -> tuple[httpx.Response, list[SpanDetail]]:
    """The answer to a request, and what is stored after it in the database of ``folder``."""
    database = folder / "llmwatch.db"
    with writing(database) as writer:
        transport = httpx.ASGITransport(create_app(writer, PIPELINE, CONFIG, database))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:4318") as client:
            response = await client.request(method, path, **request)
    return response, details(database)
