"""The spans of a trace as a tree with a waterfall."""

from __future__ import annotations

from collections.abc import Sequence

from textual.events import Resize

from llmwatch.tui.models.runs import Run
from llmwatch.tui.models.tracetree import Node, TraceTree
from llmwatch.tui.models.treerows import TreeView, as_text, header, layout, row
from llmwatch.tui.widgets.cursorview import CursorView


class SpanTree(CursorView):
    """A line a span. The cursor stays on its span while others come."""

    header = 1

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view = TreeView.of(TraceTree((), 0, 0))
        self._shown: list[int] = []
        self._folded: set[str] = set()
        self._columns = layout(80)

    @property
    def node(self) -> Node | None:
        """The node under the cursor."""
        return self.view.tree.nodes[self._index] if self._shown else None

    @property
    def _index(self) -> int:
        return self._shown[self.cursor]

    def show_tree(self, view: TreeView, span_id: str | None = None) -> None:
        """Show a tree, with the cursor on ``span_id``, or on the same span as before."""
        wanted = span_id or (self.node.span_id if self.node is not None else None)
        self.view = view
        index = view.tree.index_of(wanted) if wanted is not None else None
        self._put_on(index or 0)

    def _put_on(self, index: int) -> None:
        """The cursor goes to a node; what hides it is opened."""
        tree = self.view.tree
        self._folded -= (
            {tree.nodes[above].span_id for above in tree.ancestors(index)} if tree.nodes else set()
        )
        self._shown = tree.visible(self._folded)
        before = self.cursor
        self.show_rows(len(self._shown), self._shown.index(index) if self._shown else 0)
        if self.cursor != before:
            self.post_message(self.Moved(self))

    def on_resize(self, event: Resize) -> None:
        """Other columns may fit."""
        self._columns = layout(self.width)
        self.show_rows(self.count, self.cursor)

    def header_row(self, y: int) -> Sequence[Run]:
        """The titles of the columns, and the scale."""
        return header(self.view, self._columns)

    def row(self, position: int) -> Sequence[Run]:
        """A span."""
        if position >= len(self._shown):
            return ()
        return row(self.view, self._shown[position], self._columns, self._folded)

    def fold(self, closed: bool | None = None) -> bool:
        """Close or open the branch under the cursor, or change which it is; whether anything changed."""
        node = self.node
        if node is None or node.size == 1:
            return False
        is_closed = node.span_id in self._folded
        if closed is is_closed:
            return False
        self._folded ^= {node.span_id}
        self._shown = self.view.tree.visible(self._folded)
        self.show_rows(len(self._shown), self.cursor)
        return True

    def go_up_a_level(self) -> None:
        """To the parent."""
        if self.node is not None and self.node.parent >= 0:
            self.go(self._shown.index(self.node.parent))

    def go_to_next_failing(self) -> bool:
        """To the next span that failed, around the end; whether there is one."""
        index = self.view.tree.next_failing(self._index) if self._shown else None
        if index is not None:
            self._put_on(index)
        return index is not None

    def text(self) -> str:
        """The tree as plain text."""
        return as_text(self.view, self._shown, self._folded)
