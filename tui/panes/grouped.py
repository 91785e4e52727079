"""Reading a pane's numbers by a dimension."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from llmwatch.format import SECOND, clock

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.store.reads.sliced import By
    from llmwatch.store.rows import Measured
    from llmwatch.tui.models.groups import Grouping, Layout


def read_groups(
    db: sqlite3.Connection,
    by: By,
    window: tuple[int, int],
    where: Mapping[By, str],
    layout: Layout[Measured],
) -> Grouping[Measured]:
    """What called or cost something in ``window`` (Unix seconds) and the slice ``where``, by a dimension.

    Users are counted by the hour, so for them the window begins with the hour.
    """
    from llmwatch.store.reads.measuring import measure_by
    from llmwatch.tui.models.groups import grouping

    start_s = window[0] - window[0] % 3600 if by == "user" else window[0]
    about = f"since {clock(start_s * SECOND):.5}" if start_s != window[0] else ""
    found = [
        (value, measured)
        for value, measured in measure_by(db, start_s, window[1], by, where)
        if measured.calls.spans or measured.spans.cost_nanousd
    ]
    return grouping(by, found, behind(start_s, where), layout, about)


def behind(start_s: int, where: Mapping[By, str]) -> str:
    """The filter for what began since ``start_s``."""
    kind = f"kind:{where['kind']} " if "kind" in where else ""
    return f"{kind}after:{datetime.fromtimestamp(start_s, UTC):%Y-%m-%dT%H:%M:%SZ}"
