"""Questions in SQL: a connection that can only read, knows what was said, and stops in time.

What was said is compressed, so here the views of ``views.sql`` have more columns (prompts, answers,
arguments, results, retrieved texts), and there are ``percentile`` and ``median`` as SQLite's own extension
has them.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec

from llmwatch.errors import StoreUnusableError, UsageError
from llmwatch.store.database import connect_reader
from llmwatch.store.failures import store_error
from llmwatch.store.reads.spans import recorded
from llmwatch.store.records import Codec
from llmwatch.store.said import answer_of, text_of
from llmwatch.store.span import Document, Span

SECONDS: Final = 60.0
"""Longer is not waited for an answer."""

_STEPS: Final = 20_000
"""Steps of SQLite's machine between looks at the clock: about a millisecond."""

_LONGEST_VALUE: Final = 64 << 20
_SPANS_AT_HAND: Final = 64

_PRAGMAS: Final = {
    "data_version", "table_info", "table_xinfo", "table_list", "index_list", "index_info", "compile_options",
}  # fmt: skip
"""Those that tell and change nothing; full-text search asks for the first."""


def _prompt(span: Span) -> str | None:
    """The messages sent, each after its role; else the input."""
    messages = [f"{message.role}: {text_of(message)}" for message in span.content.input_messages]
    return "\n\n".join(messages) or span.content.input_text


def _retrieved(span: Span) -> str | None:
    documents = span.retrieval.documents if span.retrieval else ()
    return _json([_document(each) for each in documents]) if documents else None


def _document(document: Document) -> Mapping[str, Any]:
    return {"id": document.id, "score": document.score, "content": document.content}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


