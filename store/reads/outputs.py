"""What the runs over a dataset answered, beside what was expected."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any, Final

from llmwatch.store.reads import datasets
from llmwatch.store.reads.spans import recorded
from llmwatch.store.records import Codec
from llmwatch.store.registry import DatasetRow, ItemRow, RunItemRow, RunRow
from llmwatch.store.said import answer_of

_MOST: Final = 100_000
_ANSWERING: Final = (
    # What a trace answers is its root's output, else its last model call's.
    "SELECT id, span_id FROM spans WHERE trace = (SELECT id FROM traces WHERE trace_id = :trace)"
    " AND (:span IS NULL OR span_id = :span) AND (:span IS NOT NULL OR parent_id IS NULL OR kind = 'llm')"
    " ORDER BY parent_id IS NULL DESC, start_ns DESC, id DESC"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An item of a dataset and what a run answered to it."""

    item_id: str
    expected: Any
    """None when the item says nothing of it."""
    output: str | None
    """None when it was not run, or what it answered was not captured."""
    trace_id: str | None


def answered(db: sqlite3.Connection, dataset: DatasetRow, run: RunRow) -> list[Answered]:
    """Every item that is in use, in order, with each answer that ``run`` gave to it.

    Raises:
        DamagedRecordError: The contents of an answer cannot be read.
    """
    items = datasets.items(db, dataset_id=dataset.dataset_id, archived=False, limit=_MOST).rows
    ran: dict[str, list[RunItemRow]] = {}
    for row in datasets.run_items(db, run_id=run.run_id, limit=_MOST).rows:
        ran.setdefault(row.item_id, []).append(row)
    codec = Codec.of(db)
    never: list[RunItemRow | None] = [None]
    return [_answered(db, codec, item, row) for item in items for row in (ran.get(item.item_id) or never)]


def _answered(db: sqlite3.Connection, codec: Codec, item: ItemRow, row: RunItemRow | None) -> Answered:
    return Answered(
        item_id=item.item_id,
        expected=item.expected_output,
        output=_output(db, codec, row) if row else None,
        trace_id=row.trace_id if row else None,
    )


def _output(db: sqlite3.Connection, codec: Codec, row: RunItemRow) -> str | None:
    spans = db.execute(_ANSWERING, {"trace": row.trace_id, "span": row.span_id})
    return next(
        (text for number, span_id in spans if (text := answer_of(recorded(db, codec, number, span_id)))), None
    )
