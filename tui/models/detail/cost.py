"""The Cost tab: a bill that can be checked by hand, and why a call has none."""

from __future__ import annotations

from llmwatch.analysis.why import span_bill
from llmwatch.tui.models.bills import span_blocks
from llmwatch.tui.models.detail.opened import Opened
from llmwatch.tui.models.document import Blocks


def cost(opened: Opened) -> Blocks:
    """Tokens times rates, where the rates come from, and what the sender says."""
    return span_blocks(span_bill(opened.detail, ()))
