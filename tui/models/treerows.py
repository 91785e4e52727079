"""One line of a trace's tree: state, name, kind, bar, time and its share."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from llmwatch.neutral import neutral_line
from llmwatch.tui import format as fmt
from llmwatch.tui.models.runs import Run, Tone, runs_width
from llmwatch.tui.models.tracetree import Node, TraceTree
from llmwatch.tui.models.waterfall import bar, critical_path, draw, milestones

_KINDS: Final = {
    "embedding": "embed",
    "retriever": "retr",
    "reranker": "rank",
    "guardrail": "guard",
    "evaluator": "eval",
    "prompt": "prmpt",
    "span": "",
}
_KIND: Final = 5
_STATE: Final = 2
_DEEPEST: Final = 8
"""Levels that are indented; deeper ones say how deep they are instead."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Widths of the columns; 0 for one that is left out."""

    name: int
    kind: int
    bar: int
    took: int
    share: int


def layout(width: int) -> Layout:
    """What fits into ``width``: the name and the time always, then the bar, the kind, the share."""
    room = width - _STATE - fmt.DURATION_WIDTH - 1
    kind = _KIND if room >= 38 else 0
    share = fmt.PERCENT_WIDTH if room >= 48 else 0
    room -= (kind + 1 if kind else 0) + (share + 1 if share else 0)
    if room < 24:
        return Layout(max(room, 1), kind, 0, fmt.DURATION_WIDTH, share)
    name = min(room - max(14, room * 2 // 5) - 1, 44)
    return Layout(name, kind, room - name - 1, fmt.DURATION_WIDTH, share)


@dataclass(frozen=True, slots=True)
class TreeView:
    """A tree with what is worked out once for all of its lines."""

    tree: TraceTree
    critical: frozenset[int]
    milestones: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, tree: TraceTree) -> TreeView:
        """The view of a tree."""
        path = critical_path(tree)
        return cls(tree, frozenset(piece.index for piece in path), tuple(milestones(path)))


def header(view: TreeView, columns: Layout) -> list[Run]:
    """The titles above the columns; the bars' scale stands above them."""
    scale = _scale(view.tree.duration_ns, columns.bar)
    cells = [fmt.fit("  span", _STATE + columns.name)]
    if columns.kind:
        cells.append(f"{'kind':<{columns.kind}}")
    if columns.bar:
        cells.append(scale)
    cells.append(f"{'took':>{columns.took}}")
    if columns.share:
        cells.append(f"{'share':>{columns.share}}")
    return [(" ".join(cells), "muted")]


def _scale(duration_ns: int, width: int) -> str:
    end = fmt.duration(duration_ns)
    return f"0{end:>{width - 1}}" if width > len(end) else " " * width


def row(view: TreeView, index: int, columns: Layout, folded: Collection[str]) -> list[Run]:
    """The line of a node."""
    node = view.tree.nodes[index]
    took_ns = node.end_ns - node.start_ns
    glyph, tone = state(node)
    runs: list[Run] = [(f"{glyph} ", tone)]
    runs += _name(node, columns.name, node.span_id in folded)
    if columns.kind:
        kind = node.row.kind if node.row is not None else ""
        runs.append((f" {_KINDS.get(kind, kind):<{columns.kind}}", "muted"))
    if columns.bar:
        runs.append((" " + draw(bar(view.tree, index, columns.bar), columns.bar), _bar_tone(view, index)))
    took = fmt.UNKNOWN if node.row is None else fmt.duration(took_ns)
    runs.append((f" {took:>{columns.took}}", "accent" if node.running else "plain"))
    if columns.share:
        share = fmt.percent(took_ns / view.tree.duration_ns) if view.tree.duration_ns else fmt.UNKNOWN
        runs.append((f" {share if node.row is not None else fmt.UNKNOWN:>{columns.share}}", "muted"))
    return runs


def state(node: Node) -> Run:
    """How a span is doing, in one character; nothing where all is well."""
    if node.row is None:
        return "?", "muted"
    if node.row.status == "error":
        return "✗", "error"
    if node.running:
        return "●", "accent"
    if node.in_circle or node.row.heuristics_failed:
        return "▲", "warn"
    return " ", "plain"


def _name(node: Node, width: int, folded: bool) -> list[Run]:
    indent = "  " * min(node.depth, _DEEPEST)
    if node.depth > _DEEPEST:
        indent = f"{indent[: -len(str(node.depth)) - 1]}{node.depth} "
    arrow = "  " if node.size == 1 else "▸ " if folded else "▾ "
    after = ""
    if node.attempt is not None:
        after = f" #{node.attempt}"
    if folded and node.size > 1:
        after += f" +{node.size - 1:,}"
    before = indent + arrow
    room = max(width - len(before) - len(after), 1)
    name, tone = _said(node)
    fitted = fmt.fit(name, room) if len(after) == 0 else _close(name, room)
    text = fmt.fit(before + fitted + after, width)
    at = min(len(before), width)
    end = min(at + len(fitted), width)
    return [(text[:at], "muted"), (text[at:end], tone), (text[end:], "accent")]


def _close(name: str, room: int) -> str:
    """The name without the blanks that would part it from what follows."""
    return fmt.fit(name, room).rstrip()


def _said(node: Node) -> Run:
    if node.row is None:
        return "(parent missing)", "muted"
    name = neutral_line(node.row.name) or "(no name)"
    if node.in_circle:
        return f"{name} (its parents lead back to it)", "warn"
    return name, "error" if node.row.status == "error" else "plain"


def _bar_tone(view: TreeView, index: int) -> Tone:
    node = view.tree.nodes[index]
    if node.row is not None and node.row.status == "error":
        return "error"
    if node.running:
        return "accent"
    return "plain" if index in view.critical else "muted"


def critical_line(view: TreeView, width: int) -> list[Run]:
    """``critical path  plan 2.9 s → answer 4.9 s``: as many of its spans as fit, the longest of them."""
    kept = list(view.milestones)
    while kept:
        runs: list[Run] = [("critical path  ", "muted")]
        for i, (index, length) in enumerate(kept):
            node = view.tree.nodes[index]
            name = neutral_line(node.row.name if node.row is not None else node.span_id, 24)
            runs += [(" → " if i else "", "muted"), (name, "plain"), (f" {fmt.duration(length)}", "muted")]
        if runs_width(runs) <= width:
            return runs
        kept.remove(min(kept, key=lambda pair: pair[1]))
    return []


def as_text(view: TreeView, shown: Sequence[int], folded: Collection[str]) -> str:
    """The tree as plain text."""
    columns = layout(110)
    lines = [header(view, columns), *(row(view, index, columns, folded) for index in shown)]
    lines.append(critical_line(view, 1000))
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)
