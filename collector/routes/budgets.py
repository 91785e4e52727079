"""GET /api/budgets: how every budget stands."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.analysis import figures
from llmwatch.analysis.budget import BudgetState
from llmwatch.analysis.budgetstates import budget_states
from llmwatch.collector.door import Door, door_of
from llmwatch.store.database import connect_reader


async def budgets(request: Request) -> Response:
    """Every budget, and the values of those that users, features, … have for themselves; worst first."""
    states = await asyncio.to_thread(_states, door_of(request))
    return JSONResponse({"budgets": [figures.budget(state) for state in states]})


def _states(door: Door) -> list[BudgetState]:
    with closing(connect_reader(door.database)) as db:
        return budget_states(db, door.config, time.time_ns())


routes: Final = [Route("/api/budgets", budgets, methods=["GET"])]
