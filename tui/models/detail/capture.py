"""Why a span has no prompt or answer, and the one line that changes it, by who made the span."""

from __future__ import annotations

from typing import Final

from llmwatch.analysis import remedies
from llmwatch.neutral import neutral_line
from llmwatch.store.span import Span
from llmwatch.tui import format as fmt
from llmwatch.tui.models.document import Block, Line, note


def missing_span(span_id: str, named_by: int) -> tuple[Block, ...]:
    """What is said of a parent that has not come."""
    named = fmt.plural(named_by, "span")
    why: Line = (
        ("? this span has not come", "warn"),
        (f": {named} here {_NAME[named_by > 1]} it as parent.", "plain"),
    )
    reasons = "It may still be running and its sender tells only of ended spans, or it was never exported."
    return (Block(lines=(why, ((reasons, "muted"),)), folds=False), note(span_id, "plain"))


_NAME: Final = ("names", "name")


def not_captured(span: Span, what: str) -> tuple[Block, ...]:
    """What a tab says instead of ``what`` (``prompt``, ``answer``) that was not sent."""
    if span.state != "ended":
        return (
            Block(lines=((("● running: ", "accent"), (f"no {what} has come yet", "muted")),), folds=False),
        )
    line = remedies.content(span)
    sender = neutral_line(span.content.scope_name or span.dialect or "the sender")
    why: Line = (("▲ content not captured", "warn"), (f": {sender} sent no {what}.", "plain"))
    if not line:
        return (Block(lines=(why,), folds=False),)
    return (
        Block(
            lines=(why, (("Set this where the app runs (y copies it):", "muted"),)), value=line, folds=False
        ),
        Block(lines=(((line, "strong"),),), value=line, folds=False),
    )
