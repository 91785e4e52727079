"""Writing the rows of traces and the words they are found by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from llmwatch.store.facets import facets_of
from llmwatch.store.projection import Brief
from llmwatch.store.summary import Summary, summarise
from llmwatch.store.writes.family import Family
from llmwatch.store.writes.insert import insert
from llmwatch.store.writes.shelf import Shelf

_COLUMNS: Final = ("received_ns", *Summary._fields)
_INSERTED: Final = ("id", "trace_id", *_COLUMNS)
_UPDATE: Final = (
    f"UPDATE traces SET ({', '.join(_COLUMNS)}) = ({', '.join('?' * len(_COLUMNS))}) WHERE id = ?"
)


def write_traces(shelf: Shelf, grown: Sequence[tuple[Family, Collection[Brief]]], received_ns: int) -> None:
    """Write the rows and facets of traces that have grown, given with all their spans as they are now."""
    rows = [(family, summarise(briefs, family.roles)) for family, briefs in grown]
    insert(
        shelf.db,
        "traces",
        _INSERTED,
        [(family.id, family.trace_id, received_ns, *summary) for family, summary in rows if family.new],
    )
    shelf.db.executemany(_UPDATE, [(received_ns, *summary, f.id) for f, summary in rows if not f.new])
    found = {
        (shelf.facet(*pair), family.id)
        for family, _ in grown
        for pair in {pair for fresh in family.fresh.values() for pair in facets_of(fresh.brief)}
    }
    shelf.db.executemany("INSERT OR IGNORE INTO trace_facets (facet, trace) VALUES (?, ?)", sorted(found))
    shelf.db.executemany(
        "DELETE FROM trace_facets WHERE facet = ? AND trace = ?",
        [(shelf.facet(*pair), family.id) for family, briefs in grown for pair in _lost(family, briefs)],
    )


def _lost(family: Family, briefs: Collection[Brief]) -> set[tuple[str, str]]:
    """Facets that a changed span had and no span has now."""
    old = [family.kept[span_id].brief for span_id in family.fresh if span_id in family.kept]
    if not old:
        return set()
    before = {pair for brief in old for pair in facets_of(brief)}
    changed = before - {pair for fresh in family.fresh.values() for pair in facets_of(fresh.brief)}
    return changed - {pair for brief in briefs for pair in facets_of(brief)} if changed else changed
