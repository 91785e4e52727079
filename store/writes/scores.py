"""Writing scores and their sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec

from llmwatch.store.judged import score_numbers
from llmwatch.store.rollups import WIDTHS
from llmwatch.store.span import Score
from llmwatch.store.writes.shelf import Shelf
from llmwatch.store.writes.subjects import Said, Subject, forget, join_scores
from llmwatch.store.writes.tally import Tally

ScoreArrival: TypeAlias = tuple[Score, Tally]

_COLUMNS: Final = Score.__struct_fields__
_FIND: Final = f"SELECT id, {', '.join(_COLUMNS)} FROM scores WHERE score_id = ?"
_WRITE: Final = (
    f"INSERT INTO scores ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
    " ON CONFLICT (score_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "score_id")
    + " RETURNING id"
)
_ADD: Final = """
    INSERT INTO score_rollups (width_s, start_s, name, source, scores, valued, total, negative, low, high)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (width_s, start_s, name, source) DO UPDATE SET
        scores = scores + excluded.scores, valued = valued + excluded.valued,
        total = total + excluded.total, negative = negative + excluded.negative,
        low = low + excluded.low, high = high + excluded.high"""
_CLEAR: Final = (
    "DELETE FROM score_rollups WHERE (width_s, start_s, name, source) = (?, ?, ?, ?) AND scores = 0"
)


def write_scores(shelf: Shelf, arrivals: Sequence[ScoreArrival]) -> None:
    """Store scores. One that comes again with other words replaces the earlier: the later time counts."""
    written: set[int] = set()
    for score, tally in arrivals:
        row = shelf.db.execute(_FIND, (score.score_id,)).fetchone()
        old = None if row is None else Score(**dict(zip(_COLUMNS, row[1:], strict=True)))
        if old is None:
            tally.inserted += 1
        elif score == old or _rank(score) < _rank(old):
            tally.duplicates += 1
            continue
        else:
            tally.merged += 1
            _count(shelf, old, -1)
            forget(shelf.db, row[0], _subject(old))
        (number,) = shelf.db.execute(_WRITE, msgspec.structs.astuple(score)).fetchone()
        written.add(number)
        _count(shelf, score, 1)
    if written:
        join_scores(shelf.db, written)


def _subject(score: Score) -> Subject:
    said = Said(score.session_id, score.source, score.time_ns)
    return Subject.of(score.trace_id, score.span_id, score.request_id, said)


def _rank(score: Score) -> tuple[int, bytes]:
    """Any order of arrival must end with the same score.

    Encoded as a tuple: omit_defaults knows a default by identity, and a text read from the file is another.
    """
    return score.time_ns, msgspec.msgpack.encode(msgspec.structs.astuple(score))


def _count(shelf: Shelf, score: Score, sign: int) -> None:
    start_s = score.time_ns // 1_000_000_000
    numbers = [sign * number for number in score_numbers(score.value)]
    for width in WIDTHS:
        key = (width, start_s - start_s % width, score.name, score.source)
        shelf.db.execute(_ADD, (*key, *numbers))
        if sign < 0:
            shelf.db.execute(_CLEAR, key)
