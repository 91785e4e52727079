"""The tabs of the detail pane, in order: the keys 1 to 8 choose them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from llmwatch.tui.models.detail.attributes import attributes
from llmwatch.tui.models.detail.cost import cost
from llmwatch.tui.models.detail.events import events
from llmwatch.tui.models.detail.messages import messages, response
from llmwatch.tui.models.detail.opened import Opened
from llmwatch.tui.models.detail.retrieved import retrieved
from llmwatch.tui.models.detail.scores import scores
from llmwatch.tui.models.detail.tools import tools
from llmwatch.tui.models.document import Blocks


@dataclass(frozen=True, slots=True)
class Tab:
    """One view of a span."""

    title: str
    blocks: Callable[[Opened], Blocks]


TABS: Final = (
    Tab("Messages", messages),
    Tab("Response", response),
    Tab("Tools", tools),
    Tab("Docs", retrieved),
    Tab("Scores", scores),
    Tab("Events", events),
    Tab("Attributes", attributes),
    Tab("Cost", cost),
)


def best_tab(opened: Opened) -> int:
    """The tab that says most of a span: its documents, its tool, its error, else its messages."""
    span = opened.span
    if span.retrieval is not None:
        return 3
    if span.tool is not None:
        return 2
    return 1 if span.status == "error" else 0
