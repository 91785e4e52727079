"""The collector as an ASGI app: its routes behind its guards."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from llmwatch.collector.alerting.task import alerting
from llmwatch.collector.body import BodyLimit
from llmwatch.collector.budgets.asking import load_prices
from llmwatch.collector.door import Door
from llmwatch.collector.elsewhere import Elsewhere
from llmwatch.collector.following.task import following
from llmwatch.collector.grpcport import open_port
from llmwatch.collector.guards import Gate
from llmwatch.collector.judging.loop import Judging
from llmwatch.collector.meter import Meter, Metered
from llmwatch.collector.pipeline import Pipeline
from llmwatch.collector.refusals import refusal
from llmwatch.collector.routes import alerts, api, baselines, budgets, guard, health, metrics, otlp
from llmwatch.config import Config
from llmwatch.errors import IngestError, StoreError
from llmwatch.reload import changes
from llmwatch.store.writer import Writer


def create_app(
    writer: Writer, pipeline: Pipeline, config: Config, database: Path, config_file: Path | None = None
) -> Starlette:
    """The app that writes with ``writer`` (started, and closed, by the caller) to ``database``.

    When ``config_file`` changes, what it says is taken over.
    """
    meter = Meter()
    door = Door(writer=writer, pipeline=pipeline, config=config, database=database, meter=meter)
    judging = Judging(writer, database, config)
    door.reloading.subscribe(pipeline.reconfigure)
    door.reloading.subscribe(judging.reconfigure)
    collector = config.collector
    middleware = [
        Middleware(Metered, meter=meter),
        Middleware(
            Gate,
            refuse=refusal,
            hosts=(collector.host, *collector.allowed_hosts),
            origins=collector.allowed_origins,
        ),
        Middleware(BodyLimit, refuse=refusal, limit=collector.max_body_mib << 20),
    ]
    if collector.allowed_origins:
        cors = Middleware(
            CORSMiddleware,
            allow_origins=collector.allowed_origins,
            allow_methods=["POST"],
            allow_headers=["*"],
        )
        middleware.insert(2, cors)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        writer.keep(door.ledger)
        if door.ledger.enforces:
            await asyncio.to_thread(load_prices, pipeline)
        background = [
            asyncio.create_task(judging.run(), name="judge"),
        ]
        if config_file is not None:
            following_it = door.reloading.follow(changes(config_file))
            background.append(asyncio.create_task(following_it, name="configuration"))
        async with open_port(door), following(door), alerting(door):
            yield
        await elsewhere.close()
        await door.helper.close()
        for task in background:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    app = Starlette(
        lifespan=lifespan,
        routes=[
            *otlp.routes,
            *api.routes,
            *baselines.routes,
            *budgets.routes,
            *guard.routes,
            *alerts.routes,
            *health.routes,
            *metrics.routes,
        ],
        middleware=middleware,
        exception_handlers={
            IngestError: _unacceptable,
            StoreError: _not_stored,
            HTTPException: _no_such_route,
            Exception: _our_fault,
        },
    )
    app.state.door = door
    elsewhere = Elsewhere(app, door)
    app.router.default = elsewhere
    return app


async def _unacceptable(request: Request, error: Exception) -> Response:
    assert isinstance(error, IngestError)
    return refusal(request.scope, error.status, error.explain())


async def _not_stored(request: Request, error: Exception) -> Response:
    assert isinstance(error, StoreError)
    return refusal(request.scope, 503, error.explain(), error.retry_after_s)


async def _no_such_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    reply = refusal(request.scope, error.status_code, error.detail)
    reply.headers.update(error.headers or {})
    return reply


async def _our_fault(request: Request, _error: Exception) -> Response:
    # Starlette raises the error again after this answer, so that it is logged.
    return refusal(request.scope, 500, "llmwatch failed at this; its log says more")
