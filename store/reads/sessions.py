"""How conversations grow: what is sent with each turn."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from llmwatch.store.mapping import Mapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The n-th traces of all sessions."""

    turn: int
    """From 1."""
    sessions: int
    """That have come so far."""
    input_tokens: float
    """Per LLM call, mean."""
    cost_nanousd: float | None
    """Per turn, mean; None when none has a price."""


_TURN: Final = Mapper(
    Turn,
    compute={
        "sessions": "count(*)",
        "input_tokens": "avg(input_tokens * 1.0 / llm_calls)",
        "cost_nanousd": "avg(cost_nanousd)",
    },
)


def turns(db: sqlite3.Connection, start_ns: int, end_ns: int, limit: int = 50) -> list[Turn]:
    """The first ``limit`` turns of sessions, by traces that began in a window and say their tokens."""
    query = (
        f"SELECT {_TURN.columns} FROM ("
        " SELECT input_tokens, llm_calls, cost_nanousd,"
        " row_number() OVER (PARTITION BY session_id ORDER BY start_ns, id) AS turn"
        " FROM traces WHERE session_id IS NOT NULL AND start_ns >= ? AND start_ns < ?"
        " AND llm_calls > 0 AND input_tokens IS NOT NULL) WHERE turn <= ? GROUP BY turn ORDER BY turn"
    )
    return _TURN.rows(db.execute(query, (start_ns, end_ns, limit)))
