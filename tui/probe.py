"""Asking the collector how it is: one small request to its health page, written by hand to import nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from llmwatch.paths import is_named

_TIMEOUT_S: Final = 2.0
_LONGEST: Final = 65_536


async def answers(url: str, database: Path) -> bool:
    """True when the collector of ``database`` says at ``url`` within two seconds that it is well.

    It may be another's: two that start at once find the same port free, and only one gets it.
    """
    answer = await health(url)
    return answer is not None and is_named(answer.get("db"), database)


async def health(url: str) -> Mapping[str, Any] | None:
    """What the collector at ``url`` says of itself within two seconds; None when it is none, or not well."""
    where = urlsplit(url)
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(where.hostname, where.port or 80)
            try:
                request = f"GET /health HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n\r\n"
                writer.write(request.encode("ascii"))
                received = b""
                while len(received) < _LONGEST and (piece := await reader.read(_LONGEST)):
                    received += piece
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    head, _, body = received.partition(b"\r\n\r\n")
    try:
        answer = json.loads(body) if head.startswith(b"HTTP/1.1 200") else None
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and answer.get("service") == "llmwatch" else None
