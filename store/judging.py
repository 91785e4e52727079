"""Rows of the judge's work: what may be judged, what is due, what became of it, what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

JudgeState: TypeAlias = Literal["due", "done", "failed", "skipped"]
"""``failed`` was asked about in vain; ``skipped`` was not asked about: no text to judge, or too old."""


class NewCall(NamedTuple):
    """An LLM call of which it is to be decided whether it is judged."""

    id: int
    trace_id: str
    duration_ns: int | None
    input_tokens: int | None
    response_chars: int | None
    checks_failed: bool


class DueCall(NamedTuple):
    """An LLM call that is to be judged."""

    id: int
    trace: int
    span_id: str
    start_ns: int
    attempts: int


class Chosen(NamedTuple):
    """A decision that a call is judged."""

    span: int
    """Its row number."""
    reason: str


class Judgement(NamedTuple):
    """What became of a question to the judge."""

    span: int
    state: JudgeState
    time_ns: int
    due_ns: int | None = None
    """When to ask again; only of one that stays due."""
    endpoint: str | None = None
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_nanousd: int | None = None
    unpriced: int = 0
    error: str | None = None


class JudgeSpend(NamedTuple):
    """What judging cost in a window."""

    judged: int
    cost_nanousd: int
    unpriced: int
    input_tokens: int
    output_tokens: int


class Look(NamedTuple):
    """New calls, and up to which span they have been looked for."""

    calls: Sequence[NewCall]
    up_to: int
