"""The largest value that each counter was ever shown to Prometheus with."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import TypeAlias

Sample: TypeAlias = tuple[str, ...]
"""A counter's name and the values of its labels."""


def exposed(db: sqlite3.Connection) -> dict[Sample, float]:
    """What was shown."""
    return {tuple(json.loads(sample)): value for sample, value in db.execute("SELECT * FROM exposed")}


def expose(db: sqlite3.Connection, risen: Mapping[Sample, float]) -> None:
    """Note what is about to be shown; for `llmwatch.store.writer.Writer.run`."""
    db.executemany(
        "INSERT INTO exposed VALUES (?, ?)"
        " ON CONFLICT (sample) DO UPDATE SET value = max(value, excluded.value)",
        [(json.dumps(sample), value) for sample, value in risen.items()],
    )
