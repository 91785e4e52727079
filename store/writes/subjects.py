"""Joining scores to what they are about, in whatever order the two come.

A score names its span as its sender can: by ids of trace and span, or by any other name that the call has
(the provider's response id, a request id). What the names mean is computed when the score comes, and again
when a span comes that has one of them. Where several spans have a name, its own id beats the id of its
response, that beats the id of a request, and the span that began first is meant: the outermost.

A user who judges a session, and nothing in it by name, means what it said last: the last model call that had
begun by then. What an application says of a session stays said of the session.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from llmwatch.store.names import spellings
from llmwatch.store.projection import DETAILS
from llmwatch.store.writes.family import Family
from llmwatch.store.writes.shelf import Shelf

_REQUEST: Final = DETAILS.index("request_id")

_JOINED: Final = "UPDATE scores SET (trace, span) = (?, ?) WHERE id = ?"
_AWAIT: Final = "INSERT OR IGNORE INTO awaited VALUES (?, ?)"
_SETTLE: Final = "DELETE FROM awaited WHERE name = ? AND score = ?"
_SUBJECTS: Final = (
    "SELECT scores.id, trace_id, span_id, request_id, session_id, source, time_ns FROM json_each(?) AS asked"
    " CROSS JOIN scores ON scores.id = asked.value"
)
_ANYTHING_AWAITED: Final = "SELECT EXISTS (SELECT 1 FROM awaited)"
_AWAITING: Final = (
    "SELECT DISTINCT score FROM json_each(?) AS come CROSS JOIN awaited ON awaited.name = come.value"
)
_OF_SPANS: Final = (
    "SELECT scores.id FROM json_each(?) AS changed CROSS JOIN scores"
    " ON scores.trace = json_extract(changed.value, '$[0]')"
    " AND scores.span = json_extract(changed.value, '$[1]')"
)
_TRACE: Final = "SELECT id FROM traces WHERE trace_id IN (SELECT value FROM json_each(?)) ORDER BY trace_id"
_SPAN_OF_TRACE: Final = (
    "SELECT id FROM spans WHERE trace = ? AND span_id IN (SELECT value FROM json_each(?))"
    " ORDER BY start_ns, span_id"
)
_ANY_SPAN: Final = (
    "WITH RECURSIVE runs (run) AS ("
    " SELECT max(id) >> 12 FROM spans UNION ALL SELECT run - 1 FROM runs WHERE run > 0)"
    + " UNION ALL ".join(
        f" SELECT {rank}, start_ns, trace_id, span_id, trace, id FROM runs CROSS JOIN spans"
        f" ON id >> 12 = run AND {column} IN (SELECT value FROM json_each(:names))"
        " WHERE (:trace IS NULL OR trace = :trace)"
        for rank, column in enumerate(("span_id", "response_id", "request_id"))
    )
    + " ORDER BY 1, 2, 3, 4 LIMIT 1"
)


_LAST_OF_SESSION: Final = (
    "SELECT spans.trace, spans.id FROM people CROSS JOIN spans ON spans.trace = people.trace"
    " WHERE key = 'session' AND value = :session ORDER BY start_ns <= :at DESC, kind = 'llm' DESC,"
    " CASE WHEN start_ns <= :at THEN -start_ns ELSE start_ns END, spans.id LIMIT 1"
)


class Said(NamedTuple):
    """What else decides what a score is about."""

    session_id: str | None
    source: str
    time_ns: int


class Subject(NamedTuple):
    """What a score is about, as its sender says it."""

    trace_id: str | None
    span_id: str | None
    request_id: str | None
    session: str | None = None
    """Where nothing else says it, and a user does."""
    at_ns: int | None = None
    """When that was said."""

    @classmethod
    def of(cls, trace_id: str | None, span_id: str | None, request_id: str | None, said: Said) -> Subject:
        """The subject of a score with these ids, of which ``said`` tells the rest."""
        if trace_id or span_id or request_id or said.session_id is None or said.source != "user":
            return cls(trace_id, span_id, request_id)
        return cls(None, None, None, said.session_id, said.time_ns)

    @property
    def traces(self) -> tuple[str, ...]:
        """What its trace may be called here."""
        return spellings(self.trace_id) if self.trace_id else ()

    @property
    def spans(self) -> tuple[str, ...]:
        """What its span may be called here."""
        return tuple(each for name in self[1:3] if name for each in spellings(name))


class _Found(NamedTuple):
    trace: int | None
    span: int | None
    settled: bool
    """Nothing that may come could change it."""


def join_scores(db: sqlite3.Connection, numbers: Collection[int]) -> None:
    """Join the scores with these ids, and note what those wait for whose subject may still come."""
    alike: dict[Subject, list[int]] = {}
    for number, trace_id, span_id, request_id, *said in db.execute(_SUBJECTS, (_array(numbers),)).fetchall():
        alike.setdefault(Subject.of(trace_id, span_id, request_id, Said(*said)), []).append(number)
    for subject, scores in alike.items():
        found = _find(db, subject)
        db.executemany(_JOINED, [(found.trace, found.span, score) for score in scores])
        db.executemany(_SETTLE if found.settled else _AWAIT, _waits(subject, scores))


def forget(db: sqlite3.Connection, number: int, subject: Subject) -> None:
    """A score is about something else now: it does not wait for ``subject`` any more."""
    db.executemany(_SETTLE, _waits(subject, [number]))


def join_spans(shelf: Shelf, grown: Sequence[Family]) -> None:
    """Join the scores that waited for spans that have been written, and those of spans that have changed."""
    (awaited,) = shelf.db.execute(_ANYTHING_AWAITED).fetchone()
    if not awaited:
        return
    names = {name for family in grown for name in _names(family)}
    changed = [
        (family.id, fresh.id)
        for family in grown
        for span_id, fresh in family.fresh.items()
        if span_id in family.kept
    ]
    touched = {score for (score,) in shelf.db.execute(_AWAITING, (_array(names),))}
    if changed:
        touched.update(score for (score,) in shelf.db.execute(_OF_SPANS, (_array(changed),)))
    if touched:
        join_scores(shelf.db, touched)


def _names(family: Family) -> Iterator[str]:
    """The names that spans and traces have come with."""
    yield family.trace_id
    yield from {_session(brief.session_id) for brief in family.briefs if brief.session_id}
    for fresh in family.fresh.values():
        yield fresh.brief.span_id
        for name in (fresh.brief.response_id, fresh.details[_REQUEST]):
            if name is not None:
                yield name


def _find(db: sqlite3.Connection, subject: Subject) -> _Found:
    trace = None
    if subject.traces:
        trace = _first(db.execute(_TRACE, (_array(subject.traces),)))
        if trace is None or not subject.spans:
            return _Found(trace, None, settled=trace is not None)
        if subject.span_id:
            exact = _first(db.execute(_SPAN_OF_TRACE, (trace, _array(spellings(subject.span_id)))))
            if exact is not None:
                return _Found(trace, exact, settled=True)
    if subject.session is not None:
        about = {"session": subject.session, "at": subject.at_ns}
        row = db.execute(_LAST_OF_SESSION, about).fetchone()
        trace, span = row or (None, None)
        return _Found(trace, span, settled=False)
    if not subject.spans:
        return _Found(None, None, settled=True)
    row = db.execute(_ANY_SPAN, {"names": _array(subject.spans), "trace": trace}).fetchone()
    if row is not None:
        return _Found(row[4], row[5], settled=False)
    if trace is None:  # a name that is no span's may be a trace's
        trace = _first(db.execute(_TRACE, (_array(subject.spans),)))
    return _Found(trace, None, settled=False)


def _waits(subject: Subject, scores: Iterable[int]) -> list[tuple[str, int]]:
    session = () if subject.session is None else (_session(subject.session),)
    return [(name, score) for score in scores for name in (*subject.traces, *subject.spans, *session)]


def _session(session_id: str) -> str:
    """A session's name among those of traces and spans."""
    return f"session {session_id}"


def _first(cursor: sqlite3.Cursor) -> int | None:
    row = cursor.fetchone()
    return row[0] if row else None


def _array(values: Collection[object]) -> str:
    return msgspec.json.encode(list(values)).decode()
