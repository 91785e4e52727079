"""The line above a trace, and the one below its tree."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from llmwatch.tui.host import host
from llmwatch.tui.models.cells import row as fitting
from llmwatch.tui.models.cells import text_of
from llmwatch.tui.models.traceheader import facts
from llmwatch.tui.models.treerows import TreeView, critical_line
from llmwatch.tui.spanreads import Trace
from llmwatch.tui.state import STYLES


class TraceHead(Widget):
    """What the trace was, as much as fits."""

    DEFAULT_CSS = "TraceHead { dock: top; height: 1; padding: 0 1; text-wrap: nowrap; }"

    def __init__(self) -> None:
        super().__init__()
        self.trace: Trace | None = None

    def render(self) -> Content:
        """The line."""
        if self.trace is None:
            return Content("…")
        chunks = facts(self.trace.row, self.trace.turn, host(self).now_ns())
        cells = fitting(chunks, self.size.width)
        return Content.assemble(*((cell.text, STYLES[cell.tone]) for cell in cells))

    def text(self) -> str:
        """All of it, as plain text."""
        if self.trace is None:
            return ""
        return text_of([fitting(facts(self.trace.row, self.trace.turn, host(self).now_ns()), 1000)])


class CriticalPath(Widget):
    """The spans that the trace's end waited for."""

    DEFAULT_CSS = "CriticalPath { height: 1; text-wrap: nowrap; }"

    def __init__(self) -> None:
        super().__init__()
        self._view: TreeView | None = None

    def show(self, view: TreeView) -> None:
        """The path of a tree."""
        self._view = view
        self.refresh()

    def render(self) -> Content:
        """As many of its spans as fit."""
        runs = critical_line(self._view, self.size.width) if self._view is not None else []
        return Content.assemble(*((text, STYLES[tone]) for text, tone in runs))
