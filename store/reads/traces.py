"""The trace list: by position, and by filter.

A filtered page reads windows of traces, newest first, each four times as large as the one before, until it
is full: a common filter is done after the first, and a rare one after six on a million traces.
"""

from __future__ import annotations

import sqlite3
import time
from array import array
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from llmwatch.store.filtersql import TOKENS, Compiled
from llmwatch.store.filterterms import Filter
from llmwatch.store.mapping import Mapper, names
from llmwatch.store.rows import TraceRow
from llmwatch.store.running import RUNNING, quiet_ns

Ranking: TypeAlias = Literal["duration_ns", "cost_nanousd", "tokens"]

_ROW: Final = Mapper(
    TraceRow,
    convert={"running": bool, "heuristics_failed": names},
    compute={
        "running": RUNNING,
        "end_ns": f"iif({RUNNING}, NULL, traces.end_ns)",
        "duration_ns": f"iif({RUNNING}, NULL, traces.duration_ns)",
    },
)
_SELECT: Final = f"SELECT {_ROW.columns} FROM traces"
_FIRST_WINDOW: Final = 1024
_RANKS: Final[dict[Ranking, str]] = {
    "duration_ns": "traces.duration_ns",
    "cost_nanousd": "traces.cost_nanousd",
    "tokens": TOKENS.format("traces"),
}


def id_range(db: sqlite3.Connection) -> tuple[int, int] | None:
    """The ids of the oldest and the newest trace; None when there is none."""
    oldest, newest = db.execute(
        "SELECT (SELECT min(id) FROM traces), (SELECT max(id) FROM traces)"
    ).fetchone()
    return None if oldest is None else (oldest, newest)


def window(db: sqlite3.Connection, first_id: int, last_id: int) -> list[TraceRow]:
    """The traces from ``first_id`` to ``last_id``, newest first."""
    query = f"{_SELECT} WHERE id BETWEEN :first AND :last ORDER BY id DESC"
    return _ROW.rows(db.execute(query, {"first": first_id, "last": last_id, "quiet_ns": quiet_ns()}))


def by_ids(db: sqlite3.Connection, ids: Sequence[int]) -> list[TraceRow]:
    """The traces with these ids, in their order; ids that no trace has are left out."""
    query = f"{_SELECT} WHERE id IN (SELECT value FROM json_each(:ids))"
    asked = msgspec.json.encode(list(ids)).decode()
    found = {row.id: row for row in _ROW.rows(db.execute(query, {"ids": asked, "quiet_ns": quiet_ns()}))}
    return [found[id_] for id_ in ids if id_ in found]


def trace(db: sqlite3.Connection, trace_id: str) -> TraceRow | None:
    """The trace with this trace id."""
    query = f"{_SELECT} WHERE trace_id = :trace_id"
    return _ROW.first(db.execute(query, {"trace_id": trace_id, "quiet_ns": quiet_ns()}))


def session_traces(db: sqlite3.Connection, session_id: str) -> list[TraceRow]:
    """The traces with a span of this session, by start."""
    query = (
        f"{_SELECT} WHERE id IN (SELECT trace FROM people WHERE key = 'session' AND value = :session)"
        " ORDER BY start_ns, id"
    )
    return _ROW.rows(db.execute(query, {"session": session_id, "quiet_ns": quiet_ns()}))


def page(db: sqlite3.Connection, filter: Filter, *, before_id: int | None, limit: int) -> list[TraceRow]:
    """The newest ``limit`` traces that match ``filter``, of those older than ``before_id``."""
    return by_ids(db, matching_ids(db, filter, before_id=before_id, limit=limit))


def matching_ids(
    db: sqlite3.Connection, filter: Filter, *, before_id: int | None = None, limit: int | None = None
) -> array[int]:
    """The ids of the newest ``limit`` traces (or all) that match, of those older than ``before_id``."""
    compiled = Compiled(db, filter, time.time_ns())
    lowest, highest = _bounds(db, compiled.since_ns)
    high = highest if before_id is None else min(highest, before_id - 1)
    size = highest if limit is None else _FIRST_WINDOW
    query = (
        f"SELECT id FROM traces WHERE id BETWEEN :low AND :high AND {compiled.condition}"
        " ORDER BY id DESC LIMIT :rest"
    )
    found = array("q")
    while high >= lowest and (limit is None or len(found) < limit):
        low = max(lowest, high - size + 1)
        rest = -1 if limit is None else limit - len(found)
        rows = db.execute(query, {**compiled.values, "low": low, "high": high, "rest": rest})
        found.extend(id_ for (id_,) in rows)
        high, size = low - 1, size * 4
    return found


def ranked(
    db: sqlite3.Connection, filter: Filter, *, by: Ranking, ascending: bool, limit: int
) -> list[TraceRow]:
    """The first ``limit`` of all traces that match, sorted; those without the number come last."""
    compiled = Compiled(db, filter, time.time_ns())
    lowest, highest = _bounds(db, compiled.since_ns)
    query = (
        f"SELECT id FROM traces WHERE id BETWEEN :low AND :high AND {compiled.condition}"
        f" ORDER BY {_RANKS[by]} {'ASC' if ascending else 'DESC'} NULLS LAST, id DESC LIMIT :limit"
    )
    values = {**compiled.values, "low": lowest, "high": highest, "limit": limit}
    return by_ids(db, [id_ for (id_,) in db.execute(query, values)])


def _bounds(db: sqlite3.Connection, since_ns: int | None) -> tuple[int, int]:
    """The lowest and the highest id that can match."""
    oldest, newest = id_range(db) or (1, 0)
    if since_ns is not None:
        query = "SELECT min(id) FROM traces INDEXED BY traces_start WHERE start_ns >= ?"
        (recent,) = db.execute(query, (since_ns,)).fetchone()
        oldest = newest + 1 if recent is None else recent
    return oldest, newest
