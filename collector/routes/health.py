"""GET /health: who is listening here, and is it well."""

from __future__ import annotations

import os
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch import __version__
from llmwatch.collector.door import door_of


async def health(request: Request) -> Response:
    """The collector's name, database and own figures; touches nothing that could be busy."""
    door = door_of(request)
    meter = door.meter
    average = meter.average_s
    return JSONResponse(
        {
            "service": "llmwatch",
            "status": "ok",
            "version": __version__,
            "db": str(door.database.absolute()),
            "grpc_port": door.grpc.port,
            "grpc_problem": door.grpc.problem,
            "config_problem": door.reloading.problem,
            "pid": os.getpid(),
            "queued_spans": door.writer.queued_spans,
            "requests_total": meter.requests,
            "error_rate": meter.error_rate,
            "avg_latency_ms": None if average is None else round(average * 1000, 3),
        }
    )


routes: Final = [Route("/health", health, methods=["GET"])]
