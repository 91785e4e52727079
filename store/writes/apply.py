"""One transaction: the batches that share it, in full or not at all."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from llmwatch.store.accounts import Book, Key, Spend, charges
from llmwatch.store.batch import Batch, pieces
from llmwatch.store.failures import file_error
from llmwatch.store.writes.accounts import add
from llmwatch.store.writes.inbox import keep, take
from llmwatch.store.writes.judging import write_judgements
from llmwatch.store.writes.others import add_counters, write_replays
from llmwatch.store.writes.scores import write_scores
from llmwatch.store.writes.shelf import Shelf
from llmwatch.store.writes.spans import write_spans
from llmwatch.store.writes.tally import Tally


def apply(shelf: Shelf, batches: Sequence[Batch], book: Book | None = None) -> list[Tally]:
    """Write ``batches`` in one transaction; says what became of each, and the book what they cost.

    Raises:
        Exception: Whatever went wrong; nothing of ``batches`` is written then.
    """
    tallies = [Tally() for _ in batches]
    pairs = list(zip(batches, tallies, strict=True))
    spent: dict[Key, Spend] = {}
    with shelf.transaction():
        if spans := [(span, tally) for batch, tally in pairs for span in batch.spans]:
            changes = write_spans(shelf, spans, time.time_ns())
            if book:
                spent = charges(book.accounts, changes)
                add(shelf.db, spent)
        write_scores(shelf, [(score, tally) for batch, tally in pairs for score in batch.scores])
        write_replays(shelf, [(replay, tally) for batch, tally in pairs for replay in batch.replays])
        write_judgements(shelf.db, [each for batch in batches for each in batch.judgements])
        duplicates = sum(tally.duplicates for tally in tallies)
        kept = sum(tally.inserted + tally.merged for tally in tallies)
        counters = Counter({"acknowledged": kept + duplicates, "duplicates": duplicates})
        for batch in batches:
            counters.update(batch.counters)
        add_counters(shelf, counters)
        take(shelf, batches)
    if book and spent:
        book.keeper.charged(spent)
    return tallies


def salvage(shelf: Shelf, batch: Batch, book: Book | None = None) -> Tally:
    """Write what can be written of a batch that could not be written as a whole, piece by piece.

    Raises:
        Exception: The file is at fault. Some of ``batch`` is written then; writing it again adds nothing.
    """
    total = Tally()
    for piece in pieces(batch):
        try:
            (tally,) = apply(shelf, [piece], book)
        except Exception as error:
            if file_error(error, Path()):
                raise
            tally = Tally(rejected=1, reason=str(error))
        total.add(tally)
    if total.rejected:
        apply(shelf, [Batch(counters={"rejected": total.rejected})])
    if batch.noted is not None:
        if total.rejected:
            keep(shelf, batch.noted, total.reason)
        else:
            take(shelf, [batch])
    return total
