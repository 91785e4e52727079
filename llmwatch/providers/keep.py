"""Having the collector write what the screen wants written: it alone writes to the database."""

from __future__ import annotations

import msgspec

from llmwatch.errors import ReplayError
from llmwatch.providers.http import post_json
from llmwatch.store.span import Replay


async def keep(replay: Replay, collector_url: str) -> None:
    """Post ``replay`` to the collector; when this returns it is stored.

    Raises:
        UnreachableError: The collector does not answer.
        ReplayError: It answered, and did not store it.
    """
    await tell(collector_url, "/api/replays", msgspec.json.encode(replay))


async def tell(collector_url: str, path: str, body: bytes) -> None:
    """Post JSON to one of the collector's own paths; when this returns it is written.

    Raises:
        UnreachableError: The collector does not answer.
        ReplayError: It answered, and did not take it.
    """
    status, said = await post_json(f"{collector_url}{path}", body)
    if status >= 300:
        raise ReplayError(f"The collector answered {status}: {said}", hint="Its log says more.")
