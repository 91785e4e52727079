"""Whether the collector answers: one small request to its health page, written by hand to import nothing."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urlsplit

_TIMEOUT_S: Final = 2.0


async def answers(url: str) -> bool:
    """True when a llmwatch collector at ``url`` (its base) says within two seconds that it is well."""
    where = urlsplit(url)
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(where.hostname, where.port or 80)
            try:
                request = f"GET /health HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n\r\n"
                writer.write(request.encode("ascii"))
                head = await reader.readline()
                body = await reader.read(65_536)
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200" in head and b"llmwatch" in body
