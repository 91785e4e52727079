"""What is in a database after some records went in, without what depends on when and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from llmwatch.collector import dialects
from llmwatch.collector.pipeline import Pipeline
from llmwatch.collector.records import RawLog, RawSpan
from llmwatch.config import Config
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.reads import spans
from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Score, Span
from llmwatch.store.writer import Writer
from tests.store.state import state_of

CONFIG = Config()
PIPELINE = Pipeline(CONFIG)


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
    found: list[Span | Score] = []
    for record in records:
        if isinstance(record, RawLog):
            found += dialects.normalise_log(record)
        else:
            found += [dialects.normalise_span(record), *dialects.scores_of(record)]
    return Batch(
        spans=[PIPELINE.finish(item, 0) for item in found if isinstance(item, Span)],
        scores=[item for item in found if isinstance(item, Score)],
    )


def snapshot(database: Path) -> dict[str, Any]:
    """Everything that does not depend on the order of arrival."""
    with closing(connect_reader(database)) as db:
        columns = ", ".join(Score.__struct_fields__)
        scores = db.execute(f"SELECT {columns} FROM scores ORDER BY score_id").fetchall()
        return {**state_of(db), "scores": scores}


def details(database: Path) -> list[SpanDetail]:
    """Every span with its content and scores, by id."""
    with closing(connect_reader(database)) as db:
        ids = db.execute("SELECT trace_id, span_id FROM spans ORDER BY trace_id, span_id").fetchall()
        return [detail for pair in ids if (detail := spans.detail(db, *pair))]
