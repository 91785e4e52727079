"""What a span lacks: one quiet line below the tabs, and all of it with the lines to change."""

from __future__ import annotations

from llmwatch.analysis.hints import QUIET, Hint
from llmwatch.neutral import neutral_line
from llmwatch.tui.models.detail.opened import Opened
from llmwatch.tui.models.document import Block, Line
from llmwatch.tui.models.runs import Tone


def hint_line(opened: Opened | None) -> Line:
    """The hint that matters most, with its line to change as far as there is room."""
    if opened is None or not opened.hints:
        return ()
    first, *rest = opened.hints
    more = f"+{len(rest)} (Attributes)  " if rest else ""
    return ((f"▲ {neutral_line(first.missing)}  ", _tone(first)), (more, "muted"), (first.fix, "muted"))


def lacking(opened: Opened) -> list[Block]:
    """Every hint with its line to change, which is what copying gives."""
    return [
        Block(
            title=((f"▲ {neutral_line(hint.missing)}", _tone(hint)),),
            lines=(((neutral_line(hint.fix), "strong"),),) if hint.fix else (),
            value=neutral_line(hint.fix or hint.missing),
            folds=False,
        )
        for hint in opened.hints
    ]


def _tone(hint: Hint) -> Tone:
    return "muted" if hint.id in QUIET else "warn"
