"""A trace: its spans as a tree with a waterfall, and what is known of the one under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from llmwatch.errors import StoreError
from llmwatch.store.rows import SpanRow
from llmwatch.tui import spanreads as reads
from llmwatch.tui.coalesce import Coalesced
from llmwatch.tui.host import FeedEvent, host
from llmwatch.tui.messages import DataChanged
from llmwatch.tui.models.tracetree import build, most_telling
from llmwatch.tui.models.treerows import TreeView
from llmwatch.tui.safe import safe_line
from llmwatch.tui.screens.tracekeys import TraceScreenKeys
from llmwatch.tui.widgets.cursorview import CursorView
from llmwatch.tui.widgets.keybar import KeyBar
from llmwatch.tui.widgets.tracehead import CriticalPath, TraceHead

_AT_MOST_EVERY_S: Final = 0.5
"""The tree is read no more often than this, however fast spans come."""
_GROW_S: Final = 1.0
"""How often the bars of running spans grow."""
_GROWS_UP_TO: Final = 2000
"""Larger trees (60 ms to build at 10,000 spans) only change when spans come."""


class TraceScreen(TraceScreenKeys):
    """Tree and details side by side, or one of them where there is no room for both."""

    CSS_PATH = "trace.tcss"

    def __init__(self, trace_id: str, span_id: str | None = None) -> None:
        super().__init__()
        self.trace_id = trace_id
        self._wanted = span_id
        """Where the cursor goes once the trace is read."""
        self._rows: Sequence[SpanRow] = ()
        self.head = TraceHead()
        self._critical = CriticalPath()
        self._reload = Coalesced(self._read, _AT_MOST_EVERY_S)

    def compose(self) -> ComposeResult:
        """All of it; the style sheet shows what fits."""
        yield self.head
        with Horizontal(id="trace"):
            with Vertical(id="spans"):
                yield self.tree_view
                yield self._critical
            yield self.details
        yield KeyBar()

    def on_mount(self) -> None:
        """Read, and follow the feed."""
        host(self).feed_events.subscribe(self, self._on_feed)
        self.set_interval(_GROW_S, self._grow)
        self.tree_view.focus()
        self.run_worker(self._reload())

    def on_screen_resume(self) -> None:
        """Take in what came while another screen was on top."""
        self.run_worker(self._reload())

    def _on_feed(self, event: FeedEvent) -> None:
        if isinstance(event, DataChanged) and self.is_current:
            self.run_worker(self._reload())

    # Reading

    async def _read(self) -> None:
        known = self.head.trace.row if self.head.trace is not None else None
        try:
            trace = await host(self).feed.read(
                partial(reads.read_trace, trace_id=self.trace_id, known=known, now_ns=host(self).now_ns())
            )
        except StoreError as error:
            self._fail(error)
            return
        if trace is None:
            self._fail(None)
            return
        self._show(trace)
        self._open_span()

    def _fail(self, error: StoreError | None) -> None:
        self._tell("this trace is not in the database (any more)" if error is None else str(error))

    def _tell(self, trouble: str) -> None:
        self.query_one("#spans").border_subtitle = safe_line(f"▲ {trouble}", 80) if trouble else ""

    def _show(self, trace: reads.Trace) -> None:
        self.head.trace = trace
        self.head.refresh()
        if trace.view is not None:
            self._rows = trace.spans or ()
            self._show_tree(trace.view)

    def _show_tree(self, view: TreeView) -> None:
        self._tell("")
        self.query_one("#spans").border_title = Content(f"Spans {view.tree.span_count:,}")
        wanted, self._wanted = self._wanted, None
        if wanted is None and not self.tree_view.count:
            wanted = most_telling(view.tree)
        self.tree_view.show_tree(view, wanted)
        self._critical.show(view)

    def _grow(self) -> None:
        nodes = self.tree_view.view.tree.nodes
        if self.is_current and len(nodes) <= _GROWS_UP_TO and any(node.running for node in nodes):
            self._show_tree(TreeView.of(build(self._rows, host(self).now_ns())))
            self.head.refresh()

    @on(CursorView.Moved)
    def _moved(self, event: CursorView.Moved) -> None:
        if event.view is self.tree_view:
            self._open_span()

    @work(exclusive=True, group="span")
    async def _open_span(self) -> None:
        node = self.tree_view.node
        if node is None:
            return
        span = node.row
        if span is None:
            self.details.show_missing(node.span_id, node.named_by)
            return
        tools = [row.span_id for row in self._rows if row.kind == "tool" and row.start_ns >= span.start_ns]
        checks = host(self).config.heuristics
        read = partial(
            reads.read_span, trace_id=self.trace_id, span_id=span.span_id, tools=tools, config=checks
        )
        try:
            opened = await host(self).feed.read(read)
        except StoreError as error:
            self.details.border_subtitle = safe_line(f"▲ {error}", 60)
            return
        if opened is not None:
            self.details.show_span(opened)

    def view_text(self) -> str:
        """The trace's line, its tree and the open span."""
        parts = [self.head.text(), self.tree_view.text(), self.span_text()]
        return "\n\n".join(filter(None, parts))
