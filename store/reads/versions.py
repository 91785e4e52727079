"""Which versions of prompts, models and apps were live, and since when."""

from __future__ import annotations

import sqlite3
from typing import Final

from llmwatch.store.mapping import Mapper
from llmwatch.store.rows import VersionRow

_ROW: Final = Mapper(VersionRow)


def live(db: sqlite3.Connection, since_ns: int, *, fingerprints: bool = False) -> list[VersionRow]:
    """Versions that a span spoke of since ``since_ns``, the one that appeared last first.

    Fingerprints of a model's servers, which change without anybody's doing, are left out unless asked for.
    """
    which = "" if fingerprints else " AND kind <> 'fingerprint'"
    query = (
        f"SELECT {_ROW.columns} FROM versions WHERE last_seen_ns >= ?{which}"
        " ORDER BY first_seen_ns DESC, kind, name, version"
    )
    return _ROW.rows(db.execute(query, (since_ns,)))
