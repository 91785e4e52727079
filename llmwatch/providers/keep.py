"""Having the collector store what a replay gave: it alone writes to the database."""

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
    status, said = await post_json(f"{collector_url}/api/replays", msgspec.json.encode(replay))
    if status >= 300:
        raise ReplayError(f"The collector answered {status}: {said}", hint="Its log says more.")
