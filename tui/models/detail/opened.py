"""The span that is open, with what its tabs need beside it."""

from __future__ import annotations

from dataclasses import dataclass

from llmwatch.analysis.hints import Hint
from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Part, Score, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A span in the detail pane."""

    detail: SpanDetail
    tool_runs: tuple[Span, ...] = ()
    """The tool spans of its trace, in order of start: some of them ran what this span asked for."""
    hints: tuple[Hint, ...] = ()
    """What is missing of it, what matters most first."""
    checks: Score | None = None
    """What checking its answer gives now; the comment is JSON of every check, and of why some fail."""

    @property
    def span(self) -> Span:
        """All that is known of the span itself."""
        return self.detail.span

    @property
    def calls(self) -> tuple[Part, ...]:
        """The tool calls that the model asked for."""
        return tuple(
            part
            for message in self.span.content.output_messages
            for part in message.parts
            if part.type == "tool_call"
        )
