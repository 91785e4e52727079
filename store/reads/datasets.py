"""Datasets, their items, and the runs (experiments) over them.

- `dataset(db, name=… | dataset_id=…)`, `datasets(db, name_contains=…, limit=…, offset=…)`
- `item(db, item_id)`, `items(db, dataset_id=…, archived=…, …, limit=…, offset=…)`: oldest first
- `run(db, dataset_id=…, name=… | run_id=…)`, `runs(db, dataset_id, …)`: newest first
- `run_items(db, run_id=…, item_id=…, …)`: oldest first

Lists are pages: rows, and how many there are in all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, Final

import msgspec

from llmwatch.store.mapping import Mapper
from llmwatch.store.reads.paging import page
from llmwatch.store.registry import DatasetRow, ItemRow, Page, RunItemRow, RunRow


def _value(column: str | None) -> Any:
    return None if column is None else msgspec.json.decode(column)


def _values(*names: str) -> dict[str, Callable[[Any], Any]]:
    return dict.fromkeys(names, _value)


_DATASET: Final = Mapper(DatasetRow, convert=_values("metadata", "input_schema", "output_schema", "extra"))
_ITEM: Final = Mapper(
    ItemRow, convert={**_values("input", "expected_output", "metadata", "extra"), "archived": bool}
)
_RUN: Final = Mapper(RunRow, convert=_values("metadata", "extra"))
_RUN_ITEM: Final = Mapper(RunItemRow)


def dataset(
    db: sqlite3.Connection, *, name: str | None = None, dataset_id: str | None = None
) -> DatasetRow | None:
    """The dataset with that name, or that id; None when there is none."""
    wanted = {"name = ?": name, "dataset_id = ?": dataset_id}
    return next(iter(page(db, _DATASET, "datasets", wanted, limit=1, offset=0).rows), None)


def datasets(
    db: sqlite3.Connection, *, name_contains: str | None = None, limit: int, offset: int = 0
) -> Page[DatasetRow]:
    """All datasets, the newest first."""
    wanted = {"instr(lower(name), lower(?))": name_contains}
    return page(db, _DATASET, "datasets", wanted, limit=limit, offset=offset, order="id DESC")


def item(db: sqlite3.Connection, item_id: str) -> ItemRow | None:
    """The item with that id; None when there is none."""
    return next(
        iter(page(db, _ITEM, "dataset_items", {"item_id = ?": item_id}, limit=1, offset=0).rows), None
    )


def items(
    db: sqlite3.Connection,
    *,
    dataset_id: str | None = None,
    archived: bool | None = None,
    source_trace_id: str | None = None,
    source_span_id: str | None = None,
    limit: int,
    offset: int = 0,
) -> Page[ItemRow]:
    """Items in the order in which they were added; conditions that are None do not count."""
    wanted = {
        "dataset_id = ?": dataset_id,
        "archived = ?": archived,
        "source_trace_id = ?": source_trace_id,
        "source_span_id = ?": source_span_id,
    }
    return page(db, _ITEM, "dataset_items", wanted, limit=limit, offset=offset)


def run(
    db: sqlite3.Connection,
    *,
    dataset_id: str | None = None,
    name: str | None = None,
    run_id: str | None = None,
) -> RunRow | None:
    """The run of a dataset with that name, or the one with that id; None when there is none."""
    wanted = {"dataset_id = ?": dataset_id, "name = ?": name, "run_id = ?": run_id}
    return next(iter(page(db, _RUN, "dataset_runs", wanted, limit=1, offset=0).rows), None)


def runs(
    db: sqlite3.Connection, *, dataset_id: str | None = None, limit: int, offset: int = 0
) -> Page[RunRow]:
    """Runs, of one dataset or of all, the newest first."""
    wanted = {"dataset_id = ?": dataset_id}
    return page(db, _RUN, "dataset_runs", wanted, limit=limit, offset=offset, order="id DESC")


def run_items(
    db: sqlite3.Connection,
    *,
    run_id: str | None = None,
    item_id: str | None = None,
    run_item_id: str | None = None,
    limit: int,
    offset: int = 0,
) -> Page[RunItemRow]:
    """What was run, in a run or of an item."""
    wanted = {"run_id = ?": run_id, "item_id = ?": item_id, "run_item_id = ?": run_item_id}
    return page(db, _RUN_ITEM, "dataset_run_items", wanted, limit=limit, offset=offset)
