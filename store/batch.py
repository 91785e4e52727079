"""What is given to the writer, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from llmwatch.store.judging import Judgement
from llmwatch.store.span import Replay, Score, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Things that are written together and acknowledged together."""

    spans: Sequence[Span] = ()
    scores: Sequence[Score] = ()
    replays: Sequence[Replay] = ()
    judgements: Sequence[Judgement] = ()
    counters: Mapping[str, int] = field(default_factory=dict)
    """Amounts to add to counters by name."""
    noted: int | None = None
    """Its row of the inbox, if it was acknowledged before it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteResult:
    """What became of the records of a batch: spans, scores and replays."""

    inserted: int = 0
    """New rows; records that were noted, of which it is not known yet what they add."""
    merged: int = 0
    """Records that added something to a row."""
    duplicates: int = 0
    """Records that were there already."""
    rejected: int = 0
    """Records that cannot be stored, e.g. because a number does not fit; all others are."""
    reason: str = ""
    """Why the first of them was rejected."""


def pieces(batch: Batch) -> Iterator[Batch]:
    """``batch`` cut into batches of one record each."""
    yield from (Batch(spans=(span,)) for span in batch.spans)
    yield from (Batch(scores=(score,)) for score in batch.scores)
    yield from (Batch(replays=(replay,)) for replay in batch.replays)
    yield Batch(judgements=batch.judgements, counters=batch.counters)
