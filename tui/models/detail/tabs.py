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
from llmwatch.tui.models.runs import Run


@dataclass(frozen=True, slots=True)
class Tab:
    """One view of a span."""

    title: str
    short: str
    blocks: Callable[[Opened], Blocks]
    says_something: Callable[[Opened], bool]
    """Whether there is more in it than that there is nothing."""


def _asked(opened: Opened) -> bool:
    return bool(opened.span.content.input_messages) or opened.span.content.input_text is not None


def _answered(opened: Opened) -> bool:
    content = opened.span.content
    return bool(content.output_messages) or content.output_text is not None or opened.span.status == "error"


def _judged(opened: Opened) -> bool:
    return bool(opened.detail.scores or opened.detail.replays) or opened.span.heuristics is not None


TABS: Final = (
    Tab("Messages", "Msgs", messages, _asked),
    Tab("Response", "Resp", response, _answered),
    Tab("Tools", "Tools", tools, lambda opened: bool(opened.calls) or opened.span.tool is not None),
    Tab("Docs", "Docs", retrieved, lambda opened: opened.span.retrieval is not None),
    Tab("Scores", "Scores", scores, _judged),
    Tab("Events", "Events", events, lambda opened: bool(opened.span.content.events)),
    Tab("Attributes", "Attrs", attributes, lambda opened: True),
    Tab("Cost", "Cost", cost, lambda opened: opened.span.cost is not None),
)


def best_tab(opened: Opened) -> int:
    """The tab that says most of a span: its documents, its tool, its error, else its messages."""
    span = opened.span
    if span.retrieval is not None:
        return 3
    if span.tool is not None:
        return 2
    return 1 if span.status == "error" else 0


def tab_line(opened: Opened | None, active: int, width: int) -> list[Run]:
    """The names of the tabs, every second run a gap; with their keys, or short, by the room there is."""
    names, gap = next(
        ((names, gap) for names, gap in _SPELLINGS if sum(map(len, names)) + gap * (len(names) - 1) <= width),
        _SPELLINGS[-1],
    )
    runs: list[Run] = []
    for i, (tab, name) in enumerate(zip(TABS, names, strict=True)):
        full = opened is not None and tab.says_something(opened)
        runs.append((name, "chosen" if i == active else "plain" if full else "muted"))
        runs.append((" " * gap, "plain"))
    return runs[:-1]


_TITLES: Final = [tab.title for tab in TABS]
_SHORT: Final = [tab.short for tab in TABS]
_SPELLINGS: Final = (
    ([f"{i} {title}" for i, title in enumerate(_TITLES, start=1)], 3),
    (_TITLES, 2),
    (_SHORT, 2),
    (_SHORT, 1),
)
"""Names and the gap between them, the most telling first."""
