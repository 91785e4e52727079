"""The tree of a trace: every span exactly once, whatever the parents say.

Spans come in any order, some parents never come, and broken senders make circles. A parent that is named
and missing becomes a placeholder; a circle is cut at its earliest span.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from msgspec import Struct

from llmwatch.store.rows import SpanRow


class Node(Struct, frozen=True, kw_only=True):
    """One line of the tree. A Struct: ten thousand are made in 5 ms."""

    span_id: str
    row: SpanRow | None
    """None for a parent that spans name and that has not come."""
    parent: int
    """Index of the parent in ``TraceTree.nodes``; -1 at the top."""
    depth: int
    size: int
    """Nodes in this subtree, this one included: the subtree is ``nodes[i : i + size]``."""
    start_ns: int
    end_ns: int
    """Of a running span and of a placeholder: the last moment known of it or of what is below."""
    attempt: int | None = None
    """1, 2, … where a step was tried more than once."""
    named_by: int = 0
    """Of a placeholder: how many spans name it as their parent."""
    in_circle: bool = False
    """Its parents lead back to itself; it stands at the top instead."""

    @property
    def running(self) -> bool:
        """Whether the span has begun and not ended."""
        return self.row is not None and self.row.end_ns is None


@dataclass(frozen=True, slots=True)
class TraceTree:
    """All nodes in the order they are drawn (parents before children, siblings by start)."""

    nodes: tuple[Node, ...]
    first_ns: int
    last_ns: int
    """From the earliest start to the latest end of any span: the width of the waterfall."""

    @property
    def duration_ns(self) -> int:
        """Length of the whole trace."""
        return self.last_ns - self.first_ns

    @property
    def span_count(self) -> int:
        """Spans that came, without placeholders."""
        return sum(node.row is not None for node in self.nodes)

    def index_of(self, span_id: str) -> int | None:
        """Where a span stands, or None when it is not in the trace."""
        return next((i for i, node in enumerate(self.nodes) if node.span_id == span_id), None)

    def visible(self, folded: Collection[str]) -> list[int]:
        """Indexes of the nodes that show when the subtrees of the ``folded`` span ids are closed."""
        shown: list[int] = []
        i = 0
        while i < len(self.nodes):
            node = self.nodes[i]
            shown.append(i)
            i += node.size if node.span_id in folded else 1
        return shown

    def ancestors(self, index: int) -> list[int]:
        """The nodes above one, nearest first."""
        above: list[int] = []
        while (index := self.nodes[index].parent) >= 0:
            above.append(index)
        return above

    def next_failing(self, index: int) -> int | None:
        """The next node with an error after ``index``, around the end; None when no span failed."""
        n = len(self.nodes)
        for step in range(1, n + 1):
            i = (index + step) % n
            row = self.nodes[i].row
            if row is not None and row.status == "error":
                return i
        return None


def most_telling(tree: TraceTree) -> str | None:
    """The span to look at first: a call that failed, else the first cause of a failure, else the first call.

    A span above another that failed is not the cause. None when there is neither a failure nor a call.
    """
    failed = [i for i, node in enumerate(tree.nodes) if node.row is not None and node.row.status == "error"]
    above = {index for i in failed for index in tree.ancestors(i)}
    causes = [tree.nodes[i] for i in failed if i not in above]
    calls = [node for node in tree.nodes if _is_call(node)]
    telling = next(filter(_is_call, causes), None) or next(iter([*causes, *calls]), None)
    return telling.span_id if telling is not None else None


def _is_call(node: Node) -> bool:
    return node.row is not None and node.row.kind == "llm"


def build(rows: Sequence[SpanRow], now_ns: int) -> TraceTree:
    """The tree of ``rows`` (spans of one trace, any order). ``now_ns`` is where running spans end."""
    ordered = sorted(rows, key=lambda row: (row.start_ns, row.span_id))
    by_id = {row.span_id: row for row in ordered}
    children: dict[str, list[str]] = {}
    tops: list[str] = []
    for row in ordered:
        if row.parent_id:
            children.setdefault(row.parent_id, []).append(row.span_id)
        else:
            tops.append(row.span_id)
    missing = [parent for parent in children if parent not in by_id]
    circles = _cut_circles(by_id, children, tops + missing)
    times = {id_: (row.start_ns, _end(row, now_ns)) for id_, row in by_id.items()}
    for id_ in missing:
        first = min(times[child][0] for child in children[id_])
        times[id_] = (first, first)
    tops = sorted([*tops, *missing, *circles], key=lambda id_: (times[id_][0], id_))
    nodes = _lay_out(tops, by_id, children, circles, times)
    return TraceTree(
        nodes=tuple(nodes),
        first_ns=min((node.start_ns for node in nodes), default=now_ns),
        last_ns=max((node.end_ns for node in nodes), default=now_ns),
    )


def _cut_circles(by_id: dict[str, SpanRow], children: dict[str, list[str]], tops: list[str]) -> set[str]:
    """Takes one span out of each circle of parents, in place, and returns those spans."""
    reached = _below(tops, children)
    cut: set[str] = set()
    for span_id in by_id:
        if span_id in reached:
            continue
        seen: dict[str, None] = {}
        at = span_id
        while at not in seen:
            seen[at] = None
            at = by_id[at].parent_id or ""
        path = list(seen)
        circle = path[path.index(at) :]
        first = min(circle, key=lambda id_: (by_id[id_].start_ns, id_))
        children[by_id[first].parent_id or ""].remove(first)
        cut.add(first)
        reached |= _below([first], children)
    return cut


def _below(tops: Sequence[str], children: dict[str, list[str]]) -> set[str]:
    reached: set[str] = set()
    stack = list(tops)
    while stack:
        at = stack.pop()
        if at not in reached:
            reached.add(at)
            stack.extend(children.get(at, ()))
    return reached


def _lay_out(
    tops: list[str],
    by_id: dict[str, SpanRow],
    children: dict[str, list[str]],
    circles: set[str],
    times: dict[str, tuple[int, int]],
) -> list[Node]:
    places = _places(tops, children)
    sizes, ends = [1] * len(places), [times[span_id][1] for span_id, _, _ in places]
    for i in range(len(places) - 1, -1, -1):
        _, parent, _ = places[i]
        if parent >= 0:
            sizes[parent] += sizes[i]
            if places[parent][0] not in by_id:
                ends[parent] = max(ends[parent], ends[i])
    attempts: dict[str, int] = {}
    for siblings in (tops, *children.values()):
        if len(siblings) > 1:
            attempts |= _attempts(siblings, by_id)
    return [
        Node(
            span_id=span_id,
            row=by_id.get(span_id),
            parent=parent,
            depth=depth,
            size=size,
            start_ns=times[span_id][0],
            end_ns=end,
            attempt=attempts.get(span_id),
            named_by=0 if span_id in by_id else len(children[span_id]),
            in_circle=span_id in circles,
        )
        for (span_id, parent, depth), size, end in zip(places, sizes, ends, strict=True)
    ]


def _places(tops: list[str], children: dict[str, list[str]]) -> list[tuple[str, int, int]]:
    """Span id, index of the parent and depth of every node, in the order they are drawn."""
    places: list[tuple[str, int, int]] = []
    stack = [(span_id, -1, 0) for span_id in reversed(tops)]
    while stack:
        place = stack.pop()
        index, depth = len(places), place[2] + 1
        places.append(place)
        if below := children.get(place[0]):
            stack.extend([(child, index, depth) for child in reversed(below)])
    return places


def _end(row: SpanRow, now_ns: int) -> int:
    return max(row.start_ns, now_ns if row.end_ns is None else row.end_ns)


def _attempts(siblings: Sequence[str], by_id: dict[str, SpanRow]) -> dict[str, int]:
    """Numbers of the tries of one step among siblings in order of start.

    The sender's retry count is believed. Otherwise a sibling of the same name and kind that begins after
    one has failed and ended is the next try of that one, the first to fail first.
    """
    steps: dict[tuple[str, str], list[SpanRow]] = {}
    for span_id in siblings:
        row = by_id.get(span_id)
        if row is not None:
            steps.setdefault((row.name, row.kind), []).append(row)
    numbers: dict[str, int] = {}
    for rows in steps.values():
        if any(row.retry_count for row in rows):
            numbers |= {row.span_id: row.retry_count + 1 for row in rows if row.retry_count is not None}
        elif len(rows) > 1:
            numbers |= _inferred(rows)
    return numbers


def _inferred(rows: Sequence[SpanRow]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    failed: list[SpanRow] = []
    for row in rows:
        before = next((f for f in failed if f.end_ns is not None and f.end_ns <= row.start_ns), None)
        if before is not None:
            failed.remove(before)
            numbers[row.span_id] = numbers.setdefault(before.span_id, 1) + 1
        if row.status == "error":
            failed.append(row)
    return numbers
