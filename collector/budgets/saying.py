"""What a refusal says to programs."""

from __future__ import annotations

import time
from typing import Any

from llmwatch.analysis.figures import budget
from llmwatch.collector.budgets.ledger import Refused


def figures(refused: Refused) -> dict[str, Any]:
    """The budget that is used up, as `llmwatch.analysis.figures.budget` has it; nothing for other reasons."""
    return {} if refused.state is None else {"budget": dict(budget(refused.state))}


def seconds_left(refused: Refused) -> int | None:
    """How long it makes no sense to ask again; None when it is not the clock that has to change."""
    state = refused.state
    if state is None or (state.share or 0) < 1:  # calls in flight may cost less than they hold
        return None
    return max(state.end_s - int(time.time()), 1)
