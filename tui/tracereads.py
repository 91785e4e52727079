"""What the trace list asks the store: functions for the feed's threads, each a few short queries."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmwatch.tui.models.rowcache import PAGE
from llmwatch.tui.models.traceorder import EveryTrace, Matching, Order, Ranked
from llmwatch.tui.models.tracetitle import Sort
from llmwatch.tui.models.tracewindow import View, every

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.store.filters import Filter
    from llmwatch.store.reads.traces import Ranking
    from llmwatch.store.rows import SpanDetail, TraceRow

CHUNK: Final = 50_000
"""Ids read at once: about 20 ms, after which a newer filter takes over."""
RANKED: Final = 1000
"""Rows of a sorted list."""
_RANKINGS: Final[dict[str, Ranking]] = {"took": "duration_ns", "cost": "cost_nanousd", "tokens": "tokens"}


@dataclass(frozen=True, slots=True)
class News:
    """A list as it is now, and the rows of it that are about to be shown."""

    order: Order
    asked: Sequence[int]
    rows: list[TraceRow]


def everything(db: sqlite3.Connection, view: View) -> News:
    """All traces."""
    from llmwatch.store.reads import traces  # noqa: PLC0415 - not before the first paint

    order = every(traces.id_range(db))
    asked = view.rows(order)
    return News(order, asked, rows_of(db, order, asked))


def matching(db: sqlite3.Connection, filter: Filter, view: View, known: Matching) -> News:
    """The traces that match, of which ``known`` did a moment ago."""
    from llmwatch.store.reads import traces  # noqa: PLC0415

    newest = traces.page(db, filter, before_id=None, limit=PAGE)
    complete = len(newest) < PAGE
    page = newest
    while known.found and page and page[-1].id > known.found[0] and len(page) == PAGE:
        page = traces.page(db, filter, before_id=page[-1].id, limit=PAGE)
        newest += page
    order = known.updated([row.id for row in newest], complete)
    asked = view.rows(order)
    at_hand = {row.id: row for row in newest}
    missing = [id_ for id_ in asked if id_ not in at_hand]
    return News(order, asked, [*newest, *(rows_of(db, order, missing) if missing else ())])


def more_matching(db: sqlite3.Connection, filter: Filter, known: array[int]) -> array[int]:
    """The ids of the next `CHUNK` traces that match, older than all that are ``known``."""
    from llmwatch.store.reads import traces  # noqa: PLC0415

    before_id = known[-1] if known else None
    return traces.matching_ids(db, filter, before_id=before_id, limit=CHUNK)


def ranked(db: sqlite3.Connection, filter: Filter | None, sort: Sort) -> News:
    """The first `RANKED` of all traces that match when they are sorted."""
    from llmwatch.store.filters import parse  # noqa: PLC0415
    from llmwatch.store.reads import traces  # noqa: PLC0415

    rows = traces.ranked(
        db, filter or parse(""), by=_RANKINGS[sort.by], ascending=sort.ascending, limit=RANKED
    )
    ids = [row.id for row in rows]
    return News(Ranked.of(ids), ids, rows)


def only(db: sqlite3.Connection, ids: Sequence[int]) -> News:
    """These traces and no others."""
    order = Ranked.of(ids)
    asked = order.ids(0, PAGE)
    return News(order, asked, rows_of(db, order, asked))


def again(db: sqlite3.Connection, order: Order, view: View) -> News:
    """The same list, its rows as they are now."""
    asked = view.rows(order)
    return News(order, asked, rows_of(db, order, asked))


def rows_of(db: sqlite3.Connection, order: Order, ids: Sequence[int]) -> list[TraceRow]:
    """The rows of ``ids``, which stand together in ``order``."""
    from llmwatch.store.reads import traces  # noqa: PLC0415

    if not ids:
        return []
    if isinstance(order, EveryTrace):
        return traces.window(db, ids[-1], ids[0])
    return traces.by_ids(db, ids)


def first_call(db: sqlite3.Connection, trace_id: str) -> SpanDetail | None:
    """The failing model call of a trace, else its first; None when it has none."""
    from llmwatch.store.reads import spans  # noqa: PLC0415

    found = spans.find(db, trace_id)
    return None if found is None else spans.detail(db, *found)
