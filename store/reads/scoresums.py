"""Scores and feedback of a window, by name, for any slice. A score counts when it was given."""

from __future__ import annotations

import sqlite3
from typing import Final

from llmwatch.store.judged import HIGH_FROM, LOW_BELOW, NEGATIVE_BELOW
from llmwatch.store.reads.metrics import pieces
from llmwatch.store.reads.sliced import By, Where, score_value
from llmwatch.store.rows import ScoreSums

_NANO: Final = 10**9
_SUMS: Final = (
    "count(*), count(value), total(value),"
    f" total(value < {NEGATIVE_BELOW}), total(value < {LOW_BELOW}), total(value >= {HIGH_FROM})"
)


def score_sums(
    db: sqlite3.Connection, start_s: int, end_s: int, where: Where, by: By | None
) -> dict[str, dict[str, ScoreSums]]:
    """Scores by value (``""`` without ``by``) and by name."""
    slices = [key for key in where if key != "kind"]
    if by is None and not slices:
        return {"": _all_scores(db, start_s, end_s)} if end_s > start_s else {}
    terms = " AND ".join(["time_ns >= ?", "time_ns < ?", *(f"{score_value(key)} = ?" for key in slices)])
    query = (
        f"SELECT {score_value(by) if by else repr('')} AS value_of, scores.name, {_SUMS} FROM scores"
        " LEFT JOIN spans ON spans.id = scores.span LEFT JOIN traces ON traces.id = scores.trace"
        f" WHERE {terms} GROUP BY 1, 2"
    )
    found: dict[str, dict[str, ScoreSums]] = {}
    values = (start_s * _NANO, end_s * _NANO, *(where[key] for key in slices))
    for value, name, *sums in db.execute(query, values):
        found.setdefault(value, {})[name] = _row(*sums)
    return found


def _all_scores(db: sqlite3.Connection, start_s: int, end_s: int) -> dict[str, ScoreSums]:
    query = (
        "SELECT name, sum(scores), sum(valued), sum(total), sum(negative), sum(low), sum(high)"
        " FROM score_rollups WHERE width_s = ? AND start_s >= ? AND start_s < ? GROUP BY name"
    )
    found: dict[str, list[float]] = {}
    for piece in pieces(start_s, end_s):
        for name, *sums in db.execute(query, piece):
            known = found.get(name)
            found[name] = sums if known is None else list(map(sum, zip(known, sums, strict=True)))
    return {name: _row(*sums) for name, sums in found.items()}


def _row(scores: float, valued: float, total: float, negative: float, low: float, high: float) -> ScoreSums:
    return ScoreSums(
        scores=int(scores),
        valued=int(valued),
        total=total,
        negative=int(negative),
        low=int(low),
        high=int(high),
    )
