"""POST /api/alerts/…: what a person says of an alert that holds."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.door import door_of
from llmwatch.errors import IngestError
from llmwatch.store.writes import alerts

_MINUTE_NS: Final = 60 * 10**9
_WEEK_MINUTES: Final = 7 * 24 * 60
_Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
_T = TypeVar("_T")


class Acknowledged(Struct, frozen=True, forbid_unknown_fields=True):
    """Someone has taken an alert on."""

    id: _Id


class Snoozed(Struct, frozen=True, forbid_unknown_fields=True):
    """Nobody wants to hear of an alert for some minutes."""

    id: _Id
    minutes: Annotated[int, Meta(ge=1, le=_WEEK_MINUTES)]


class Tested(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule is to be tested."""

    rule: str


async def acknowledge(request: Request) -> Response:
    """``{"id"}``: someone has taken it on. It goes on firing, without banner and bell."""
    said = await _read(request, Acknowledged)
    return await _write(request, said.id, lambda db: alerts.acknowledge(db, said.id, time.time_ns()))


async def snooze(request: Request) -> Response:
    """``{"id", "minutes"}``: not to be heard of for so long, a week at most; then it is told again."""
    said = await _read(request, Snoozed)
    until_ns = time.time_ns() + said.minutes * _MINUTE_NS
    return await _write(request, said.id, lambda db: alerts.snooze(db, said.id, until_ns))


async def test(request: Request) -> Response:
    """``{"rule"}``: tell everybody a marked test of it, as if it fired. Says which channels it goes to."""
    from llmwatch.collector.alerting.message import test_of  # noqa: PLC0415 - see alerting/task.py

    said, door = await _read(request, Tested), door_of(request)
    rule = door.config.alerts.rules.get(said.rule)
    if rule is None:
        raise IngestError(f"there is no rule {said.rule[:100]!r}", status=404)
    channels = (door.config.alerts.tier1, door.config.alerts.tier2, door.config.alerts.tier3)[rule.tier - 1]
    told = test_of(said.rule, rule).encoded()
    queued = door.writer.run(lambda db: alerts.queue(db, channels, "test", None, told, time.time_ns()))
    await asyncio.wrap_future(queued)
    door.alerts_queued.set()
    return JSONResponse({"accepted": len(channels), "channels": channels})


async def _read(request: Request, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (ValueError, RecursionError) as error:
        raise IngestError(f"this says nothing of an alert: {error}") from error


async def _write(request: Request, number: int, work: Callable[[sqlite3.Connection], bool]) -> Response:
    if not await asyncio.wrap_future(door_of(request).writer.run(work)):
        raise IngestError(f"no alert {number} holds", status=404)
    return JSONResponse({"accepted": 1})


routes: Final = [
    Route("/api/alerts/acknowledge", acknowledge, methods=["POST"]),
    Route("/api/alerts/snooze", snooze, methods=["POST"]),
    Route("/api/alerts/test", test, methods=["POST"]),
]
