"""How much there is, and the sums since the first day."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

import msgspec

from llmwatch.store.mapping import Mapper
from llmwatch.store.reads.metrics import copies, sums
from llmwatch.store.rows import LeftOut, ModelTotals, Overall, StoreStats, Unpriced

_NEVER: Final = 1 << 62
"""Later than any span, also than those of clocks that run ahead."""

_LEFT_OUT: Final = Mapper(
    LeftOut,
    compute={"role": "usage_role", "spans": "count(*)", "cost_nanousd": "coalesce(sum(cost_nanousd), 0)"},
)
_UNPRICED: Final = Mapper(Unpriced, compute={"spans": "count(*)", "id": "max(id)"})
_MODEL: Final = Mapper(ModelTotals, convert={"durations": lambda counts: tuple(msgspec.json.decode(counts))})


def overall(db: sqlite3.Connection, since_ns: int | None) -> Overall:
    """Everything, or what began since the minute of ``since_ns``, in a few numbers."""
    start_s = 0 if since_ns is None else since_ns // 1_000_000_000
    calls, everything = sums(db, start_s, _NEVER, {"kind": "llm"}), sums(db, start_s, _NEVER, {})
    return Overall(
        spans=_count(db, "spans") if since_ns is None else everything.spans + copies(db, start_s, _NEVER),
        llm_calls=calls.spans,
        errors=calls.errors,
        input_tokens=everything.input_tokens,
        output_tokens=everything.output_tokens,
        cost_nanousd=everything.cost_nanousd,
        unpriced_calls=everything.unpriced,
    )


def left_out(db: sqlite3.Connection, since_ns: int) -> list[LeftOut]:
    """What spans say of usage that counts with others, by role. Reads every span, a second per million."""
    query = (
        f"SELECT {_LEFT_OUT.columns} FROM spans WHERE usage_role IN ('rollup', 'duplicate')"
        " AND state != 'partial' AND start_ns >= ? GROUP BY usage_role ORDER BY usage_role DESC"
    )
    return _LEFT_OUT.rows(db.execute(query, (since_ns,)))


def unpriced(db: sqlite3.Connection, since_ns: int) -> list[Unpriced]:
    """Counted calls without a price, by model, most frequent first. Reads every span, as `left_out`."""
    query = (
        f"SELECT {_UNPRICED.columns} FROM spans WHERE usage_role = 'counted' AND cost_nanousd IS NULL"
        " AND state != 'partial' AND start_ns >= ? GROUP BY provider, model"
        " ORDER BY spans DESC, model, provider"
    )
    return _UNPRICED.rows(db.execute(query, (since_ns,)))


def stats(db: sqlite3.Connection) -> StoreStats:
    """Size of what is kept, and what was counted beside it."""
    last = db.execute("SELECT received_ns FROM spans ORDER BY id DESC LIMIT 1").fetchone()
    return StoreStats(
        spans=_count(db, "spans"),
        traces=_count(db, "traces"),
        last_received_ns=last[0] if last else None,
        file_bytes=_file_bytes(db),
        counters=dict(db.execute("SELECT name, value FROM counters")),
    )


def model_totals(db: sqlite3.Connection) -> list[ModelTotals]:
    """All LLM calls that have ended, by model."""
    return _MODEL.rows(db.execute(f"SELECT {_MODEL.columns} FROM totals ORDER BY model"))


def first_ns(db: sqlite3.Connection) -> int | None:
    """When the first trace began; None before it has."""
    found: int | None = db.execute("SELECT min(start_ns) FROM traces").fetchone()[0]
    return found


def _count(db: sqlite3.Connection, table: str) -> int:
    # Ids are handed out without gaps and nothing is ever deleted: counting a million rows takes 10 ms.
    bounds = f"SELECT (SELECT max(id) FROM {table}) - (SELECT min(id) FROM {table}) + 1"
    count: int | None = db.execute(bounds).fetchone()[0]
    return count or 0


def _file_bytes(db: sqlite3.Connection) -> int:
    path = db.execute("PRAGMA database_list").fetchone()[2]
    files = (Path(path), Path(f"{path}-wal"))
    return sum(file.stat().st_size for file in files if file.is_file())
