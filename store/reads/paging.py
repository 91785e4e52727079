"""A part of a list, and the length of the whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, TypeVar

from llmwatch.store.mapping import Mapper
from llmwatch.store.registry import Page

_T = TypeVar("_T")


def page(
    db: sqlite3.Connection,
    mapper: Mapper[_T],
    table: str,
    wanted: Mapping[str, Any],
    *,
    limit: int,
    offset: int,
    order: str = "id",
) -> Page[_T]:
    """Rows of ``table`` for which every condition of ``wanted`` holds, by ``order``.

    Args:
        db: Any connection.
        mapper: Makes the rows.
        table: Its name.
        wanted: SQL conditions with one placeholder and its value; those whose value is None do not count.
        limit: Rows at most.
        offset: Rows to pass over.
        order: What to order by.
    """
    conditions = {condition: value for condition, value in wanted.items() if value is not None}
    where = " WHERE " + " AND ".join(conditions) if conditions else ""
    values = tuple(conditions.values())
    query = f"SELECT {mapper.columns} FROM {table}{where} ORDER BY {order} LIMIT ? OFFSET ?"
    rows = mapper.rows(db.execute(query, (*values, limit, offset)))
    total: int = db.execute(f"SELECT count(*) FROM {table}{where}", values).fetchone()[0]
    return Page(rows, total)
