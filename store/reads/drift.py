"""Models that changed without a deployment of one's own: another one answers, or its servers are others."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final, Literal

from llmwatch.store.mapping import Mapper


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChange:
    """A model that one asks for was answered by something new."""

    model: str
    """As it was asked for."""
    what: Literal["model", "fingerprint"]
    """What is new: the model that answered, or the fingerprint of its servers."""
    before: str
    after: str
    at_ns: int
    """When a call that was answered so first began."""


_CHANGE: Final = Mapper(ModelChange, compute={"model": "name", "what": "kind", "at_ns": "first_seen_ns"})


def model_changes(db: sqlite3.Connection, since_ns: int) -> list[ModelChange]:
    """Changes since ``since_ns``, the newest first. A model's first answer is none."""
    query = (
        "WITH told AS (SELECT kind, name, version AS after, first_seen_ns, lag(version)"
        "  OVER (PARTITION BY kind, name ORDER BY first_seen_ns, version) AS before"
        "  FROM versions WHERE kind = 'fingerprint' OR (kind = 'model' AND version <> name))"
        f" SELECT {_CHANGE.columns} FROM told WHERE before IS NOT NULL AND first_seen_ns >= ?"
        " ORDER BY first_seen_ns DESC, name, kind"
    )
    return _CHANGE.rows(db.execute(query, (since_ns,)))