_SAID: Final[Mapping[str, Callable[[Span], Any]]] = {
    "prompt": _prompt,
    "answer": answer_of,
    "variables": lambda span: _json(span.context.prompt_variables) if span.context.prompt_variables else None,
    "metadata": lambda span: _json(span.context.metadata),
    "args": lambda span: span.tool.arguments if span.tool else None,
    "result": lambda span: span.tool.result if span.tool else None,
    "query": lambda span: span.retrieval.query if span.retrieval else None,
    "top_k": lambda span: span.retrieval.top_k if span.retrieval else None,
    "retrieved": _retrieved,
}
_METADATA: Final = (
    "json_object('user_id', user_id, 'session_id', session_id, 'feature', feature,"
    " 'template_id', template_id, 'template_version', template_version)"
)
"""Of columns: what else the sender said is compressed, and 30 days of it take minutes to read."""
_MORE: Final = {
    "llm_requests": "said(id, 'prompt') AS input, said(id, 'answer') AS output",
    "llm_logs": "said(id, 'prompt') AS prompt, said(id, 'answer') AS response,"
    f" said(id, 'variables') AS variables, {_METADATA} AS metadata",
    "llm_traces": "said(id, 'prompt') AS input, said(id, 'answer') AS output",
    "tool_logs": "said(id, 'args') AS args, said(id, 'result') AS result",
    "retrieval_logs": "said(id, 'query') AS query, said(id, 'top_k') AS top_k,"
    " said(id, 'retrieved') AS retrieved_context",
}
"""What the views have here beside their columns; computed only for a statement that asks for it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement gave."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    more: bool
    """There were more rows than were asked for."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection for `ask`; used by its opener only.

    Raises:
        StoreMissingError: There is no such file.
        StoreUnusableError: It is not a database that this version can read.
        StoreBusyError: Another program holds it locked.
    """
    db = connect_reader(path)
    db.text_factory = lambda data: data.decode(errors="replace")
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    db.create_function("said", 2, _reader(db))
    db.create_aggregate("percentile", 2, _Percentile)  # type: ignore[arg-type]
    db.create_aggregate("median", 1, _Percentile)  # type: ignore[arg-type]
    try:
        # Views in the file are not trusted with functions of ours; those of the connection are its own.
        db.execute("PRAGMA query_only = OFF")
        for view, columns in _MORE.items():
            db.execute(f"CREATE TEMP VIEW {view} AS SELECT *, {columns} FROM main.{view}")
        db.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        raise store_error(error, path) from error
    db.set_authorizer(_allow)
    return db


def ask(db: sqlite3.Connection, statement: str, limit: int, seconds: float = SECONDS) -> Answer:
    """The first ``limit`` rows that a statement gives.

    Raises:
        UsageError: It cannot be understood, would change something, or takes too long.
        StoreError: The file cannot be read.
    """
    until = time.monotonic() + seconds
    db.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
    try:
        cursor = db.execute(statement)
        rows = cursor.fetchmany(limit + 1)
        columns = tuple(name for name, *_ in cursor.description or ())
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _explained(error, seconds) from error
    finally:
        db.set_progress_handler(None, 0)
    return Answer(columns, rows[:limit], len(rows) > limit)


def schema(db: sqlite3.Connection) -> dict[str, str]:
    """The statements that made the tables and views, by name; what full-text search keeps is left out."""
    query = (
        "SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%'"
        " ESCAPE '\\' AND name NOT GLOB 'search_*' AND name NOT GLOB '_sqlite*' ORDER BY type, name"
    )
    return dict(db.execute(query).fetchall())


def tables(db: sqlite3.Connection) -> Answer:
    """Each table and view with the names of its columns."""
    names = schema(db)
    kinds = db.execute("SELECT name, type FROM sqlite_schema ORDER BY type, name").fetchall()
    rows = [(name, kind, " ".join(_columns(db, name))) for name, kind in kinds if name in names]
    return Answer(("name", "type", "columns"), rows, more=False)


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [name for (name,) in db.execute("SELECT name FROM pragma_table_xinfo(?)", (table,))]


def _reader(db: sqlite3.Connection) -> Callable[[int, str], Any]:
    """``said(span, what)``: a text of the span with this row number."""
    codec: list[Codec] = []

    @lru_cache(maxsize=_SPANS_AT_HAND)
    def span_of(number: int) -> Span | None:
        if not codec:
            codec.append(Codec.of(db))
        found = db.execute("SELECT span_id FROM spans WHERE id = ?", (number,)).fetchone()
        return recorded(db, codec[0], number, found[0]) if found else None

    def said(number: int, what: str) -> Any:
        span = span_of(number)
        return _SAID[what](span) if span and what in _SAID else None

    return said


class _Percentile:
    """The value below which a share of a column lies, between two of its values by their distance."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._percent = 50.0

    def step(self, value: Any, percent: Any = 50.0) -> None:
        """Take a value; NULL does not count."""
        if isinstance(value, int | float):
            self._values.append(value)
        with suppress(TypeError, ValueError):
            self._percent = min(max(float(percent), 0.0), 100.0)

    def finalize(self) -> float | None:
        """The percentile; NULL when there is no value."""
        if not self._values:
            return None
        self._values.sort()
        place = self._percent / 100 * (len(self._values) - 1)
        low, high = math.floor(place), math.ceil(place)
        return self._values[low] + (self._values[high] - self._values[low]) * (place - low)


def _allow(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    match action:
        case sqlite3.SQLITE_SELECT | sqlite3.SQLITE_READ | sqlite3.SQLITE_RECURSIVE:
            allowed = True
        case sqlite3.SQLITE_FUNCTION:
            allowed = second != "load_extension"
        case sqlite3.SQLITE_PRAGMA:
            allowed = str(first).lower() in _PRAGMAS
        case sqlite3.SQLITE_UPDATE:  # how SQLite declares a virtual table; a statement that does it fails
            allowed = first == "sqlite_master"
        case _:
            allowed = False
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _explained(error: Exception, seconds: float) -> UsageError | StoreUnusableError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT:
        return UsageError(
            f"no answer after {seconds:g} s", hint="Ask for less: a time, a LIMIT, fewer columns of text."
        )
    if code in (sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY):
        return UsageError("only questions are answered here", hint="One SELECT; nothing can be changed.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR):
        return StoreUnusableError(str(error), hint="Save what can be read: sqlite3 FILE .recover")
    return UsageError(str(error), hint="llmwatch sql --tables says what there is.")
