"""Adding to the sums: rollups, totals and versions."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from llmwatch.store import histogram, words
from llmwatch.store.persons import DAY_S, PERSON_SUMS, person_sums
from llmwatch.store.rollups import HISTOGRAMS, HOUR_S, SUMS, Cell, Change, rollups, totals
from llmwatch.store.versions import VersionKey, versions
from llmwatch.store.writes.shelf import Shelf

_MINUTE_S: Final = 60
_LATE_S: Final = 300
"""Minutes are added to their hour when this has passed since, twice: most calls have ended by then."""
_COLUMNS: Final = ("width_s", "start_s", "series", *SUMS, *HISTOGRAMS, "words")
_MERGE_ROLLUP: Final = " ON CONFLICT (width_s, start_s, series) DO UPDATE SET " + ", ".join(
    [f"{name} = {name} + excluded.{name}" for name in SUMS]
    # Most are NULL on one side; a call from SQLite into Python costs more than all of these tests.
    + [
        f"{name} = CASE WHEN excluded.{name} IS NULL THEN {name} WHEN {name} IS NULL THEN excluded.{name}"
        f" ELSE {add}({name}, excluded.{name}) END"
        for name, add in (*((name, "add_histograms") for name in HISTOGRAMS), ("words", "add_words"))
    ]
)
_INTO_ROLLUPS: Final = f"INSERT INTO rollups ({', '.join(_COLUMNS)})"
_ADD_ROLLUP: Final = f"{_INTO_ROLLUPS} VALUES ({', '.join('?' * len(_COLUMNS))}){_MERGE_ROLLUP}"
_ADD_HOURS: Final = (
    f"{_INTO_ROLLUPS} SELECT {HOUR_S}, start_s - start_s % {HOUR_S}, {', '.join(_COLUMNS[2:])} FROM rollups"
    f" WHERE width_s = 60 AND start_s >= ? AND start_s < ?{_MERGE_ROLLUP}"
)
_PERSON: Final = ("width_s", "key", "start_s", "value")
_MERGE_PERSON: Final = f" ON CONFLICT ({', '.join(_PERSON)}) DO UPDATE SET " + ", ".join(
    f"{name} = {name} + excluded.{name}" for name in PERSON_SUMS
)
_INTO_PERSONS: Final = f"INSERT INTO person_rollups ({', '.join((*_PERSON, *PERSON_SUMS))})"
_ADD_PERSON: Final = (
    f"{_INTO_PERSONS} VALUES ({', '.join('?' * len((*_PERSON, *PERSON_SUMS)))}){_MERGE_PERSON}"
)
_ADD_DAYS: Final = (
    f"{_INTO_PERSONS} SELECT {DAY_S}, key, start_s - start_s % {DAY_S}, value, {', '.join(PERSON_SUMS)}"
    f" FROM person_rollups WHERE width_s = {HOUR_S} AND start_s >= ? AND start_s < ?{_MERGE_PERSON}"
)
_ADD_TOTALS: Final = """
    INSERT INTO totals VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (model) DO UPDATE SET
        success = success + excluded.success, error = error + excluded.error,
        input_tokens = input_tokens + excluded.input_tokens,
        output_tokens = output_tokens + excluded.output_tokens,
        cost_nanousd = cost_nanousd + excluded.cost_nanousd,
        duration_sum_ns = duration_sum_ns + excluded.duration_sum_ns,
        durations = add_counts(durations, excluded.durations)"""
_ADD_VERSION: Final = """
    INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kind, name, version) DO UPDATE SET
        first_seen_ns = min(first_seen_ns, excluded.first_seen_ns),
        last_seen_ns = max(last_seen_ns, excluded.last_seen_ns),
        spans = spans + excluded.spans"""
_SPANS_OF_VERSION: Final = {
    "prompt": "coalesce(prompt_name, '') = ? AND prompt_version = ?",
    "app": "coalesce(service, '') = ? AND app_version = ?",
    "model": "model = ? AND coalesce(response_model, model) = ? AND kind IN ('llm', 'embedding')"
    " AND (response_model IS NOT NULL OR status <> 'error')",
    "fingerprint": "model = ? AND fingerprint = ?",
}


def write_rollups(shelf: Shelf, changes: Sequence[Change]) -> None:
    """Apply ``changes``, whose spans have been written, to every sum they count in."""
    cells = rollups(changes, shelf.coarse_until(HOUR_S))
    counts = {cell: _counts(cell) for cell in set(cells.values())}
    shelf.write_all(
        _ADD_ROLLUP,
        [
            (width, start, shelf.series(dimensions), *counts[cell])
            for (width, start, dimensions), cell in cells.items()
        ],
    )
    persons = person_sums(changes, shelf.coarse_until(DAY_S))
    shelf.write_all(_ADD_PERSON, [(*key, *sums) for key, sums in persons.items()])
    by_model = totals(changes)
    shelf.write_all(
        _ADD_TOTALS,
        [
            (model, *sums, msgspec.json.encode(buckets).decode())
            for model, (sums, buckets) in by_model.items()
        ],
    )
    if any(change.sign < 0 for change in changes):
        shelf.write_all(
            "DELETE FROM rollups WHERE width_s = ? AND start_s = ? AND series = ?"
            " AND spans = 0 AND copies = 0",
            [(width, start, shelf.series(dimensions)) for width, start, dimensions in cells],
        )
        shelf.write_all(
            "DELETE FROM totals WHERE model = ? AND success = 0 AND error = 0",
            [(model,) for model in by_model],
        )
        shelf.write_all(
            f"DELETE FROM person_rollups WHERE ({', '.join(_PERSON)}) = (?, ?, ?, ?) AND spans = 0",
            list(persons),
        )
    _write_versions(shelf.db, changes)


def add_up(shelf: Shelf, now_s: int) -> None:
    """Add the minutes that are over to their hours, the hours that are over to their days."""
    minutes_s = now_s - now_s % _MINUTE_S - _LATE_S
    if shelf.coarse_until(HOUR_S) <= minutes_s - _LATE_S:
        _extend(shelf, HOUR_S, _ADD_HOURS, minutes_s)
    if shelf.coarse_until(DAY_S) < (hours_s := now_s - now_s % HOUR_S):
        _extend(shelf, DAY_S, _ADD_DAYS, hours_s)


def _extend(shelf: Shelf, width_s: int, statement: str, until_s: int) -> None:
    with shelf.transaction():
        shelf.db.execute(statement, (shelf.coarse_until(width_s), until_s))
        shelf.reach(width_s, until_s)


def _counts(cell: Cell) -> tuple[int | bytes | None, ...]:
    """The columns of a rollup but for its key."""
    histograms = [histogram.encode(counts) if counts else None for counts in cell.histograms]
    return (*cell.sums, *histograms, words.encode(cell.words))


def _write_versions(db: sqlite3.Connection, changes: Sequence[Change]) -> None:
    deltas = versions(changes)
    db.executemany(
        _ADD_VERSION,
        [
            (*key, min(delta.came), max(delta.came), delta.spans)
            for key, delta in deltas.items()
            if delta.came
        ],
    )
    for key, delta in deltas.items():
        if delta.went:
            _take_back(db, key, 0 if delta.came else delta.spans, delta.went)


def _take_back(db: sqlite3.Connection, key: VersionKey, spans: int, went: Sequence[int]) -> None:
    """Spans speak no longer of a version: a record that came later changed its name, or its start."""
    where = "kind = ? AND name = ? AND version = ?"
    db.execute(f"UPDATE versions SET spans = spans + ? WHERE {where}", (spans, *key))
    query = f"SELECT first_seen_ns, last_seen_ns, spans FROM versions WHERE {where}"
    first, last, left = db.execute(query, key).fetchone()
    if left == 0:
        db.execute(f"DELETE FROM versions WHERE {where}", key)
    elif min(went) <= first or max(went) >= last:
        # Reads every span (about a second per million), which is why it happens only at the edges.
        db.execute(
            f"UPDATE versions SET (first_seen_ns, last_seen_ns) = ("
            f" SELECT min(start_ns), max(start_ns) FROM spans"
            f" WHERE {_SPANS_OF_VERSION[key[0]]} AND state != 'partial') WHERE {where}",
            (*key[1:], *key),
        )
