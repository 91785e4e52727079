"""Where the money goes: by day, model, prompt version, feature, user and session, and what is out of line.

Sums come from the rollups, single calls from the spans. Windows are of whole minutes, except by user and by
session: those are kept by the hour.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import fields
from itertools import pairwise
from typing import Any, Final, TypeVar

from llmwatch.store.costrows import (
    DaySpent,
    DearCall,
    ErrorCount,
    OverCeiling,
    SlowOperation,
    Spent,
    SpentBy,
    VersionSpent,
)
from llmwatch.store.histogram import Histogram, decode
from llmwatch.store.mapping import Mapper
from llmwatch.store.reads.metrics import pieces
from llmwatch.store.rows import Dimension, Person

CEILING_NANOUSD: Final = 100_000_000
"""$0.10: calls above it are found by an index."""
DEAR_NANOUSD: Final = 10**9
"""$1.00: from here on a call is out of line whatever it does."""
LONG_TOKENS: Final = 10_000
"""Input and output together."""
SLOW_NS: Final = 5 * 10**9

_K = TypeVar("_K")
_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_CALL_KINDS: Final = "('llm', 'embedding', 'reranker')"
_SPENT: Final = tuple(field.name for field in fields(Spent))
_SUMS: Final = ", ".join(
    f"sum({'spans' if name == 'calls' else name}"
    f"{f' * (series.kind IN {_CALL_KINDS})' if name in ('calls', 'errors') else ''})"
    for name in _SPENT
)
_PERSON: Final = ("calls", "errors", "priced", "unpriced", "input_tokens", "output_tokens", "cost_nanousd")
_OUT_OF_LINE: Final = "cost_nanousd > 100000000 OR input_tokens + output_tokens > 10000"
"""As the index spans_dear has it."""
_DEAR: Final = Mapper(DearCall)
_SLOW: Final = Mapper(
    SlowOperation,
    compute={
        "operation": "coalesce(feature, name)",
        "calls": "count(*)",
        "mean_ns": "CAST(avg(duration_ns) AS INTEGER)",
        "slowest_ns": "max(duration_ns)",
    },
)
_ERROR: Final = Mapper(ErrorCount, compute={"spans": "count(*)", "last_ns": "max(start_ns)"})


def daily(db: sqlite3.Connection, days: Sequence[int]) -> list[DaySpent]:
    """What each model cost on each day, oldest day first, the dearest model of a day first.

    Args:
        db: A connection.
        days: Where days begin (Unix seconds, whole minutes), ascending; the last one ends the last day.
    """
    return [
        DaySpent(start_s=start_s, model=group.value, spent=group.spent)
        for start_s, end_s in pairwise(days)
        for group in spent_by(db, start_s, end_s, "model")
    ]


def spent_by(
    db: sqlite3.Connection, start_s: int, end_s: int, by: Dimension, limit: int | None = None
) -> list[SpentBy]:
    """What was spent for each value of a dimension, the dearest first, without those that spent nothing."""
    groups = [
        SpentBy(value=value or None, spent=spent) for (value,), spent in _groups(db, start_s, end_s, [by])
    ]
    return sorted(groups, key=_dearest)[:limit]


def spent_by_person(
    db: sqlite3.Connection, start_s: int, end_s: int, by: Person, limit: int | None = None
) -> list[SpentBy]:
    """As `spent_by`, for users or sessions, of the whole hours from that of ``start_s``.

    Calls and errors are here those of kind llm alone.
    """
    query = (
        f"SELECT value, {', '.join(_PERSON)} FROM person_rollups"
        " WHERE width_s = ? AND key = ? AND start_s >= ? AND start_s < ?"
    )
    found: dict[str, list[int]] = {}
    for width, low, high in pieces(db, start_s, end_s, _HOUR_S, _DAY_S):
        for value, *numbers in db.execute(query, (width, by, low, high)):
            _add(found, value, numbers)
    groups = [
        SpentBy(value=value, spent=Spent(**dict(zip(_PERSON, numbers, strict=True))))
        for value, numbers in found.items()
    ]
    spending = [group for group in groups if group.spent.calls or group.spent.cost_nanousd]
    return sorted(spending, key=_dearest)[:limit]


def spent_by_version(db: sqlite3.Connection, start_s: int, end_s: int) -> list[VersionSpent]:
    """What each version of each prompt cost and how long it took: by name, the dearest version first."""
    keys = ["prompt_name", "prompt_version"]
    durations = _durations(db, start_s, end_s, keys)
    rows = [
        VersionSpent(
            name=key[0] or None,
            version=key[1] or None,
            spent=spent,
            duration_p50_ns=_percentile(durations.get(key), 0.5),
            duration_p95_ns=_percentile(durations.get(key), 0.95),
        )
        for key, spent in _groups(db, start_s, end_s, keys)
    ]
    return sorted(rows, key=lambda row: (row.name or "", -row.spent.cost_nanousd, row.version or ""))


def dear_calls(
    db: sqlite3.Connection,
    start_s: int,
    end_s: int,
    *,
    dollars: float = DEAR_NANOUSD / 1e9,
    tokens: int = LONG_TOKENS,
    limit: int = 50,
) -> list[DearCall]:
    """Calls that cost more than ``dollars`` or have more than ``tokens``, the dearest first."""
    where, values = dear_query(round(dollars * 1e9), tokens)
    query = f"SELECT {_DEAR.columns} FROM spans {where} ORDER BY cost_nanousd DESC, id DESC LIMIT ?"
    return _DEAR.rows(db.execute(query, (*values, start_s * 10**9, end_s * 10**9, limit)))


def over_ceiling(
    db: sqlite3.Connection, start_s: int, end_s: int, ceiling_nanousd: int = CEILING_NANOUSD
) -> OverCeiling:
    """How many calls cost more than a ceiling: one is worth a flag, a pattern an alert."""
    where, values = dear_query(ceiling_nanousd, None)
    window = (*values, start_s * 10**9, end_s * 10**9)
    over = db.execute(f"SELECT count(*) FROM spans {where}", window).fetchone()[0]
    query = f"SELECT {_DEAR.columns} FROM spans {where} ORDER BY cost_nanousd DESC, id DESC LIMIT 1"
    dearest = _DEAR.first(db.execute(query, window))
    calls = sum(spent.calls for _, spent in _groups(db, start_s, end_s, ["model"]))
    return OverCeiling(calls=calls, over=over, dearest=dearest)


def slow_operations(
    db: sqlite3.Connection, start_s: int, end_s: int, *, over_ns: int = SLOW_NS, limit: int = 50
) -> list[SlowOperation]:
    """LLM calls that took longer than ``over_ns``, by feature or name, the slowest on average first.

    Reads every span, a second per million.
    """
    query = (
        f"SELECT {_SLOW.columns} FROM spans WHERE kind = 'llm' AND duration_ns > ?"
        " AND start_ns >= ? AND start_ns < ? AND coalesce(usage_role, 'counted') = 'counted'"
        " GROUP BY 1 ORDER BY mean_ns DESC, operation LIMIT ?"
    )
    return _SLOW.rows(db.execute(query, (over_ns, start_s * 10**9, end_s * 10**9, limit)))


def errors_by_frequency(
    db: sqlite3.Connection, start_s: int, end_s: int, limit: int = 50
) -> list[ErrorCount]:
    """Spans that failed, by kind, type and message, the most frequent first; the ids are of the last one."""
    query = (
        f"SELECT {_ERROR.columns} FROM spans WHERE trace IN (SELECT id FROM traces WHERE error_count > 0)"
        " AND status = 'error' AND start_ns >= ? AND start_ns < ?"
        " GROUP BY kind, error_type, error_message ORDER BY spans DESC, last_ns DESC LIMIT ?"
    )
    return _ERROR.rows(db.execute(query, (start_s * 10**9, end_s * 10**9, limit)))


def dear_query(above_nanousd: int, above_tokens: int | None) -> tuple[str, tuple[int, ...]]:
    """What comes after FROM spans for calls above a limit, and its values; the window's two are to follow.

    By an index where the limits are not below its own, else by reading every span, a second per million.
    """
    indexed = above_nanousd >= CEILING_NANOUSD and (above_tokens is None or above_tokens >= LONG_TOKENS)
    index, term = ("INDEXED BY spans_dear", f"({_OUT_OF_LINE}) AND ") if indexed else ("", "")
    limits = (
        "cost_nanousd > ?"
        if above_tokens is None
        else "(cost_nanousd > ? OR input_tokens + output_tokens > ?)"
    )
    values = (above_nanousd,) if above_tokens is None else (above_nanousd, above_tokens)
    where = f"{index} WHERE {term}{limits} AND usage_role = 'counted' AND start_ns >= ? AND start_ns < ?"
    return where, values


def _groups(
    db: sqlite3.Connection, start_s: int, end_s: int, keys: Sequence[str]
) -> Iterable[tuple[tuple[str, ...], Spent]]:
    """Sums of a window by columns of ``series``; groups that spent nothing are left out."""
    columns = ", ".join(f"series.{key}" for key in keys)
    query = (
        f"SELECT {columns}, {_SUMS} FROM rollups CROSS JOIN series ON series.id = series"
        f" WHERE width_s = ? AND start_s >= ? AND start_s < ? GROUP BY {columns}"
    )
    found: dict[tuple[str, ...], list[int]] = {}
    for piece in pieces(db, start_s, end_s):
        for row in db.execute(query, piece):
            _add(found, row[: len(keys)], row[len(keys) :])
    groups = [(key, Spent(**dict(zip(_SPENT, numbers, strict=True)))) for key, numbers in found.items()]
    return [(key, spent) for key, spent in groups if spent.calls or spent.cost_nanousd or spent.unpriced]


def _durations(
    db: sqlite3.Connection, start_s: int, end_s: int, keys: Sequence[str]
) -> dict[tuple[str, ...], Histogram]:
    columns = ", ".join(f"series.{key}" for key in keys)
    query = (
        f"SELECT duration_hist, {columns} FROM rollups CROSS JOIN series ON series.id = series"
        " WHERE width_s = ? AND start_s >= ? AND start_s < ? AND series.kind = 'llm'"
        " AND duration_hist IS NOT NULL"
    )
    found: dict[tuple[str, ...], list[Any]] = {}
    for piece in pieces(db, start_s, end_s):
        for histogram, *key in db.execute(query, piece):
            found.setdefault(tuple(key), []).append(decode(histogram))
    return {key: Histogram.merged(parts) for key, parts in found.items()}


def _percentile(durations: Histogram | None, q: float) -> int | None:
    value = durations.percentile(q) if durations is not None else None
    return None if value is None else round(value)


def _add(found: dict[_K, list[int]], key: _K, numbers: Sequence[int]) -> None:
    known = found.get(key)
    found[key] = list(numbers) if known is None else [a + b for a, b in zip(known, numbers, strict=True)]


def _dearest(group: SpentBy) -> tuple[int, int, str]:
    return -group.spent.cost_nanousd, -group.spent.calls, group.value or ""
