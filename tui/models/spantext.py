"""A span as plain text: what is copied, written to a file, and opened in an editor or a pager."""

from __future__ import annotations

from llmwatch.neutral import neutral_line
from llmwatch.tui import format as fmt
from llmwatch.tui.models.detail.opened import Opened
from llmwatch.tui.models.detail.tabs import TABS
from llmwatch.tui.models.document import as_text


def span_text(opened: Opened) -> str:
    """Everything known of a span, a section for each tab."""
    sections = [_head(opened)]
    for tab in TABS:
        sections.append(f"== {tab.title} ==\n\n{as_text(tab.blocks(opened))}")
    return "\n\n\n".join(sections) + "\n"


def _head(opened: Opened) -> str:
    row = opened.detail.row
    facts = [
        row.kind,
        row.model,
        row.status if row.end_ns is not None else "running",
        fmt.duration(row.duration_ns),
        fmt.money(row.cost_nanousd),
        f"{fmt.tokens(row.input_tokens)} → {fmt.tokens(row.output_tokens)} tokens",
        f"span {row.span_id} of trace {row.trace_id}",
    ]
    return f"{neutral_line(row.name)}\n{neutral_line(' · '.join(filter(None, facts)))}"
