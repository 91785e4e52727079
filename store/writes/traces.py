"""Writing the rows of traces and the words they are found by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from llmwatch.store.facets import people_of
from llmwatch.store.projection import Brief, Traits
from llmwatch.store.summary import Summary, summarise
from llmwatch.store.writes.family import Family
from llmwatch.store.writes.insert import insert
from llmwatch.store.writes.shelf import Shelf

_COLUMNS: Final = ("received_ns", "facets", *Summary._fields)
_INSERTED: Final = ("id", "trace_id", *_COLUMNS)
_UPDATE: Final = (
    f"UPDATE traces SET ({', '.join(_COLUMNS)}) = ({', '.join('?' * len(_COLUMNS))}) WHERE id = ?"
)


def write_traces(shelf: Shelf, grown: Sequence[tuple[Family, Collection[Brief]]], received_ns: int) -> None:
    """Write the rows of traces that have grown, given with all their spans as they are now."""
    rows = [
        (family, (received_ns, shelf.facets(_traits(briefs)), *summarise(briefs, family.roles)))
        for family, briefs in grown
    ]
    insert(
        shelf.db,
        "traces",
        _INSERTED,
        [(family.id, family.trace_id, *row) for family, row in rows if family.new],
    )
    shelf.write_all(_UPDATE, [(*row, family.id) for family, row in rows if not family.new])
    shelf.write_all(
        "INSERT OR IGNORE INTO people VALUES (?, ?, ?)",
        [
            (*pair, family.id)
            for family, _ in grown
            for pair in people_of(fresh.brief for fresh in family.fresh.values())
        ],
    )
    shelf.write_all(
        "DELETE FROM people WHERE (key, value, trace) = (?, ?, ?)",
        [(*pair, family.id) for family, briefs in grown if family.kept for pair in _left(family, briefs)],
    )


def _traits(briefs: Collection[Brief]) -> frozenset[Traits]:
    return frozenset([brief.traits for brief in briefs])


def _left(family: Family, briefs: Collection[Brief]) -> set[tuple[str, str]]:
    """Users and sessions that a changed span named and no span names now."""
    before = people_of(family.kept[span_id].brief for span_id in family.fresh if span_id in family.kept)
    return before - people_of(briefs) if before else before
