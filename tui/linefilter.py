"""The last gate before the terminal: whatever a widget let through, no control character leaves here.

It cannot undo markup that a widget has interpreted; that is what `llmwatch.tui.safe` is for.
"""

from __future__ import annotations

import re
from typing import Final

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from llmwatch.neutral import UNSAFE

_UNSAFE: Final = re.compile("[" + re.escape("".join(map(chr, sorted((*UNSAFE, 0x0A))))) + "]")
"""Dropped, not replaced: a control character has no width, so the line keeps its own. Looking for one takes
a tenth of what `str.translate` does on the box-drawing lines that most of a screen consists of."""


class WireFilter(LineFilter):
    """Drops control, bidirectional and invisible characters and hyperlinks from every segment."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments of one line, harmless."""
        return [_harmless(segment) for segment in segments]


def _harmless(segment: Segment) -> Segment:
    text, style, control = segment
    if control:
        return segment
    if not (text.isascii() and text.isprintable()) and _UNSAFE.search(text):
        text = _UNSAFE.sub("", text)
    if style is not None and style.link:
        style = style.update_link(None)
    return Segment(text, style)
