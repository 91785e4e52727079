"""How the judge is doing: whether it judges, and what it has cost today."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from llmwatch.analysis.budget import day_bounds
from llmwatch.config import Config
from llmwatch.evals.judge.state import daily_limit, hindrance, judging_endpoint
from llmwatch.store.judging import JudgeSpend
from llmwatch.store.reads import judging

_SECOND_NS: Final = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeState:
    """The judge at one time."""

    hindrance: str | None
    """Why nothing is judged; None when nothing hinders it."""
    today: JudgeSpend
    waiting: int
    """Answers that are still to be judged."""
    daily_nanousd: int
    """What judging may cost a day."""


def judge_state(db: sqlite3.Connection, config: Config, now_ns: int) -> JudgeState:
    """How the judge of ``config`` is doing at ``now_ns``.

    Raises:
        ConfigError: Its endpoint's base_url cannot be used.
    """
    start_s, end_s = day_bounds(now_ns, ZoneInfo(config.budget.timezone))
    today = judging.spend(db, start_s * _SECOND_NS, end_s * _SECOND_NS)
    return JudgeState(
        hindrance=hindrance(config.judge, judging_endpoint(config), today.cost_nanousd, now_ns),
        today=today,
        waiting=judging.waiting(db),
        daily_nanousd=daily_limit(config.judge),
    )
