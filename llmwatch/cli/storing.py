"""Writing what a command found out: through the collector when it runs, else directly."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from concurrent.futures import Future

    from llmwatch.config import Config
    from llmwatch.store.batch import Batch
    from llmwatch.store.writer import Writer


def store(database: Path, config: Config, path: str, body: bytes, batch: Batch) -> None:
    """Have ``body`` taken at ``path`` of the collector of ``database``; write ``batch`` where none runs.

    Raises:
        StoreError: The database cannot be written.
        ReplayError: The collector did not take it.
    """
    _have_written(database, config, path, body, lambda writer: writer.submit(batch))


def change(
    database: Path, config: Config, path: str, body: bytes, work: Callable[[sqlite3.Connection], None]
) -> None:
    """As `store`, with ``work`` done on the database where no collector runs."""
    _have_written(database, config, path, body, lambda writer: writer.run(work))


def _have_written(
    database: Path, config: Config, path: str, body: bytes, write: Callable[[Writer], Future[Any]]
) -> None:
    from llmwatch.cli.attach import find
    from llmwatch.providers.keep import tell
    from llmwatch.store.writer import Writer

    place = find(database, config.collector.host, config.collector.port)
    if place.running:
        asyncio.run(tell(place.url, path, body))
        return
    # No span is written here, so there is none to enrich.
    writer = Writer(database, enrich=lambda span, _: span, queue_spans=1, synchronous="FULL")
    writer.start()
    try:
        write(writer).result()
    finally:
        writer.close()
