"""Pane 1: is everything all right?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from llmwatch.config import Config
from llmwatch.tui.host import host
from llmwatch.tui.models.cells import Line
from llmwatch.tui.panes.base import Pane

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.store.reads.sliced import By
    from llmwatch.store.rows import Dimension, Measured
    from llmwatch.tui.models.groups import Grouping, Layout
    from llmwatch.tui.models.status import StatusView

_COMMON: Final[tuple[Dimension, ...]] = ("model", "feature")
"""Where most of the trouble is looked for."""


class StatusPane(Pane["StatusView"]):
    """The verdict with its reasons, and five numbers with their course."""

    number = 1
    title = "Status"

    own_lines = 8

    def question(self) -> Callable[[sqlite3.Connection], StatusView]:
        """The last minutes."""
        now_ns, config = host(self).now_ns(), host(self).config
        return lambda db: load(db, now_ns, config)

    def groups(self, by: By) -> Callable[[sqlite3.Connection], Grouping[Measured]]:
        """The calls of the last minutes."""
        now_ns, config = host(self).now_ns(), host(self).config
        return lambda db: load_groups(db, now_ns, config, by)

    def layout_of_groups(self) -> Layout[Measured]:
        """Calls, errors, times and costs."""
        from llmwatch.tui.models.columns import STATUS

        return STATUS

    def draw(self, view: StatusView, width: int, height: int) -> Sequence[Line]:
        """Tiles, or a line a number."""
        from llmwatch.tui.models.status import status_lines

        return status_lines(view, width, height)


def load(db: sqlite3.Connection, now_ns: int, config: Config) -> StatusView:
    """The status at ``now_ns``."""
    from llmwatch.analysis.health import windows
    from llmwatch.store.reads import metrics
    from llmwatch.store.reads.measuring import measure
    from llmwatch.tui.models.status import status_view
    from llmwatch.tui.outlook import CALLS, read_outlook

    window = windows(now_ns, config).status
    measured = measure(db, *window, {})
    seen = read_outlook(db, now_ns, config, measured.calls)
    troubled = metrics.groups(db, *window, _COMMON, CALLS) if seen.verdict.reasons else []
    minutes = metrics.trend(db, *window, 60, CALLS)
    return status_view(seen, minutes, troubled, measured, config.health)


def load_groups(db: sqlite3.Connection, now_ns: int, config: Config, by: By) -> Grouping[Measured]:
    """The calls of the status window by a dimension."""
    from llmwatch.analysis.health import windows
    from llmwatch.tui.models.columns import STATUS
    from llmwatch.tui.panes.grouped import read_groups

    return read_groups(db, by, windows(now_ns, config).status, {"kind": "llm"}, STATUS)
