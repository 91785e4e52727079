"""A collector in this process: the real app, writer and database, without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from llmwatch.collector.app import create_app
from llmwatch.collector.pipeline import Pipeline
from llmwatch.config import CollectorConfig, Config
from llmwatch.store.database import connect_reader
from llmwatch.store.reads import spans
from llmwatch.store.rows import SpanDetail
from llmwatch.store.writer import Writer
from tests.collector.requests import encoded


@dataclass
class Collector:
    """A collector and a client of it."""

    app: Starlette
    client: httpx.AsyncClient
    database: Path
    writer: Writer

    async def export(
        self, path: str, request: Mapping[str, Any] | bytes, encoding: str, **headers: str
    ) -> httpx.Response:
        """Post an OTLP request, or bytes in its place."""
        body = request if isinstance(request, bytes) else encoded(dict(request), encoding)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(path, content=body, headers={"Content-Type": encoding, **named})

    def rows(self, sql: str) -> list[Any]:
        """What a query on the database gives."""
        with closing(connect_reader(self.database)) as db:
            return db.execute(sql).fetchall()

    def detail(self, trace_id: str, span_id: str) -> SpanDetail:
        """Everything that is stored of a span."""
        with closing(connect_reader(self.database)) as db:
            found = spans.detail(db, trace_id, span_id)
        assert found is not None
        return found


CONFIG = Config(collector=CollectorConfig(max_body_mib=4, max_value_kib=8, synchronous="NORMAL"))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "llmwatch.db"


@pytest.fixture
def writer(database: Path) -> Iterator[Writer]:
    writer = Writer(database, enrich=Pipeline(CONFIG).enrich, queue_spans=1000, synchronous="NORMAL")
    writer.start()
    yield writer
    writer.close()


@pytest.fixture
async def collector(writer: Writer, database: Path) -> AsyncIterator[Collector]:
    app = create_app(writer, Pipeline(CONFIG), CONFIG, database)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://localhost:4318"
    ) as client:
        yield Collector(app, client, database, writer)
