"""Indexing texts for search, after they were acknowledged: it costs more than all other writing together."""

from __future__ import annotations

import logging
from typing import Final

from llmwatch.errors import DamagedRecordError
from llmwatch.store.merge import merge
from llmwatch.store.search import document, searchable
from llmwatch.store.span import Span
from llmwatch.store.writes.shelf import Shelf

_log = logging.getLogger(__name__)

_CHUNK: Final = 128
"""Spans per transaction: 10 ms, which is what a batch that arrives meanwhile waits."""

_QUEUED: Final = (
    "SELECT queue.span, spans.span_id, spans.trace, spans.content, contents.records"
    " FROM (SELECT span FROM search_queue LIMIT ?) AS queue JOIN spans ON spans.id = queue.span"
    " JOIN contents ON contents.id = spans.content ORDER BY queue.span"
)


def index_some(shelf: Shelf) -> int:
    """Index the texts of some waiting spans; says how many there were.

    A text that several spans of a trace repeat (a conversation that grows) is indexed with the first of
    them: a search finds traces.
    """
    rows = shelf.db.execute(_QUEUED, (_CHUNK,)).fetchall()
    if not rows:
        return 0
    seen: dict[int, set[str]] = {}
    unpacked: dict[int, list[Span]] = {}
    documents = []
    for span, span_id, trace, content, packed in rows:
        if content not in unpacked:
            unpacked[content] = _records(shelf, packed)
        records = [record for record in unpacked[content] if record.span_id == span_id]
        known = seen.setdefault(trace, set())
        texts = [text for text in searchable(merge(records)) if text not in known] if records else []
        known.update(texts)
        if texts:
            documents.append((shelf.next_id("search_documents"), span, trace, document(texts)))
    with shelf.transaction():
        shelf.db.executemany("INSERT INTO search_documents VALUES (?, ?, ?)", [d[:3] for d in documents])
        shelf.db.executemany(
            "INSERT INTO search (rowid, text) VALUES (?, ?)", [(d[0], d[3]) for d in documents]
        )
        shelf.db.executemany("DELETE FROM search_queue WHERE span = ?", [(row[0],) for row in rows])
    return len(rows)


def _records(shelf: Shelf, packed: bytes) -> list[Span]:
    try:
        return shelf.codec.unpack(packed)
    except DamagedRecordError as error:
        _log.warning("Not searched: %s", error)
        return []
