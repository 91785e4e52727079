"""Slices of spans and scores as SQL, where rollups do not help: by users and sessions, and of scores.

What a span or a score does not say, its trace says for it where that is how it counts (heads.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

from llmwatch.store.rows import Dimension, Person

By: TypeAlias = Dimension | Person
Where: TypeAlias = Mapping[By, str]
"""Values that dimensions must have; ``""`` where nobody says."""

Key: TypeAlias = By | Literal["hour"]
"""What numbers can be asked for by; an hour is its start in Unix seconds."""

PERSONS: Final[tuple[Person, ...]] = get_args(Person)
_COLUMN: Final = {"user": "user_id", "session": "session_id"}
WINDOW: Final = "spans.state != 'partial' AND spans.start_ns >= ? AND spans.start_ns < ?"
_HOUR: Final = "{0} / 3600000000000 * 3600"
_HEADS: Final = ("user", "session", "feature", "segment")
_OF_TRACES: Final = (
    *_HEADS, "service", "environment", "app_version", "prompt_name", "prompt_version", "model",
)  # fmt: skip


def rollup_value(by: Key) -> str:
    """What a row of ``rollups`` joined with its ``series`` says of ``by``."""
    return "start_s - start_s % 3600" if by == "hour" else f"series.{_column(by)}"


def span_value(by: Key) -> str:
    """What a row of ``spans`` joined with its ``traces`` says of ``by``."""
    if by == "hour":
        return _HOUR.format("spans.start_ns")
    column = _column(by)
    return (
        f"coalesce(spans.{column}, traces.{column}, '')" if by in _HEADS else f"coalesce(spans.{column}, '')"
    )


def spans_of(where: Where) -> tuple[str, list[str], list[str]]:
    """Tables of spans in a slice, conditions on them, and their values.

    A person's traces are few and known; without one the window's spans are looked through.
    """
    terms = [f"{span_value(by)} = ?" for by in where]
    values = list(where.values())
    person = next((by for by in PERSONS if where.get(by)), None)
    if person is None:
        return "spans CROSS JOIN traces ON traces.id = spans.trace", terms, values
    source = (
        "people CROSS JOIN spans ON spans.trace = people.trace CROSS JOIN traces ON traces.id = spans.trace"
    )
    return source, [*terms, "people.key = ?", "people.value = ?"], [*values, person, where[person]]


def score_value(by: Key) -> str:
    """What a row of ``scores`` joined with its ``spans`` and ``traces``, if any, says of ``by``.

    A thumb is given to an answer, whose span need not be the one that names the model or the prompt: what
    the subject does not say, its trace says.
    """
    if by == "hour":
        return _HOUR.format("scores.time_ns")
    column = _column(by)
    sources = [f"spans.{column}"]
    if by in _OF_TRACES:
        sources.append(f"traces.{column}")
    if by in PERSONS:
        sources.append(f"scores.{column}")
    return f"coalesce({', '.join(sources)}, '')"


def _column(by: By) -> str:
    if by not in (*PERSONS, *get_args(Dimension)):
        raise ValueError(f"no dimension is called {by}")
    return _COLUMN.get(by, by)
