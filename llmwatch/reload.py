"""Following the configuration file, so that a new threshold or key needs no restart."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator
from pathlib import Path

from llmwatch.config import Config, load
from llmwatch.errors import ConfigError


async def changes(path: Path) -> AsyncIterator[Config | ConfigError]:
    """The configuration in ``path`` each time the file has changed, or what is wrong with it.

    Ends at once when the file's folder does not exist. Editors replace files rather than write into them,
    so it is the folder that is watched.
    """
    folder = path.parent
    if not folder.is_dir():
        return
    watchfiles = await asyncio.to_thread(importlib.import_module, "watchfiles")  # 31 ms off the loop
    async for changed in watchfiles.awatch(folder, recursive=False, rust_timeout=60_000):
        if any(Path(name).name == path.name for _, name in changed):
            try:
                yield load(path)
            except ConfigError as error:
                yield error
