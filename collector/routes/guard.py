"""POST /api/guard/…: ``llmwatch.guard()`` asks before a call, and says what it cost.

A call that is let through holds what it may cost for some minutes, or until it is settled.
"""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
import time
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.budgets.asking import OUTPUT_TOKENS, Asking, asking, planned
from llmwatch.collector.budgets.ledger import Refused
from llmwatch.collector.budgets.saying import figures, seconds_left
from llmwatch.collector.dialects.usage import usage_of_body
from llmwatch.collector.door import Door, Guarded, door_of
from llmwatch.collector.lately import remember
from llmwatch.errors import IngestError
from llmwatch.store.batch import Batch
from llmwatch.store.span import Call, Context, Span, Usage

LASTS_S: Final = 600.0
"""How long a call may take: what it holds is given up then, as its process may have died."""
_NANO: Final = 10**9
_T = TypeVar("_T")
_Text = Annotated[str, Meta(min_length=1, max_length=1000)]
_Tokens = Annotated[int, Meta(ge=0, le=10**9)]
_Dollars = Annotated[float, Meta(ge=0, le=10**6)]


class Wanted(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A call that is about to be made, as far as its app says."""

    model: _Text | None = None
    provider: _Text | None = None
    user: _Text | None = None
    segment: _Text | None = None
    feature: _Text | None = None
    session: _Text | None = None
    service: _Text | None = None
    environment: _Text | None = None
    input_tokens: _Tokens = 0
    max_tokens: _Tokens = OUTPUT_TOKENS
    cost_usd: _Dollars | None = None
    """What it may cost; else that follows from the tokens."""


class Done(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A call that is over."""

    id: _Text
    cost_usd: _Dollars | None = None
    usage: dict[str, Any] | None = None
    """As the provider's answer has it."""
    model: _Text | None = None
    """The one that answered."""
    failed: bool = False
    """It cost nothing."""
    record: bool = False
    """Store it as a span, because its app sends none."""


class Tooling(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A tool that is about to be called."""

    session: _Text
    name: _Text
    arguments: Any = None


async def reserve(request: Request) -> Response:
    """Let a call through: ``{"id", "warnings"}``; or refuse it with 429 and the reason."""
    door, wanted = door_of(request), await _read(request, Wanted)
    span = planned(
        Context(
            user_id=wanted.user, segment=wanted.segment, feature=wanted.feature, session_id=wanted.session,
            service=wanted.service, environment=wanted.environment,
        ),
        wanted.provider, wanted.model,
        Usage(input_tokens=wanted.input_tokens, output_tokens=wanted.max_tokens), door.ledger.now_ns(),
    )  # fmt: skip
    found = door.ledger.reserve(await asyncio.to_thread(_asking, door, span, wanted), LASTS_S)
    if isinstance(found, Refused):
        return await _refuse(door, found)
    number = secrets.token_hex(16)
    remember(door.guarded, number, Guarded(found, span))
    return JSONResponse({"id": number, "warnings": found.warnings})


async def settle(request: Request) -> Response:
    """A call is over: what it cost counts until its span comes."""
    door, done = door_of(request), await _read(request, Done)
    guarded = door.guarded.pop(done.id, None)
    if guarded is None:
        raise IngestError("no call of this id is open: it was settled, or given up", status=404)
    hold, span = guarded
    if done.failed:
        door.ledger.release(hold)
        return JSONResponse({})
    usage = usage_of_body(done.usage)
    if usage is None and done.cost_usd is None:
        door.ledger.settle(hold, None)
        return JSONResponse({})
    span = await asyncio.to_thread(_made, door, span, done, usage)
    spend = asking(span).spend
    if done.cost_usd is not None:
        spend = spend._replace(cost_nanousd=round(done.cost_usd * _NANO), unpriced=0)
    if done.record:
        await door.commit(Batch(spans=[span]))
        door.ledger.release(hold)
    else:
        door.ledger.settle(hold, spend)
    return JSONResponse({})


async def tool(request: Request) -> Response:
    """Whether a tool may be called: 429 when its session runs in circles."""
    door, said = door_of(request), await _read(request, Tooling)
    if loop := door.loops.tool(said.session, said.name, said.arguments):
        return await _refuse(door, Refused("runaway_loop", f"this agent runs in circles: {loop}"))
    return JSONResponse({})


def _asking(door: Door, span: Span, wanted: Wanted) -> Asking:
    # In a thread: prices take 0.2 s to load when they are first asked for.
    plan = asking(door.pipeline.enrich(span) if door.ledger.enforces else span)
    if wanted.cost_usd is not None:
        spend = plan.spend._replace(cost_nanousd=round(wanted.cost_usd * _NANO), unpriced=0)
        plan = dataclasses.replace(plan, spend=spend)
    return plan


def _made(door: Door, span: Span, done: Done, usage: Usage | None) -> Span:
    """The call that ``span`` planned, as it came out."""
    call = replace(span.call or Call(), usage=usage, response_model=done.model)
    return door.pipeline.enrich(
        replace(
            span, trace_id=secrets.token_hex(16), span_id=secrets.token_hex(8), dialect="guard", call=call,
            name=f"chat {call.request_model}" if call.request_model else "chat", end_ns=time.time_ns(),
        )
    )  # fmt: skip


async def _read(request: Request, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (ValueError, RecursionError) as error:
        raise IngestError(f"this is not what a guard asks: {error}") from error


async def _refuse(door: Door, refused: Refused) -> Response:
    await door.count_refusal(refused.code)
    error = {"code": refused.code, "message": refused.message, **figures(refused)}
    left = seconds_left(refused)
    headers = {} if left is None else {"Retry-After": str(left)}
    return JSONResponse({"error": error}, 429, headers)


routes: Final = [
    Route("/api/guard/reserve", reserve, methods=["POST"]),
    Route("/api/guard/settle", settle, methods=["POST"]),
    Route("/api/guard/tool", tool, methods=["POST"]),
]
