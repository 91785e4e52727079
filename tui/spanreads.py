"""What the trace screen asks the store: functions for the feed's threads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from llmwatch.analysis.hints import hints
from llmwatch.config.evals import HeuristicsConfig
from llmwatch.store.rows import SpanRow, TraceRow
from llmwatch.tui.models.detail.opened import Opened
from llmwatch.tui.models.tracetree import build
from llmwatch.tui.models.treerows import TreeView

if TYPE_CHECKING:
    import sqlite3

_TOOL_RUNS: Final = 50
"""Tool spans that are read to find those that a model asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A trace as it is now."""

    row: TraceRow
    spans: list[SpanRow] | None
    """None when nothing has changed since it was last read."""
    view: TreeView | None
    """The tree of ``spans``: made where it was read, since ten thousand take a tenth of a second."""
    turn: tuple[int, int] | None
    """Which turn of its session it is, and of how many."""


def read_trace(db: sqlite3.Connection, trace_id: str, known: TraceRow | None, now_ns: int) -> Trace | None:
    """A trace with its spans, unless it is over and still as ``known``; None when there is no such trace."""
    from llmwatch.store.reads import spans, traces  # noqa: PLC0415 - not before the first paint

    row = traces.trace(db, trace_id)
    if row is None:
        return None
    found = None if row == known and not row.running else spans.spans_of(db, trace_id)
    turns = [each.trace_id for each in traces.session_traces(db, row.session_id)] if row.session_id else []
    turn = (turns.index(trace_id) + 1, len(turns)) if trace_id in turns else None
    view = TreeView.of(build(found, now_ns)) if found is not None else None
    return Trace(row=row, spans=found, view=view, turn=turn)


def read_span(
    db: sqlite3.Connection, trace_id: str, span_id: str, tools: Sequence[str], config: HeuristicsConfig
) -> Opened | None:
    """A span with everything known of it; ``tools`` are the tool spans of its trace, by start."""
    from llmwatch.evals.heuristics import Heuristics  # noqa: PLC0415
    from llmwatch.store.reads import spans  # noqa: PLC0415
    from llmwatch.store.reads.around import around  # noqa: PLC0415

    detail = spans.detail(db, trace_id, span_id)
    beside = around(db, detail.row.id) if detail else None
    if detail is None or beside is None:
        return None
    opened = Opened(
        detail=detail,
        hints=hints(detail, beside, time.time_ns()),
        checks=Heuristics(config).score(detail.span),
    )
    if not opened.calls:
        return opened
    runs = [spans.detail(db, trace_id, each) for each in tools[:_TOOL_RUNS]]
    return replace(opened, tool_runs=tuple(run.span for run in runs if run is not None))


def read_session(db: sqlite3.Connection, session_id: str) -> list[TraceRow]:
    """The traces of a session, in order."""
    from llmwatch.store.reads import traces  # noqa: PLC0415

    return traces.session_traces(db, session_id)
