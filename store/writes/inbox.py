"""The inbox: spans that are acknowledged once their records are safe, and written when more have come."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from llmwatch.errors import DamagedRecordError
from llmwatch.store.batch import Batch
from llmwatch.store.records import decode_all, encode_all
from llmwatch.store.writes.shelf import Shelf

_log = logging.getLogger(__name__)

FEW: Final = 16
"""Spans up to which they are noted. More that wait are written at once: they share a transaction as it is."""

_ADD: Final = "INSERT INTO inbox (id, records) VALUES (?, ?)"
_TAKE: Final = "DELETE FROM inbox WHERE id = ?"
_KEEP: Final = "UPDATE inbox SET reason = ? WHERE id = ?"
_UNWRITTEN: Final = "SELECT id, records FROM inbox WHERE reason IS NULL ORDER BY id"


def may_be_noted(batches: Sequence[Batch]) -> bool:
    """Whether ``batches`` are a few spans together, and nothing else."""
    others = any(each.scores or each.replays or each.judgements or each.counters for each in batches)
    return 0 < sum([len(each.spans) for each in batches]) <= FEW and not others


def note(shelf: Shelf, batches: Sequence[Batch]) -> list[Batch]:
    """Commit the spans of ``batches`` to the inbox. Returns them as they are to be written.

    Raises:
        Exception: Nothing of ``batches`` is noted: the file is at fault, or one of them cannot be encoded.
    """
    rows = [(shelf.next_id("inbox"), encode_all(batch.spans)) for batch in batches]
    with shelf.transaction():
        shelf.db.executemany(_ADD, rows)
    return [Batch(spans=batch.spans, noted=row[0]) for batch, row in zip(batches, rows, strict=True)]


def take(shelf: Shelf, batches: Sequence[Batch]) -> None:
    """Take out what is written with this transaction."""
    shelf.write_all(_TAKE, [(batch.noted,) for batch in batches if batch.noted is not None])


def unwritten(shelf: Shelf) -> list[Batch]:
    """What a process noted that ended before it could write it. What is damaged stays where it is."""
    found: list[Batch] = []
    for number, records in shelf.db.execute(_UNWRITTEN).fetchall():
        try:
            found.append(Batch(spans=decode_all(records), noted=number))
        except DamagedRecordError as error:
            keep(shelf, number, str(error))
    return found


def keep(shelf: Shelf, number: int, reason: str) -> None:
    """Leave a row where it is for good: it was acknowledged, and not all of it can be written."""
    _log.error("Spans that were acknowledged stay in the inbox, row %d: %s", number, reason)
    shelf.db.execute(_KEEP, (reason, number))
