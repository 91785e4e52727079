"""Writing spans: new rows, merged rows, and everything that follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from llmwatch.store.merge import merge
from llmwatch.store.projection import DETAILS, Brief, project
from llmwatch.store.records import digest, encode
from llmwatch.store.rollups import Change
from llmwatch.store.span import Span
from llmwatch.store.writes.contents import write_contents
from llmwatch.store.writes.families import fetch, keep
from llmwatch.store.writes.family import Family, Fresh
from llmwatch.store.writes.insert import insert
from llmwatch.store.writes.rollups import write_rollups
from llmwatch.store.writes.shelf import Shelf
from llmwatch.store.writes.strays import Arrival, homed
from llmwatch.store.writes.subjects import join_spans
from llmwatch.store.writes.traces import write_traces

_COLUMNS: Final = ("content", "usage_role", *Brief._fields, *DETAILS)
_UPDATE: Final = f"UPDATE spans SET ({', '.join(_COLUMNS)}) = ({', '.join('?' * len(_COLUMNS))}) WHERE id = ?"
_STORED: Final = (
    "SELECT spans.trace_id, spans.span_id, spans.content, contents.records FROM json_each(?) AS asked"
    " CROSS JOIN spans ON spans.id = asked.value CROSS JOIN contents ON contents.id = spans.content"
)
_CAPTURED: Final = DETAILS.index("content_captured")


class _Known(NamedTuple):
    """What is stored of a span that comes again."""

    records: list[Span]
    content: int | None
    """Its row of contents, unless other spans share it."""


_NOTHING: Final = _Known([], None)


def write_spans(shelf: Shelf, arrivals: Iterable[Arrival], received_ns: int) -> list[Change]:
    """Store records of spans, in a transaction of the caller's, and count them in their tallies.

    Returns what that changed in the sums.
    """
    arrived: dict[str, dict[str, list[Arrival]]] = {}
    for arrival in homed(shelf, arrivals):
        span = arrival[0]
        arrived.setdefault(span.trace_id, {}).setdefault(span.span_id, []).append(arrival)
    families = fetch(shelf, arrived)
    known = _known(shelf, families, arrived)
    for trace_id, by_span in arrived.items():
        family = families[trace_id]
        for span_id, group in by_span.items():
            stored = known.get((trace_id, span_id), _NOTHING)
            if records := _united(stored.records, group):
                family.fresh[span_id] = _fresh(shelf, family, records, stored, received_ns)
    grown = [(family, family.briefs) for family in families.values() if family.fresh]
    changes = [change for family, briefs in grown for change in family.settle(briefs)]
    _write_rows(shelf, [family for family, _ in grown])
    write_traces(shelf, grown, received_ns)
    write_rollups(shelf, changes)
    join_spans(shelf, [family for family, _ in grown])
    keep(shelf, [family for family, _ in grown])
    return changes


def _write_rows(shelf: Shelf, families: Sequence[Family]) -> None:
    contents = write_contents(shelf, families)
    fresh = [(family, span_id, row) for family in families for span_id, row in family.fresh.items()]
    insert(
        shelf.db,
        "spans",
        ("id", "trace", *_COLUMNS),
        [
            (row.id, family.id, contents[row.id], family.roles.get(span_id), *row.brief, *row.details)
            for family, span_id, row in fresh
            if span_id not in family.kept
        ],
    )
    shelf.write_all(
        _UPDATE,
        [
            (contents[row.id], family.roles.get(span_id), *row.brief, *row.details, row.id)
            for family, span_id, row in fresh
            if span_id in family.kept
        ],
    )
    shelf.write_all(
        "UPDATE spans SET usage_role = ? WHERE id = ?",
        [(family.roles.get(old.brief.span_id), old.id) for family in families for old in family.turned()],
    )
    shelf.write_all(
        "INSERT OR IGNORE INTO search_queue (span) VALUES (?)",
        [(row.id,) for _, _, row in fresh if row.details[_CAPTURED]],
    )


def _known(
    shelf: Shelf, families: Mapping[str, Family], arrived: Mapping[str, Mapping[str, object]]
) -> dict[tuple[str, str], _Known]:
    """What is stored of spans that come again."""
    numbers = [
        kept.id
        for trace_id, by_span in arrived.items()
        for span_id in by_span
        if (kept := families[trace_id].kept.get(span_id)) is not None
    ]
    if not numbers:
        return {}
    found = {}
    for trace_id, span_id, content, packed in shelf.db.execute(
        _STORED, (msgspec.json.encode(numbers).decode(),)
    ):
        records = shelf.codec.unpack(packed)
        mine = [record for record in records if record.span_id == span_id]
        found[trace_id, span_id] = _Known(mine, content if len(mine) == len(records) else None)
    return found


def _united(known: Sequence[Span], group: Sequence[Arrival]) -> list[Span]:
    """All records of one span; empty when no arrival adds anything to the known ones."""
    if not known and len(group) == 1:
        group[0][1].inserted += 1
        return [group[0][0]]
    records = {digest(record): record for record in known}
    before = len(records)
    for record, tally in group:
        key = digest(record)
        if key in records:
            tally.duplicates += 1
        elif records:
            tally.merged += 1
        else:
            tally.inserted += 1
        records.setdefault(key, record)
    return list(records.values()) if len(records) > before else []


def _fresh(shelf: Shelf, family: Family, records: list[Span], stored: _Known, received_ns: int) -> Fresh:
    span = records[0]
    if len(records) > 1:
        span = shelf.enrich(merge(records), merge(stored.records) if stored.records else None)
        # What was concluded from all records goes with each of them: readers merge, and conclude nothing.
        records = [replace(r, cost=span.cost, heuristics=span.heuristics) for r in records]
    if span.cost is not None and span.cost.price is not None:
        shelf.price(span.cost.price)
    brief, details = project(span, received_ns)
    kept = family.kept.get(span.span_id)
    number = shelf.next_id("spans") if kept is None else kept.id
    return Fresh(number, brief, details, [encode(record) for record in records], stored.content)
