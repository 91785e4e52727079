"""Users and sessions of a window: what each did and cost, and how many there were."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from llmwatch.store.reads.metrics import pieces
from llmwatch.store.reads.sliced import PERSONS, WINDOW, Key, Where, span_value, spans_of
from llmwatch.store.rows import Crowd, Person, Totals

_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_NANO: Final = 10**9
_COUNTED: Final = "usage_role = 'counted'"
_SUMS: Final = (
    "sum(calls), sum(errors), sum(spans), sum(input_tokens), sum(output_tokens), sum(cost_nanousd),"
    " sum(priced), sum(unpriced)"
)


def person_totals(
    db: sqlite3.Connection, start_s: int, end_s: int, person: Person
) -> dict[str, tuple[Totals, Totals]]:
    """All spans and LLM calls of each user or session, as far as `person_rollups` tell."""
    source, values = _source(db, start_s, end_s, person)
    rows = db.execute(f"SELECT value, {_SUMS} FROM {source} GROUP BY value", values)
    return {value: _totals(*sums) for value, *sums in rows}


def _source(db: sqlite3.Connection, start_s: int, end_s: int, person: Person) -> tuple[str, list[str | int]]:
    """The rows of `person_rollups` that make up a window, days in the middle and hours at its ends."""
    found = pieces(db, start_s, end_s, _HOUR_S, _DAY_S)
    part = "SELECT * FROM person_rollups WHERE width_s = ? AND key = ? AND start_s >= ? AND start_s < ?"
    values: list[str | int] = []
    for width, low, high in found:
        values += [width, person, low, high]
    return f"({' UNION ALL '.join([part] * len(found))})", values


def _totals(
    calls: int, errors: int, spans: int, read: int, written: int, cost: int, priced: int, unpriced: int
) -> tuple[Totals, Totals]:
    whole = Totals(
        spans=spans,
        input_tokens=read,
        output_tokens=written,
        cost_nanousd=cost,
        priced=priced,
        unpriced=unpriced,
    )
    return whole, Totals(spans=calls, errors=errors)


def crowds(
    db: sqlite3.Connection, start_s: int, end_s: int, where: Where, by: Key | None
) -> dict[Any, dict[Person, Crowd]]:
    """Users and sessions by value (``""`` without ``by``), whatever the kind of their spans."""
    slices: Where = {key: value for key, value in where.items() if key != "kind"}
    if by is None and not slices:
        return {"": {person: crowd_of(db, start_s, end_s, person) for person in PERSONS}}
    if by == "hour" and not slices:
        return _by_hour(db, start_s, end_s)
    source, terms, values = spans_of(slices)
    found: dict[Any, dict[Person, Crowd]] = {}
    for person in PERSONS:
        query = (
            "SELECT value_of, count(*), coalesce(sum(cost), 0), sum(priced) FROM ("
            f" SELECT {span_value(by) if by else repr('')} AS value_of, {span_value(person)} AS person,"
            f" sum(iif({_COUNTED}, spans.cost_nanousd, 0)) AS cost,"
            f" count(iif({_COUNTED}, spans.cost_nanousd, NULL)) AS priced FROM {source}"
            f" WHERE {' AND '.join([WINDOW, *terms])} GROUP BY 1, 2) WHERE person != '' GROUP BY 1"
        )
        for value, count, cost, priced in db.execute(query, (start_s * _NANO, end_s * _NANO, *values)):
            crowd = Crowd(count=count, cost_nanousd=cost, priced=priced)
            found.setdefault(value, {})[person] = crowd
    return found


def _by_hour(db: sqlite3.Connection, start_s: int, end_s: int) -> dict[int, dict[Person, Crowd]]:
    query = (
        "SELECT start_s, key, count(*), sum(cost_nanousd), sum(priced) FROM person_rollups"
        " WHERE width_s = ? AND key = ? AND start_s >= ? AND start_s < ? GROUP BY start_s"
    )
    found: dict[int, dict[Person, Crowd]] = {}
    for person in PERSONS:
        for hour, key, count, cost, priced in db.execute(query, (_HOUR_S, person, start_s, end_s)):
            found.setdefault(hour, {})[key] = Crowd(count=count, cost_nanousd=cost, priced=priced)
    return found


def crowd_of(db: sqlite3.Connection, start_s: int, end_s: int, person: Person) -> Crowd:
    """The users or the sessions of the whole hours of a window."""
    source, values = _source(db, start_s, end_s, person)
    query = f"SELECT count(DISTINCT value), sum(cost_nanousd), sum(priced) FROM {source}"
    count, cost, priced = db.execute(query, values).fetchone()
    return Crowd(count=count, cost_nanousd=cost or 0, priced=priced or 0)
