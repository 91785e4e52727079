"""GET /metrics: Prometheus text, or JSON for those who accept it."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import closing
from typing import TYPE_CHECKING, Final

from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.analysis import figures
from llmwatch.analysis.health import windows
from llmwatch.collector.door import Door, door_of
from llmwatch.collector.outlook import Reading, look
from llmwatch.errors import StoreError
from llmwatch.store.database import connect_reader
from llmwatch.store.exposed import Sample, expose, exposed
from llmwatch.store.reads import alerts, judging, status
from llmwatch.store.reads.measuring import measure

if TYPE_CHECKING:
    from llmwatch.collector.exposition import Exposition

_log = logging.getLogger(__name__)
_NEVER_NS: Final = 1 << 62


async def metrics(request: Request) -> Response:
    """Everything counted so far, read in a thread on a connection of its own: ingest goes on."""
    door, accept = door_of(request), request.headers.get("accept", "")
    if "application/json" in accept:
        reading = await asyncio.to_thread(_read, door)
        return JSONResponse(_figures(reading, door.config.health.window_minutes))
    async with door.one_scrape:
        exposition = await asyncio.to_thread(_exposition, door, request.app.state)
        text, media_type = await asyncio.to_thread(lambda: exposition.render(_read(door), accept))
        await _remember(door, exposition.risen)
    return Response(text, media_type=media_type)


def _read(door: Door) -> Reading:
    now_ns = time.time_ns()
    with closing(connect_reader(door.database)) as db:
        return Reading(
            models=status.model_totals(db),
            outlook=look(db, door.config, now_ns),
            measured=measure(db, *windows(now_ns, door.config).status, {}, people=True),
            alerts=alerts.open_alerts(db),
            judge=judging.spend(db, 0, _NEVER_NS),
            stats=status.stats(db),
            queued_spans=door.writer.queued_spans,
            requests=door.meter.requests,
            failed_requests=door.meter.errors,
        )


def _exposition(door: Door, state: State) -> Exposition:
    # 80 ms of prometheus_client that only those who scrape need; imported in the thread.
    from llmwatch.collector.exposition import Exposition  # noqa: PLC0415 - see above

    if not hasattr(state, "exposition"):
        with closing(connect_reader(door.database)) as db:
            state.exposition = Exposition(exposed(db))
    found: Exposition = state.exposition
    return found


async def _remember(door: Door, risen: dict[Sample, float]) -> None:
    """Before it is shown, so that no end of this process makes a counter go down."""
    if risen:
        try:
            await asyncio.wrap_future(door.writer.run(lambda db: expose(db, risen)))
        except StoreError as error:
            _log.warning("what Prometheus is shown is not remembered: %s", error)
        else:
            risen.clear()


def _figures(reading: Reading, minutes: int) -> dict[str, object]:
    return {
        **figures.since_first(reading.models),
        "window": {"minutes": minutes, **figures.window(reading.outlook.totals)},
        "metrics": figures.of_metrics(reading.measured),
        "health": figures.health(reading.outlook),
        "alerts": [figures.alert(row) for row in reading.alerts],
        "judge": {
            "judged": reading.judge.judged,
            "cost_usd": figures.dollars(reading.judge.cost_nanousd),
            "unpriced": reading.judge.unpriced,
        },
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
