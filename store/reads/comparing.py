"""What is compared with what: versions with each other, sessions with the mean, a segment with before.

Windows are in Unix seconds, the end excluded. Sums come from the rollups, scores by their index on time.
"""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from llmwatch.store.reads.metrics import pieces
from llmwatch.store.reads.sliced import PERSONS, By, score_value
from llmwatch.store.rows import Dimension

_NANO: Final = 10**9
_HOUR_S: Final = 3600
_MOST_SESSIONS: Final = 10
_HERE: Final = (
    " FROM rollups CROSS JOIN series ON series.id = series"
    " WHERE width_s = ? AND start_s >= ? AND start_s < ? AND kind = 'llm'"
)


class ArmCalls(NamedTuple):
    """LLM calls of a version or a model."""

    calls: int
    errors: int
    checked: int
    passed: int
    first_s: int
    """The start of the first minute or hour of the window that has one."""

    def plus(self, other: ArmCalls) -> ArmCalls:
        """Those of both."""
        return ArmCalls(
            self.calls + other.calls,
            self.errors + other.errors,
            self.checked + other.checked,
            self.passed + other.passed,
            min(self.first_s, other.first_s),
        )


class ArmScores(NamedTuple):
    """What was said of the answers of a version or a model."""

    feedback: int
    """Of users, with a value."""
    negative: int
    marks: int
    """Scores called ``quality_score``."""
    total: float
    squares: float
    """Sum of the marks' squares."""


def arm_calls(
    db: sqlite3.Connection, start_s: int, end_s: int, of: Dimension, arm: Dimension
) -> dict[tuple[str, str], ArmCalls]:
    """LLM calls by ``of`` (a prompt, a feature) and ``arm`` (a version, a model), where both are said."""
    query = (
        f"SELECT series.{of}, series.{arm}, sum(spans), sum(errors), sum(checked), sum(passed), min(start_s)"
        f"{_HERE} AND series.{of} != '' AND series.{arm} != '' GROUP BY 1, 2"
    )
    found: dict[tuple[str, str], ArmCalls] = {}
    for piece in pieces(db, start_s, end_s):
        for thing, name, *sums in db.execute(query, piece):
            calls, known = ArmCalls(*sums), found.get((thing, name))
            found[thing, name] = calls if known is None else known.plus(calls)
    return found


def arm_scores(
    db: sqlite3.Connection, start_s: int, end_s: int, of: Dimension, arm: Dimension
) -> dict[tuple[str, str], ArmScores]:
    """Scores by ``of`` and ``arm`` of what they are about, in the window in which they were given."""
    query = (
        f"SELECT {score_value(of)} AS thing, {score_value(arm)} AS arm,"
        " count(*) FILTER (WHERE source = 'user'), count(*) FILTER (WHERE source = 'user' AND value < 0.5),"
        " count(*) FILTER (WHERE scores.name = 'quality_score'),"
        " total(value) FILTER (WHERE scores.name = 'quality_score'),"
        " total(value * value) FILTER (WHERE scores.name = 'quality_score')"
        " FROM scores LEFT JOIN spans ON spans.id = scores.span LEFT JOIN traces ON traces.id = scores.trace"
        " WHERE time_ns >= ? AND time_ns < ? AND value IS NOT NULL GROUP BY 1, 2"
    )
    rows = db.execute(query, (start_s * _NANO, end_s * _NANO))
    return {(thing, name): ArmScores(*sums) for thing, name, *sums in rows if thing and name}


def score_values(db: sqlite3.Connection, start_s: int, end_s: int, name: str) -> list[float]:
    """The scores of one name in a window."""
    query = "SELECT value FROM scores WHERE time_ns >= ? AND time_ns < ? AND name = ? AND value IS NOT NULL"
    return [value for (value,) in db.execute(query, (start_s * _NANO, end_s * _NANO, name))]


def marked_traces(db: sqlite3.Connection, start_s: int, end_s: int, name: str) -> list[tuple[str, str]]:
    """Traces with a score of this name in a window, and its comment; of many the last twenty."""
    query = (
        "SELECT trace_id, coalesce(comment, '') FROM scores WHERE time_ns >= ? AND time_ns < ? AND name = ?"
        " AND trace_id IS NOT NULL ORDER BY time_ns DESC LIMIT 20"
    )
    return db.execute(query, (start_s * _NANO, end_s * _NANO, name)).fetchall()


def last_ratings(db: sqlite3.Connection, end_s: int, window_s: int, count: int) -> list[float]:
    """The last ``count`` times that users said in the window how good an answer was, 0 to 1."""
    query = (
        "SELECT value FROM scores WHERE time_ns >= ? AND time_ns < ? AND source = 'user'"
        " AND value IS NOT NULL ORDER BY time_ns DESC LIMIT ?"
    )
    window = ((end_s - window_s) * _NANO, end_s * _NANO)
    return [value for (value,) in db.execute(query, (*window, count))]


def session_costs(db: sqlite3.Connection, start_s: int, end_s: int) -> list[tuple[str, int]]:
    """The sessions that have cost most in the hours of a window, with nano-dollars, the dearest first."""
    query = (
        "SELECT value, sum(cost_nanousd) AS cost FROM person_rollups"
        " WHERE width_s = 3600 AND key = 'session' AND start_s >= ? AND start_s < ? AND priced > 0"
        " GROUP BY value ORDER BY cost DESC LIMIT ?"
    )
    return db.execute(query, (start_s - start_s % _HOUR_S, end_s, _MOST_SESSIONS)).fetchall()


def segment_calls(db: sqlite3.Connection, start_s: int, end_s: int) -> dict[str, int]:
    """LLM calls by segment of users, where it is said."""
    query = f"SELECT segment, sum(spans){_HERE} AND segment != '' GROUP BY 1"
    found: dict[str, int] = {}
    for piece in pieces(db, start_s, end_s):
        for segment, calls in db.execute(query, piece):
            found[segment] = found.get(segment, 0) + calls
    return found


def values_of(db: sqlite3.Connection, by: By) -> list[str]:
    """Every value of a dimension that LLM calls have."""
    if by in PERSONS:
        query = "SELECT DISTINCT value FROM people WHERE key = ? ORDER BY value"
        return [value for (value,) in db.execute(query, (by,))]
    query = f"SELECT DISTINCT {by} FROM series WHERE kind = 'llm' AND {by} != '' ORDER BY 1"
    return [value for (value,) in db.execute(query)]
