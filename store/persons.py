"""What spans add to the sums of users and sessions, which are too many to be series of the rollups. Pure.

A span counts for the user and the session that it names, or that its trace names (heads.py), by the hour
in which it starts and, once that is over, by the day (UTC) as well. Calls and errors are those of LLM calls;
tokens and cost are of every kind of span whose usage counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import add, neg
from typing import Final, TypeAlias

from llmwatch.store.projection import Brief
from llmwatch.store.rollups import HOUR_S, Change, is_copy
from llmwatch.store.rows import UsageRole

PERSON_SUMS: Final = (
    "calls", "errors", "input_tokens", "output_tokens", "cost_nanousd", "priced", "unpriced", "spans",
)  # fmt: skip
DAY_S: Final = 86_400
_HOUR_NS: Final = 3600 * 10**9

PersonKey: TypeAlias = tuple[int, str, int, str]
"""Width, user or session, start, and which one: the table's primary key."""
_Hour: TypeAlias = tuple[str | None, str | None, int]
"""A user with a session in an hour: those of a trace are summed once."""


def person_sums(changes: Iterable[Change], days_until_s: int) -> dict[PersonKey, tuple[int, ...]]:
    """What ``changes`` add to ``person_rollups``, in the order of `PERSON_SUMS`.

    Days are kept of what starts before ``days_until_s``.
    """
    hours: dict[_Hour, list[tuple[int, ...]]] = {}
    for span, role, sign, heads in changes:
        user, session = span.user_id or heads.user_id, span.session_id or heads.session_id
        if not (user or session) or span.state == "partial" or is_copy(span, role):
            continue
        numbers = _numbers(span, role)
        if sign < 0:
            numbers = tuple(map(neg, numbers))
        hours.setdefault((user, session, span.start_ns // _HOUR_NS * HOUR_S), []).append(numbers)
    return _by_width(hours, days_until_s)


def _by_width(
    hours: Mapping[_Hour, list[tuple[int, ...]]], days_until_s: int
) -> dict[PersonKey, tuple[int, ...]]:
    found: dict[PersonKey, tuple[int, ...]] = {}
    for (user, session, start_s), parts in hours.items():
        sums = tuple(map(sum, zip(*parts, strict=True)))
        widths = (HOUR_S, DAY_S) if start_s < days_until_s else (HOUR_S,)
        for key, value in (("user", user), ("session", session)):
            for width in widths if value else ():
                place = (width, key, start_s - start_s % width, value or "")
                known = found.get(place)
                found[place] = sums if known is None else tuple(map(add, known, sums))
    return found


def _numbers(span: Brief, role: UsageRole | None) -> tuple[int, ...]:
    call = span.kind == "llm"
    failed = call and span.status == "error"
    if role != "counted":
        return (call, failed, 0, 0, 0, 0, 0, 1)
    cost = span.cost_nanousd
    return (
        call, failed, span.input_tokens or 0, span.output_tokens or 0, cost or 0, cost is not None,
        cost is None, 1,
    )  # fmt: skip
