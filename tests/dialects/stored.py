"""What is in a database after some records went in, without what depends on when and in which order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from llmwatch.collector import dialects
from llmwatch.collector.pipeline import Pipeline
from llmwatch.collector.records import RawLog, RawSpan
from llmwatch.config import Config
from llmwatch.store import histogram
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.reads import spans
from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Score, Span
from llmwatch.store.writer import Writer

CONFIG = Config()
PIPELINE = Pipeline(CONFIG)

_TABLES = {
    "spans": ("id", "trace", "received_ns"),
    "traces": ("id", "received_ns"),
    "scores": ("id",),
    "totals": (),
    "versions": (),
}
"""Tables, and their columns that tell the order or time of arrival."""

_ROLLUPS = "SELECT series.*, rollups.* FROM rollups JOIN series ON series.id = rollups.series"


@contextmanager
def writing(database: Path) -> Iterator[Writer]:
    """A writer to a new database, closed at the end."""
    writer = Writer(database, enrich=PIPELINE.enrich, queue_spans=20_000, synchronous="NORMAL")
    writer.start()
    try:
        yield writer
    finally:
        writer.close()


def batch_of(records: Iterable[RawSpan | RawLog]) -> Batch:
    """Spans and scores of ``records``, finished as the collector finishes them."""
    found: list[Span | Score | None] = []
    for record in records:
        if isinstance(record, RawLog):
            found.append(dialects.normalise_log(record))
        else:
            found += [dialects.normalise_span(record), *dialects.scores_of(record)]
    return Batch(
        spans=[PIPELINE.finish(item, 0) for item in found if isinstance(item, Span)],
        scores=[item for item in found if isinstance(item, Score)],
    )


def snapshot(database: Path) -> dict[str, list[Any]]:
    """Every row that does not depend on the order of arrival, and every span with its content."""
    with closing(connect_reader(database)) as db:
        found = {table: _rows(db, f"SELECT * FROM {table}", without) for table, without in _TABLES.items()}
        found["rollups"] = _rows(db, _ROLLUPS, ("id", "series"))
    found["details"] = [(detail.span, detail.scores) for detail in details(database)]
    return found


def details(database: Path) -> list[SpanDetail]:
    """Every span with its content and scores, by id."""
    with closing(connect_reader(database)) as db:
        ids = db.execute("SELECT trace_id, span_id FROM spans ORDER BY trace_id, span_id").fetchall()
        return [detail for pair in ids if (detail := spans.detail(db, *pair))]


def _rows(db: sqlite3.Connection, query: str, without: tuple[str, ...]) -> list[Any]:
    columns = [column[0] for column in db.execute(query).description]
    rows = [dict(zip(columns, row, strict=True)) for row in db.execute(query)]
    kept = [{key: _comparable(row[key]) for key in columns if key not in without} for row in rows]
    return sorted(kept, key=repr)


def _comparable(value: Any) -> Any:
    """A histogram's bytes depend on the order in which its buckets were filled."""
    return sorted(histogram.decode(value).items()) if isinstance(value, bytes) else value
