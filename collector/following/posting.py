"""JSON lines to a collector that is another process."""

from __future__ import annotations

from typing import Any, Final

import httpx
import msgspec

from llmwatch.collector.guards import NDJSON
from llmwatch.collector.taking import Taken
from llmwatch.errors import IngestError, StoreBusyError, StoreUnusableError
from llmwatch.store.followed import Mark

_HEADERS: Final = {"Content-Type": NDJSON}


async def post(client: httpx.AsyncClient, body: bytes, mark: Mark | None = None) -> Taken:
    """Have the collector store the lines of ``body``, then ``mark``; the index of an error is its line's.

    Raises:
        StoreError: It does not answer, or cannot store them now: they should be given again.
        IngestError: It does not take them at all.
    """
    query = {name: str(value) for name, value in msgspec.structs.asdict(mark).items()} if mark else None
    try:
        response = await client.post("/api/lines", params=query, content=body, headers=_HEADERS)
    except httpx.TransportError as error:
        raise StoreUnusableError(f"the collector does not answer: {error}") from error
    answer = _object(response)
    message = str(answer.get("message") or f"the collector answered {response.status_code}")
    if response.status_code in (429, 503):
        raise StoreBusyError(message)
    if "rejected" not in answer:
        raise IngestError(message, status=response.status_code)
    return Taken(answer["accepted"] + answer["rejected"], answer["rejected"], answer.get("errors", []))


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
