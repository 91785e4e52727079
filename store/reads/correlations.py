"""What good and bad answers go with: the time their search took, their speed, their prompt, their feature.

Scores by anything else are in `llmwatch.store.reads.measuring`.

Each reads the scores of a window by their index; windows are in nanoseconds, the end excluded.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from llmwatch.store.judged import LOW_BELOW
from llmwatch.store.mapping import Mapper

SLOW_RETRIEVAL_NS: Final = 2 * 10**9
FAST_NS: Final = 10**9
MEDIUM_NS: Final = 3 * 10**9
"""Answers are fast below a second, slow from three on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredGroup:
    """Scores of one name about what has something in common."""

    name: str
    value: str | None
    """What it is: ``slow retrieval``, a feature, ``ask 3``; None where the spans do not say."""
    scores: int
    mean: float
    low: float
    """Share of them below what is acceptable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Satisfied:
    """What users said about answers that have something in common."""

    value: str | None
    feedback: int
    satisfied: float
    """Share of it that is good: a thumb up, or half of the stars and more."""


_GROUP: Final = Mapper(
    ScoredGroup,
    compute={
        "name": "scores.name",
        "value": "{group}",
        "scores": "count(*)",
        "mean": "avg(scores.value)",
        "low": f"avg(scores.value < {LOW_BELOW})",
    },
)
_SATISFIED: Final = Mapper(
    Satisfied, compute={"value": "{group}", "feedback": "count(*)", "satisfied": "avg(value >= 0.5)"}
)
_VALUED: Final = "scores.value IS NOT NULL AND scores.time_ns >= :start AND scores.time_ns < :end"


def scores_by_retrieval(
    db: sqlite3.Connection, start_ns: int, end_ns: int, over_ns: int = SLOW_RETRIEVAL_NS
) -> list[ScoredGroup]:
    """Scores where the slowest search of the trace took longer than ``over_ns``, and where it did not.

    By name, slow ones first. Traces without a search do not count, nor what users said.
    """
    slowest = "(SELECT max(duration_ns) FROM spans WHERE spans.trace = scores.trace AND kind = 'retriever')"
    group = f"iif({slowest} > :over, 'slow retrieval', 'fast retrieval')"
    query = (
        f"SELECT {_GROUP.columns.replace('{group}', group)} FROM scores WHERE {_VALUED} AND source != 'user'"
        f" AND {slowest} IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2 DESC"
    )
    return _GROUP.rows(db.execute(query, {"start": start_ns, "end": end_ns, "over": over_ns}))


def scores_by_version(db: sqlite3.Connection, start_ns: int, end_ns: int) -> list[ScoredGroup]:
    """Scores of calls by the version of their prompt: by name, the best version first."""
    version = "ltrim(coalesce(prompt_name, '') || ' ' || prompt_version)"
    query = (
        f"SELECT {_GROUP.columns.replace('{group}', version)} FROM scores"
        f" JOIN spans ON spans.id = scores.span WHERE {_VALUED} AND source != 'user'"
        " GROUP BY 1, 2 ORDER BY 1, mean DESC, 2"
    )
    return _GROUP.rows(db.execute(query, {"start": start_ns, "end": end_ns}))


def satisfaction_by_speed(db: sqlite3.Connection, start_ns: int, end_ns: int) -> list[Satisfied]:
    """What users said of fast, medium and slow answers."""
    speed = (
        f"CASE WHEN duration_ns < {FAST_NS} THEN 'fast' WHEN duration_ns < {MEDIUM_NS} THEN 'medium'"
        " ELSE 'slow' END"
    )
    return _satisfied_by(db, start_ns, end_ns, speed, "duration_ns IS NOT NULL", "min(duration_ns)")


def satisfaction_by_feature(db: sqlite3.Connection, start_ns: int, end_ns: int) -> list[Satisfied]:
    """What users said of the answers of each feature, the least liked first."""
    feature = "(SELECT coalesce(spans.feature, traces.feature) FROM traces WHERE traces.id = spans.trace)"
    return _satisfied_by(db, start_ns, end_ns, feature, "1", "satisfied, 1")


def _satisfied_by(
    db: sqlite3.Connection, start_ns: int, end_ns: int, group: str, condition: str, order: str
) -> list[Satisfied]:
    query = (
        f"SELECT {_SATISFIED.columns.replace('{group}', group)} FROM feedback_events"
        " JOIN spans ON spans.id = feedback_events.call"
        f" WHERE value IS NOT NULL AND time_ns >= ? AND time_ns < ? AND {condition}"
        f" GROUP BY 1 ORDER BY {order}"
    )
    return _SATISFIED.rows(db.execute(query, (start_ns, end_ns)))
