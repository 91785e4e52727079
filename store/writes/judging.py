"""Writing the judge's work."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from llmwatch.store.judging import Chosen, Judgement

_TOO_OLD_NS: Final = 48 * 3600 * 10**9
"""What could not be afforded for so long is given up, or it would pile up for ever."""
_CHOOSE: Final = (
    "INSERT OR IGNORE INTO judgements (span, reason, state, due_ns, attempts, unpriced)"
    " VALUES (?, ?, 'due', ?, 0, 0)"
)
_GIVE_UP: Final = (
    "UPDATE judgements SET state = 'skipped', error = 'it was due for two days'"
    " WHERE state = 'due' AND due_ns < ?"
)
_SETTLE: Final = (
    "UPDATE judgements SET state = :state, due_ns = coalesce(:due_ns, due_ns), error = :error,"
    " attempts = attempts + (:state <> 'skipped'),"
    " asked_ns = CASE WHEN :state = 'skipped' THEN asked_ns ELSE :time_ns END,"
    " endpoint = coalesce(:endpoint, endpoint), model = coalesce(:model, model),"
    " input_tokens = CASE WHEN :input_tokens IS NULL THEN input_tokens"
    "  ELSE coalesce(input_tokens, 0) + :input_tokens END,"
    " output_tokens = CASE WHEN :output_tokens IS NULL THEN output_tokens"
    "  ELSE coalesce(output_tokens, 0) + :output_tokens END,"
    " cost_nanousd = CASE WHEN :cost_nanousd IS NULL THEN cost_nanousd"
    "  ELSE coalesce(cost_nanousd, 0) + :cost_nanousd END,"
    " unpriced = unpriced + :unpriced WHERE span = :span"
)


def choose(db: sqlite3.Connection, chosen: Iterable[Chosen], up_to: int, now_ns: int) -> None:
    """Note which calls are judged, and up to which span that has been decided."""
    db.executemany(_CHOOSE, [(span, reason, now_ns) for span, reason in chosen])
    db.execute(_GIVE_UP, (now_ns - _TOO_OLD_NS,))
    db.execute("DELETE FROM judged_up_to")
    db.execute("INSERT INTO judged_up_to VALUES (?)", (up_to,))


def write_judgements(db: sqlite3.Connection, judgements: Iterable[Judgement]) -> None:
    """Note what became of questions to the judge. What they cost is added to what was noted before."""
    db.executemany(_SETTLE, [judgement._asdict() for judgement in judgements])
