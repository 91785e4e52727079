"""Where the time of a trace went: bars on a common scale, and the path that its length hangs on."""

from __future__ import annotations

from dataclasses import dataclass

from llmwatch.tui.models.tracetree import TraceTree


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of half cells: ``start`` to ``end``, of which those before ``answer`` are waiting."""

    start: int
    answer: int
    """Where the first token came; equal to ``start`` when that is not known."""
    end: int


def bar(tree: TraceTree, index: int, cells: int) -> Bar:
    """The bar of a node in a waterfall ``cells`` wide: within it, and never empty."""
    node = tree.nodes[index]
    halves = 2 * cells
    total = max(tree.duration_ns, 1)
    start = min((node.start_ns - tree.first_ns) * halves // total, halves - 1)
    end = min(max(-((tree.first_ns - node.end_ns) * halves // total), start + 1), halves)
    wait = node.row.time_to_first_chunk_ns if node.row is not None else None
    answer = start if wait is None else min(start + max(wait, 0) * halves // total, end)
    return Bar(start, answer, end)


def draw(stretch: Bar, cells: int) -> str:
    """A bar as text of ``cells`` characters: thin while waiting for the first token, thick after."""
    return "".join(_cell(stretch, 2 * x) for x in range(cells))


def _cell(stretch: Bar, left: int) -> str:
    halves = (_weight(stretch, left), _weight(stretch, left + 1))
    return _CELLS[halves]


def _weight(stretch: Bar, half: int) -> int:
    if not stretch.start <= half < stretch.end:
        return 0
    return 1 if half < stretch.answer else 2


_CELLS = {
    (0, 0): " ", (1, 0): "╴", (2, 0): "╸",
    (0, 1): "╶", (1, 1): "─", (2, 1): "╾",
    (0, 2): "╺", (1, 2): "╼", (2, 2): "━",
}  # fmt: skip
"""Box drawing by the weight (none, light, heavy) of the left and the right half."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the critical path: the time that one span held up the trace itself."""

    index: int
    start_ns: int
    end_ns: int

    @property
    def duration_ns(self) -> int:
        """Length of the piece."""
        return self.end_ns - self.start_ns


def critical_path(tree: TraceTree) -> list[Stretch]:
    """The chain of spans that the trace's end waited for, in order of time.

    From the end of the longest top span backwards: the child that ended last before this moment held it up,
    then the one that ended last before that child's start, and so on; what lies between is the parent's own
    time. Children that ran beside the one on the path are not on it, and what a child did outside its
    parent's time held up nobody. (As Jaeger's trace view does it: jaegertracing/jaeger-ui,
    packages/jaeger-ui/src/components/TracePage/TraceTimelineViewer, CriticalPath.)
    """
    times = _within_parents(tree)
    below: dict[int, list[int]] = {}
    for i, (start, end) in enumerate(times):
        if end > start:
            below.setdefault(tree.nodes[i].parent, []).append(i)
    if -1 not in below:
        return []
    for ids in below.values():
        ids.sort(key=lambda i: (times[i][1], -times[i][0]))
    top = max(below[-1], key=lambda i: (times[i][1] - times[i][0], -i))
    path: list[Stretch] = []
    stack = [(top, times[top][1])]
    while stack:
        at, moment = stack.pop()
        waiting = below.get(at, [])
        while waiting and times[waiting[-1]][1] > moment:
            waiting.pop()
        child = waiting.pop() if waiting else None
        held_until = times[at][0] if child is None else times[child][1]
        if moment > held_until:
            path.append(Stretch(at, held_until, moment))
        if child is not None:
            stack.append((at, times[child][0]))
            stack.append((child, times[child][1]))
    return path[::-1]


def _within_parents(tree: TraceTree) -> list[tuple[int, int]]:
    """Start and end of each node, cut to its parent's."""
    times: list[tuple[int, int]] = []
    for node in tree.nodes:
        start, end = node.start_ns, node.end_ns
        if node.parent >= 0:
            first, last = times[node.parent]
            start, end = max(start, first), min(end, last)
        times.append((start, end))
    return times


def milestones(path: list[Stretch], least_share: float = 0.05) -> list[tuple[int, int]]:
    """The spans on the path worth naming, in order, each with its nanoseconds on it.

    Worth naming is what makes up at least ``least_share`` of the path.
    """
    total = sum(piece.duration_ns for piece in path)
    lengths: dict[int, int] = {}
    for piece in path:
        lengths[piece.index] = lengths.get(piece.index, 0) + piece.duration_ns
    return [(index, length) for index, length in lengths.items() if length >= least_share * total]
