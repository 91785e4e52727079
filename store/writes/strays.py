"""Records about calls that name their response and no span: to which spans they belong.

Such a record (a log event of a streamed call, sent when its span was over) is kept, and belongs to every span
that says it is of the same response, in its trace if it names one. It is found again when such a span comes,
so that it makes no difference which comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

import msgspec
from msgspec.structs import replace

from llmwatch.store.records import digest, encode
from llmwatch.store.span import Span
from llmwatch.store.writes.shelf import Shelf
from llmwatch.store.writes.tally import Tally

Arrival: TypeAlias = tuple[Span, Tally]
"""A record, and where to count what becomes of it."""

_KEEP: Final = "INSERT OR IGNORE INTO strays (response_id, digest, record) VALUES (?, ?, ?)"
_ANY: Final = "SELECT EXISTS (SELECT 1 FROM strays)"
_STRAYS: Final = (
    "SELECT strays.response_id, record FROM json_each(?) AS come"
    " CROSS JOIN strays ON strays.response_id = come.value"
)
_HOMES: Final = (
    "WITH RECURSIVE runs (run) AS ("
    " SELECT max(id) >> 12 FROM spans UNION ALL SELECT run - 1 FROM runs WHERE run > 0)"
    " SELECT response_id, trace_id, span_id FROM runs CROSS JOIN spans"
    " ON id >> 12 = run AND response_id IN (SELECT value FROM json_each(?))"
)


def homed(shelf: Shelf, arrivals: Iterable[Arrival]) -> list[Arrival]:
    """``arrivals`` without those that name no span, and with what is known of each span's response."""
    spans: list[Arrival] = []
    strays: list[Arrival] = []
    for arrival in arrivals:
        (spans if arrival[0].span_id else strays).append(arrival)
    if not strays and not shelf.db.execute(_ANY).fetchone()[0]:
        return spans
    for stray, tally in strays:
        if shelf.db.execute(
            _KEEP, (_response(stray), digest(stray), shelf.codec.pack([encode(stray)]))
        ).rowcount:
            tally.inserted += 1
        else:
            tally.duplicates += 1
    told = _array([_response(stray) for stray, _ in strays])
    stored = shelf.db.execute(_HOMES, (told,)).fetchall() if strays else ()
    homes = {*stored, *[(_response(span), span.trace_id, span.span_id) for span, _ in spans]}
    return spans + _joined(shelf, [home for home in homes if home[0] is not None])


def _joined(shelf: Shelf, homes: Sequence[tuple[str, str, str]]) -> list[Arrival]:
    """The strays of these responses, each as a record of every span that is of its response."""
    known: dict[str, list[Span]] = {}
    for response, record in shelf.db.execute(_STRAYS, (_array({home[0] for home in homes}),)):
        known.setdefault(response, []).extend(shelf.codec.unpack(record))
    return [
        (replace(stray, trace_id=trace_id, span_id=span_id), Tally())
        for response, trace_id, span_id in homes
        for stray in known.get(response, ())
        if stray.trace_id in ("", trace_id)
    ]


def _response(span: Span) -> str | None:
    return span.call.response_id if span.call else None


def _array(values: Iterable[str | None]) -> str:
    return msgspec.json.encode(list(values)).decode()
