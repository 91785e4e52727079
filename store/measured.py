"""What metrics are made of: everything that was counted in a window and a slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from llmwatch.store.rows import Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSums:
    """Scores of one name."""

    scores: int
    valued: int
    """Those with a number; the others have a label, or tell that something happened (a retry, an edit)."""
    total: float
    """Sum of the numbers."""
    negative: int
    """Number below 0.5."""
    low: int
    """Number below 0.7."""
    high: int
    """Number of 0.8 or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How many users or sessions there were, and what all of them cost together."""

    count: int
    cost_nanousd: int
    priced: int
    """Calls with a price, on which the cost rests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All that metrics are made of (llmwatch.analysis.metrics), of one window and one slice."""

    start_s: int
    end_s: int
    """Whole minutes; the end is not included."""
    spans: Totals
    """Everything; cost and tokens of a window are these."""
    calls: Totals
    """LLM calls."""
    tools: Totals
    retrievals: Totals
    embeddings: Totals
    scores: Mapping[str, ScoreSums]
    """By name, in the window in which they were given."""
    users: Crowd | None = None
    """None when it was not asked for."""
    sessions: Crowd | None = None
