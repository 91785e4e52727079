"""How scores develop, from their rollups."""

from __future__ import annotations

import sqlite3
from typing import Final

from llmwatch.store.mapping import Mapper
from llmwatch.store.rows import ScorePoint

_POINT: Final = Mapper(
    ScorePoint,
    compute={
        "start_s": ":start + (start_s - :start) / :step * :step",
        "scores": "sum(scores)",
        "valued": "sum(valued)",
        "total": "sum(total)",
        "negative": "sum(negative)",
    },
)


def score_trend(db: sqlite3.Connection, start_s: int, end_s: int, width_s: int) -> list[ScorePoint]:
    """Scores by name and source in steps of ``width_s`` seconds (a multiple of 60), oldest first.

    Steps without a score are left out.
    """
    start_s -= start_s % 60
    hourly = start_s % 3600 == end_s % 3600 == width_s % 3600 == 0
    query = (
        f"SELECT {_POINT.columns} FROM score_rollups"
        " WHERE width_s = :width AND score_rollups.start_s >= :start AND score_rollups.start_s < :end"
        " GROUP BY 1, name, source ORDER BY 1, name, source"
    )
    values = {"start": start_s, "end": end_s, "step": width_s, "width": 3600 if hourly else 60}
    return _POINT.rows(db.execute(query, values))


def mean_scores(db: sqlite3.Connection, service: str, feature: str) -> dict[str, float]:
    """The mean of each score with a value about a span of one feature of a service, by name."""
    query = (
        "SELECT scores.name, avg(value) FROM spans JOIN scores ON scores.trace = spans.trace"
        " AND scores.span = spans.id WHERE service = ? AND feature = ? AND value IS NOT NULL"
        " GROUP BY 1 ORDER BY 1"
    )
    return dict(db.execute(query, (service, feature)).fetchall())
