"""GET /metrics: Prometheus text, or JSON for those who accept it."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from typing import Final

from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.analysis import figures
from llmwatch.collector.door import Door, door_of
from llmwatch.collector.outlook import Reading, look
from llmwatch.store.database import connect_reader
from llmwatch.store.reads import status


async def metrics(request: Request) -> Response:
    """Everything counted so far, read in a thread on a connection of its own: ingest goes on."""
    reading = await asyncio.to_thread(_read, door_of(request))
    accept = request.headers.get("accept", "")
    if "application/json" in accept:
        minutes = door_of(request).config.health.window_minutes
        return JSONResponse(_figures(reading, minutes))
    # 80 ms of prometheus_client that only those who scrape need; imported in the thread.
    text, media_type = await asyncio.to_thread(_render, request.app.state, reading, accept)
    return Response(text, media_type=media_type)


def _read(door: Door) -> Reading:
    with closing(connect_reader(door.database)) as db:
        return Reading(
            models=status.model_totals(db),
            outlook=look(db, door.config, time.time_ns()),
            stats=status.stats(db),
            queued_spans=door.writer.queued_spans,
            requests=door.meter.requests,
            failed_requests=door.meter.errors,
        )


def _render(state: State, reading: Reading, accept: str) -> tuple[bytes, str]:
    from llmwatch.collector.exposition import Exposition  # noqa: PLC0415 - see above

    if not hasattr(state, "exposition"):
        state.exposition = Exposition()
    exposition: Exposition = state.exposition
    return exposition.render(reading, accept)


def _figures(reading: Reading, minutes: int) -> dict[str, object]:
    return {
        **figures.since_first(reading.models),
        "window": {"minutes": minutes, **figures.window(reading.outlook.totals)},
        "health": figures.health(reading.outlook),
        "collector": {
            "queued_spans": reading.queued_spans,
            "requests": reading.requests,
            "failed_requests": reading.failed_requests,
            "stored_spans": reading.stats.spans,
            "stored_traces": reading.stats.traces,
            "database_bytes": reading.stats.file_bytes,
            "events": reading.stats.counters,
        },
    }


routes: Final = [Route("/metrics", metrics, methods=["GET"])]
