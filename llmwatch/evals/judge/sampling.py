"""Which answers are judged, and why: always the conspicuous ones, and a share of all others. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

from llmwatch.config.evals import JudgeConfig

Reason: TypeAlias = Literal["feedback", "checks", "slow", "long", "short", "sample"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What decides whether an answer is judged."""

    trace_id: str
    duration_ns: int | None
    input_tokens: int | None
    response_chars: int | None
    checks_failed: bool
    disliked: bool
    """Whether a user said so."""


def why_judged(candidate: Candidate, config: JudgeConfig) -> Reason | None:
    """Why an answer is judged, the same whenever it is asked; None when it is not.

    A trace is in the sample or not, by its id, with all its answers.
    """
    if candidate.disliked:
        return "feedback"
    if candidate.checks_failed:
        return "checks"
    if candidate.duration_ns is not None and candidate.duration_ns > config.slow_s * 1e9:
        return "slow"
    if candidate.input_tokens is not None and candidate.input_tokens > config.long_input_tokens:
        return "long"
    if candidate.response_chars is not None and candidate.response_chars < config.short_chars:
        return "short"
    return "sample" if share_of(candidate.trace_id) < config.sample_rate else None


def share_of(trace_id: str) -> float:
    """A number from 0 to 1 that traces have evenly, whatever their ids look like."""
    return int.from_bytes(hashlib.blake2b(trace_id.encode(), digest_size=8).digest()) / 2**64
