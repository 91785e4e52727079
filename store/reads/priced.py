"""Which models were called lately, and how their prices did."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from llmwatch.store.mapping import Mapper

_BOTH: Final = "cost_nanousd IS NOT NULL AND sender_cost_nanousd IS NOT NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledModel:
    """Calls whose usage counts, of one model as they name it; the ids are of the last one."""

    provider: str | None
    request_model: str | None
    response_model: str | None
    calls: int
    unpriced: int
    compared: int
    """Those whose sender told a cost of its own, beside one of ours."""
    differing: int
    """Those of them where the two differ by more than a twentieth of ours."""
    ours_nanousd: int
    """The sum of those compared, as the next one."""
    sender_nanousd: int
    id: int
    trace_id: str
    span_id: str


_CALLED: Final = Mapper(
    CalledModel,
    compute={
        "calls": "count(*)",
        "unpriced": "sum(cost_nanousd IS NULL)",
        "compared": f"sum({_BOTH})",
        "differing": f"sum({_BOTH} AND 20 * abs(sender_cost_nanousd - cost_nanousd) > cost_nanousd)",
        "ours_nanousd": f"sum(CASE WHEN {_BOTH} THEN cost_nanousd ELSE 0 END)",
        "sender_nanousd": f"sum(CASE WHEN {_BOTH} THEN sender_cost_nanousd ELSE 0 END)",
        "id": "max(id)",
    },
)


def called_models(db: sqlite3.Connection, since_ns: int) -> list[CalledModel]:
    """The models called since then, the most called first. Reads every span, a second per million."""
    query = (
        f"SELECT {_CALLED.columns} FROM spans WHERE usage_role = 'counted' AND state != 'partial'"
        " AND start_ns >= ? GROUP BY provider, request_model, response_model"
        " ORDER BY calls DESC, request_model, response_model, provider"
    )
    return _CALLED.rows(db.execute(query, (since_ns,)))
