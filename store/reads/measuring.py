"""Everything that metrics need to know of a window, for any slice, in a few queries.

Sums and distributions come from the rollups. Slices by a user or a session are read from their spans, with
the functions that make the rollups, so that the numbers are the same. Windows are of whole minutes, from the
minute of ``start_s`` to the last one that begins before ``end_s``; a score counts when it was given.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

from llmwatch.store.gathering import Gathered
from llmwatch.store.projection import Brief
from llmwatch.store.reads.metrics import Slice, pieces, rollup_rows
from llmwatch.store.reads.persons import crowds, person_totals
from llmwatch.store.reads.scoresums import NONE_GIVEN, Given, scores_given
from llmwatch.store.reads.sliced import PERSONS, WINDOW, By, Key, Where, rollup_value, span_value, spans_of
from llmwatch.store.rollups import numbers
from llmwatch.store.rows import Crowd, Measured, Person, Totals

_Kinds: TypeAlias = dict[str, Gathered]
_Groups: TypeAlias = dict[Any, _Kinds]

_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_NANO: Final = 10**9
_KINDS: Final = {"calls": "llm", "tools": "tool", "retrievals": "retriever", "embeddings": "embedding"}
_SPAN: Final = ", ".join(f"spans.{name}" for name in Brief._fields)
_NOTHING: Final = Totals()


def measure(
    db: sqlite3.Connection, start_s: int, end_s: int, where: Where, *, people: bool = False
) -> Measured:
    """What there is to know of a window.

    Args:
        db: A connection.
        start_s: Unix seconds.
        end_s: Unix seconds.
        where: The slice. ``kind`` narrows spans, not scores.
        people: Whether users and sessions are counted: by the hour where there is no slice, else from the
            spans of the window, 2 us each.
    """
    start_s, end_s = _whole(start_s, end_s)
    spans = _gathered(db, start_s, end_s, where, None).get("", {})
    given = scores_given(db, start_s, end_s, where, None).get("", NONE_GIVEN)
    people_of = crowds(db, start_s, end_s, where, None).get("", {}) if people else None
    return _measured(start_s, end_s, spans, given, people_of)


def measure_by(
    db: sqlite3.Connection, start_s: int, end_s: int, by: By, where: Where, *, people: bool = False
) -> list[tuple[str | None, Measured]]:
    """As `measure`, for each value of ``by``: most spans first, None for what does not say.

    By user and by session without a slice (but a kind) it is whole hours, calls and errors (`Measured.calls`)
    and tokens and cost of every kind of span (`Measured.spans`), without distributions: thirty days of a
    thousand users in 50 ms. With a slice it is read from the spans of the window, 15 us each.
    """
    start_s, end_s = _whole(start_s, end_s)
    given = scores_given(db, start_s, end_s, where, by)
    people_of = crowds(db, start_s, end_s, where, by) if people else None
    if by in PERSONS and not where.keys() - {"kind"}:
        totals = person_totals(db, start_s, end_s, by)
        found = {
            value: _made(start_s, end_s, {"spans": spans, "calls": calls}, given.get(value, NONE_GIVEN), None)
            for value, (spans, calls) in totals.items()
        }
    else:
        groups = _gathered(db, start_s, end_s, where, by)
        found = {
            value: _measured(
                start_s, end_s, groups.get(value, {}), given.get(value, NONE_GIVEN),
                None if people_of is None else people_of.get(value, {}),
            )
            for value in groups.keys() | given.keys()
        }  # fmt: skip
    there = [(value or None, measured) for value, measured in found.items() if _is_something(measured)]
    return sorted(there, key=lambda pair: (-pair[1].spans.spans, pair[0] or ""))


def measure_hours(
    db: sqlite3.Connection, start_s: int, end_s: int, where: Where, *, people: bool = False
) -> list[Measured]:
    """As `measure`, of each whole hour of the window in which there was anything, oldest first."""
    first, last = -(-start_s // _HOUR_S) * _HOUR_S, end_s // _HOUR_S * _HOUR_S
    if first >= last:
        return []
    given = scores_given(db, first, last, where, "hour")
    people_of = crowds(db, first, last, where, "hour") if people else None
    groups = _gathered(db, first, last, where, "hour")
    return [
        _measured(
            hour, hour + _HOUR_S, groups.get(hour, {}), given.get(hour, NONE_GIVEN),
            None if people_of is None else people_of.get(hour, {}),
        )
        for hour in sorted(groups.keys() | given.keys())
    ]  # fmt: skip


def _whole(start_s: int, end_s: int) -> tuple[int, int]:
    return start_s - start_s % _MINUTE_S, -(-end_s // _MINUTE_S) * _MINUTE_S


def _gathered(db: sqlite3.Connection, start_s: int, end_s: int, where: Where, by: Key | None) -> _Groups:
    """By value (``""`` without ``by``) and by kind."""
    groups: _Groups = {}
    if by in PERSONS or not where.keys().isdisjoint(PERSONS):
        for value, span, role in _spans(db, start_s, end_s, where, by):
            groups.setdefault(value, {}).setdefault(span.kind, Gathered()).count(numbers(span, role))
        return groups
    keys = ["''" if by is None else rollup_value(by), "series.kind"]
    for width, low, high in pieces(db, start_s, end_s):
        for (value, kind), row in rollup_rows(db, width, low, high, cast("Slice", where), keys):
            groups.setdefault(value, {}).setdefault(kind, Gathered()).add(row)
    return groups


def _spans(
    db: sqlite3.Connection, start_s: int, end_s: int, where: Where, by: Key | None
) -> Iterator[tuple[Any, Brief, Any]]:
    source, terms, values = spans_of(where)
    query = (
        f"SELECT {span_value(by) if by else repr('')}, usage_role, {_SPAN} FROM {source}"
        f" WHERE {' AND '.join([WINDOW, *terms])}"
    )
    for value, role, *columns in db.execute(query, (start_s * _NANO, end_s * _NANO, *values)):
        yield value, Brief._make(columns), role


def _measured(
    start_s: int,
    end_s: int,
    kinds: _Kinds,
    given: Given,
    people: Mapping[Person, Crowd] | None,
) -> Measured:
    everything = Gathered()
    for gathered in kinds.values():
        everything.include(gathered)
    totals = {name: kinds[kind].totals() for name, kind in _KINDS.items() if kind in kinds}
    return _made(start_s, end_s, {"spans": everything.totals(), **totals}, given, people)


def _made(
    start_s: int, end_s: int, totals: Mapping[str, Totals], given: Given,
    people: Mapping[Person, Crowd] | None,
) -> Measured:  # fmt: skip
    """What was not counted is nothing; who was not asked for is unknown."""
    nobody = None if people is None else Crowd(count=0, cost_nanousd=0, priced=0)
    known = people or {}
    return Measured(
        start_s=start_s,
        end_s=end_s,
        **{name: totals.get(name, _NOTHING) for name in ("spans", *_KINDS)},
        scores=given.scores,
        feedback=given.feedback,
        users=known.get("user", nobody),
        sessions=known.get("session", nobody),
    )


def _is_something(measured: Measured) -> bool:
    return bool(measured.spans.spans or measured.scores)
