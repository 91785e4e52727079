"""Having texts indexed."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from llmwatch.store.database import connect_writer
from llmwatch.store.writes.search import index_some
from llmwatch.store.writes.shelf import Shelf
from tests.store.builders import enrich


def index_everything(path: Path) -> None:
    """What the writer does when it has time."""
    shelf = Shelf(connect_writer(path, "NORMAL"), enrich)
    while index_some(shelf):
        pass
    shelf.db.close()


def wait_until_indexed(db: sqlite3.Connection) -> None:
    """Until the writer has found time."""
    for _ in range(1000):
        if db.execute("SELECT count(*) FROM search_queue").fetchone() == (0,):
            return
        time.sleep(0.01)  # nothing tells when the writer is idle
    raise AssertionError("the texts were not indexed within 10 s")
