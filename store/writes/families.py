"""Fetching the traces that spans arrive for, and keeping some at hand while they grow.

Whose usage counts, and what a trace says, is computed from all its spans whenever one comes. Reading them
back costs 12 us a span, computing 2: a trace of 10,000 spans that comes in batches of 100 would take 12 s
to read and takes 2 s to compute.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec

from llmwatch.store.projection import Brief
from llmwatch.store.writes.family import Family, Kept
from llmwatch.store.writes.shelf import Shelf

_LARGE: Final = 64
"""Spans from which a trace is kept at hand."""
_FEW: Final = 2
"""Traces that a transaction writes where spans come one by one; they are kept at hand, too."""

_FIND: Final = (
    "SELECT traces.trace_id, traces.id FROM json_each(?) AS asked"
    " CROSS JOIN traces ON traces.trace_id = asked.value"
)
_SPANS: Final = (
    f"SELECT {', '.join(f'spans.{name}' for name in ('trace_id', 'id', 'usage_role', *Brief._fields))}"
    " FROM json_each(?) AS asked CROSS JOIN spans ON spans.trace = asked.value"
)


def fetch(shelf: Shelf, trace_ids: Iterable[str]) -> dict[str, Family]:
    """The traces of these ids with all their spans, known ones and new ones."""
    taken = {id_: shelf.at_hand.take(id_) for id_ in trace_ids}
    families = {id_: family for id_, family in taken.items() if family is not None}
    asked = [id_ for id_ in trace_ids if id_ not in families]
    found = shelf.db.execute(_FIND, (_array(asked),)) if asked else ()
    known = {number: Family(number, trace_id, new=False) for trace_id, number in found}
    families.update((family.trace_id, family) for family in known.values())
    if known:
        for trace_id, number, role, *columns in shelf.db.execute(_SPANS, (_array(known),)):
            brief = Brief._make(columns)
            families[trace_id].kept[brief.span_id] = Kept(number, role, brief)
    for trace_id in asked:
        if trace_id not in families:
            families[trace_id] = Family(shelf.next_id("traces"), trace_id, new=True)
    return families


def keep(shelf: Shelf, families: Sequence[Family]) -> None:
    """Keep at hand what will be wanted again of the traces that were just written."""
    for family in families:
        if len(families) <= _FEW or len(family.kept) + len(family.fresh) >= _LARGE:
            shelf.at_hand.put(family)


def _array(values: Collection[str | int]) -> str:
    return msgspec.json.encode(list(values)).decode()
