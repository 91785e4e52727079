"""Writing datasets, items and runs; call these in a task of the writer (`Writer.run`).

- `save_dataset(db, DatasetRow(…), now_ns)`: by id. A name belongs to one dataset: look for it first
  (`llmwatch.store.reads.datasets.dataset`) and take its id to change it.
- `save_item(db, ItemRow(…), now_ns)`, `save_run(db, RunRow(…), now_ns)`, `save_run_item(db, …)`: by id.
- `delete_dataset`, `delete_item`, `delete_run`: with everything under it.

Each writes a new row, or changes the one there where the new one says something, and returns what is there
then. Times in the row given do not count.
"""

from __future__ import annotations

import sqlite3
from dataclasses import asdict
from typing import Any, Final, TypeVar

from llmwatch.store.reads import datasets as read
from llmwatch.store.registry import DatasetRow, ItemRow, RunItemRow, RunRow
from llmwatch.store.writes.upsert import json_text, upsert

_JSON: Final = frozenset({"input", "expected_output", "metadata", "input_schema", "output_schema", "extra"})
_T = TypeVar("_T")


def save_dataset(db: sqlite3.Connection, row: DatasetRow, now_ns: int) -> DatasetRow:
    """Write a dataset.

    Raises:
        sqlite3.IntegrityError: Another dataset has that name.
    """
    upsert(db, "datasets", ("dataset_id",), _columns(row), now_ns)
    return _there(read.dataset(db, dataset_id=row.dataset_id))


def save_item(db: sqlite3.Connection, row: ItemRow, now_ns: int) -> ItemRow:
    """Write an item of a dataset."""
    upsert(db, "dataset_items", ("item_id",), _columns(row), now_ns)
    return _there(read.item(db, row.item_id))


def save_run(db: sqlite3.Connection, row: RunRow, now_ns: int) -> RunRow:
    """Write a run over a dataset.

    Raises:
        sqlite3.IntegrityError: Another run over that dataset has that name.
    """
    upsert(db, "dataset_runs", ("run_id",), _columns(row), now_ns)
    return _there(read.run(db, run_id=row.run_id))


def save_run_item(db: sqlite3.Connection, row: RunItemRow, now_ns: int) -> RunItemRow:
    """Write which trace ran an item."""
    upsert(db, "dataset_run_items", ("run_item_id",), _columns(row), now_ns)
    found = read.run_items(db, run_item_id=row.run_item_id, limit=1).rows
    return _there(next(iter(found), None))


def delete_dataset(db: sqlite3.Connection, dataset_id: str) -> bool:
    """Take out a dataset, its items and its runs; False when there is none."""
    run_ids = "SELECT run_id FROM dataset_runs WHERE dataset_id = ?"
    db.execute(f"DELETE FROM dataset_run_items WHERE run_id IN ({run_ids})", (dataset_id,))
    for table in ("dataset_runs", "dataset_items"):
        db.execute(f"DELETE FROM {table} WHERE dataset_id = ?", (dataset_id,))
    return db.execute("DELETE FROM datasets WHERE dataset_id = ?", (dataset_id,)).rowcount > 0


def delete_item(db: sqlite3.Connection, item_id: str) -> bool:
    """Take out an item, and where it was run; False when there is none."""
    db.execute("DELETE FROM dataset_run_items WHERE item_id = ?", (item_id,))
    return db.execute("DELETE FROM dataset_items WHERE item_id = ?", (item_id,)).rowcount > 0


def delete_run(db: sqlite3.Connection, run_id: str) -> bool:
    """Take out a run; its traces stay. False when there is none."""
    db.execute("DELETE FROM dataset_run_items WHERE run_id = ?", (run_id,))
    return db.execute("DELETE FROM dataset_runs WHERE run_id = ?", (run_id,)).rowcount > 0


def _columns(row: DatasetRow | ItemRow | RunRow | RunItemRow) -> dict[str, Any]:
    return {name: json_text(value) if name in _JSON else value for name, value in asdict(row).items()}


def _there(row: _T | None) -> _T:
    assert row is not None
    return row
