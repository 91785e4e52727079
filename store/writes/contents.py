"""Writing what spans say: the spans of a trace that come together share a row.

They repeat each other (a prompt in every call of a loop, a resource in every span), so packed together they
take half the space and a third of the time. A span that comes again gets a row of its own, which later
records of it replace; what the shared row still says of it is not looked at any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from llmwatch.store.writes.family import Family, Fresh
from llmwatch.store.writes.shelf import Shelf

_TOGETHER: Final = 16
"""Spans that share a row at most: reading one of them unpacks them all, 20 us each."""
_TOGETHER_BYTES: Final = 128 * 1024
"""Bytes from which a row takes no more spans, for the same reason."""


def write_contents(shelf: Shelf, families: Iterable[Family]) -> dict[int, int]:
    """Write the records of all fresh spans; says in which row of contents those of each span id stand."""
    places: dict[int, int] = {}
    rows: list[tuple[int, bytes]] = []
    for family in families:
        for bundle in _bundles(family.fresh.values()):
            number = bundle[0].content or shelf.next_id("contents")
            places.update((fresh.id, number) for fresh in bundle)
            rows.append((number, shelf.codec.pack([record for fresh in bundle for record in fresh.records])))
    shelf.db.executemany("INSERT OR REPLACE INTO contents (id, records) VALUES (?, ?)", rows)
    return places


def _bundles(fresh: Iterable[Fresh]) -> Iterable[list[Fresh]]:
    """Spans that go together; one that has a row of its own goes alone."""
    bundle: list[Fresh] = []
    size = 0
    for row in fresh:
        if row.content is not None:
            yield [row]
            continue
        bundle.append(row)
        size += sum(map(len, row.records))
        if len(bundle) == _TOGETHER or size >= _TOGETHER_BYTES:
            yield bundle
            bundle, size = [], 0
    if bundle:
        yield bundle
