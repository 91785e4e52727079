"""POST /api/baseline…: which window numbers are compared with."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.door import door_of
from llmwatch.errors import IngestError
from llmwatch.store.writes import baselines

_LAST_S: Final = 2**63 // 10**9
_Second = Annotated[int, Meta(ge=0, le=_LAST_S)]


class Chosen(Struct, frozen=True, forbid_unknown_fields=True):
    """A window in Unix seconds, the end not included."""

    start_s: _Second
    end_s: _Second


async def choose(request: Request) -> Response:
    """``{"start_s", "end_s"}``: compare with these hours from now on."""
    try:
        chosen = msgspec.json.decode(await request.body(), type=Chosen)
    except (ValueError, RecursionError) as error:
        raise IngestError(f"this is no window: {error}") from error
    if chosen.end_s <= chosen.start_s:
        raise IngestError("the window ends before it begins")
    work = partial(baselines.choose, start_s=chosen.start_s, end_s=chosen.end_s, now_ns=time.time_ns())
    await asyncio.wrap_future(door_of(request).writer.run(work))
    return JSONResponse({"accepted": 1})


async def clear(request: Request) -> Response:
    """Compare with the days before."""
    await asyncio.wrap_future(door_of(request).writer.run(baselines.forget))
    return JSONResponse({"accepted": 1})


routes: Final = [
    Route("/api/baseline", choose, methods=["POST"]),
    Route("/api/baseline/clear", clear, methods=["POST"]),
]
