"""Whether a call may pass: budgets that are used up and agents that run in circles stop it here."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.responses import Response

from llmwatch.collector.budgets.asking import Asking, asking, planned, usage_of
from llmwatch.collector.budgets.ledger import Refused
from llmwatch.collector.budgets.saying import figures, seconds_left
from llmwatch.collector.dialects.bodies import request_messages
from llmwatch.collector.dialects.values import text
from llmwatch.collector.door import Door
from llmwatch.collector.proxy.answers import body_of
from llmwatch.collector.proxy.decoding import readable
from llmwatch.collector.proxy.exchange import Asked
from llmwatch.collector.proxy.headers import value_of
from llmwatch.collector.proxy.operations import model_in
from llmwatch.collector.proxy.reading import context_of_call
from llmwatch.collector.proxy.replies import refusal
from llmwatch.collector.proxy.ticket import Ticket
from llmwatch.config import ProviderApi
from llmwatch.providers.adapters.common import table
from llmwatch.store.span import Context

_LARGE: Final = 1 << 18
"""Larger requests are read in a thread: a megabyte takes ten milliseconds."""
_SIGNS: Final = (b"arguments", b"tool_use", b"functionCall", b"function_call")
"""What stands in a request for each tool call that it repeats."""


class Gate:
    """The gate of one proxy."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def enter(self, asked: Asked) -> Ticket | Refused:
        """Let a call pass, or refuse it. What is no model call passes."""
        ledger = self._door.ledger
        if asked.operation is None or not (ledger.enforces or self._may_loop(asked)):
            return Ticket()
        if ledger.enforces or len(asked.body) > _LARGE:  # prices take 0.2 s to load when first asked for
            read = await asyncio.to_thread(self._read, asked)
        else:
            read = self._read(asked)
        # Nothing may come between a hold and the ticket that gives it back: the client may hang up.
        hold = ledger.reserve(read) if isinstance(read, Asking) else read
        if isinstance(hold, Refused):
            await self._door.count_refusal(hold.code)
            return hold
        return Ticket(ledger, hold)

    def _read(self, asked: Asked) -> Asking | Refused | None:
        """What a call asks of budgets, if there are any; or the loop that it would go on with."""
        sent = body_of(readable([(0, asked.body)], value_of(asked.headers, b"content-encoding")))
        context = context_of_call(asked, table(sent))
        loop = self._door.loops.in_request(request_messages(sent) or (), context.session_id)
        if loop:
            return Refused("runaway_loop", f"this agent runs in circles: {loop}")
        return self._asking(asked, table(sent), context) if self._door.ledger.enforces else None

    def _asking(self, asked: Asked, request: dict[str, Any], context: Context) -> Asking:
        assert asked.operation is not None, "other requests pass"
        model = text(request.get("model")) or model_in(asked.path)
        usage, tier = usage_of(request, asked.operation), text(request.get("service_tier"))
        span = planned(context, asked.provider.lower(), model, usage, self._door.ledger.now_ns(), tier)
        return asking(self._door.pipeline.enrich(span))

    def _may_loop(self, asked: Asked) -> bool:
        """Whether a request may be part of a loop; looked at closely only then."""
        loops = self._door.loops
        if not loops.repeats:
            return False
        if value_of(asked.headers, b"content-encoding") or value_of(asked.headers, b"helicone-session-id"):
            return True
        return sum(map(asked.body.count, _SIGNS)) >= loops.repeats


def refuse(api: ProviderApi, refused: Refused) -> Response:
    """The answer to a call that may not pass, as ``api`` words errors; its clients should not try again."""
    status = 400 if refused.code == "runaway_loop" else 429
    details = {"code": refused.code, **figures(refused)}
    response = refusal(api, status, f"llmwatch: {refused.message}", refused.code, details)
    response.headers["x-should-retry"] = "false"
    if (left := seconds_left(refused)) is not None:
        response.headers["Retry-After"] = str(left)
    return response
