"""What an answer is made of while it streams, the same for every API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from llmwatch.store.span import Usage


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer's text; a refusal is text too."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of what the model thought aloud."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallDelta:
    """More of a tool call. ``index`` tells calls apart; id and name come once, arguments in fragments."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The answer is complete."""

    usage: Usage | None = None
    finish_reason: str | None = None
    """As the provider says it."""
    response_id: str | None = None
    model: str | None = None
    """The model that answered."""


Delta: TypeAlias = TextDelta | ReasoningDelta | ToolCallDelta | Finished
