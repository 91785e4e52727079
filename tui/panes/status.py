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

    from llmwatch.store.rows import Dimension
    from llmwatch.tui.models.status import StatusView

_COMMON: Final[tuple[Dimension, ...]] = ("model", "feature")
"""Where most of the trouble is looked for."""


class StatusPane(Pane["StatusView"]):
    """The verdict with its reasons, and five numbers with their course."""

    number = 1
    title = "Status"

    def question(self) -> Callable[[sqlite3.Connection], StatusView]:
        """The last minutes."""
        now_ns, config, first = host(self).now_ns(), host(self).config, self.dimension
        return lambda db: load(db, now_ns, config, first)

    def draw(self, view: StatusView, width: int, height: int) -> Sequence[Line]:
        """Tiles, or a line a number."""
        from llmwatch.tui.models.status import status_lines

        return status_lines(view, width, height)


def load(db: sqlite3.Connection, now_ns: int, config: Config, first: int) -> StatusView:
    """The status at ``now_ns``, and its numbers grouped by the ``first``-th dimension."""
    from llmwatch.analysis.health import windows
    from llmwatch.store.reads import metrics
    from llmwatch.tui.models.groups import dimensions, grouping
    from llmwatch.tui.models.status import status_view
    from llmwatch.tui.outlook import CALLS, read_outlook

    window = windows(now_ns, config).status
    seen = read_outlook(db, now_ns, config)
    (by,) = dimensions(first, 1)
    grouped, *troubled = metrics.groups(db, *window, (by, *(_COMMON if seen.verdict.reasons else ())), CALLS)
    return status_view(
        seen,
        metrics.trend(db, *window, 60, CALLS),
        troubled,
        grouping(by, grouped, f"since:{config.health.window_minutes}m"),
        window,
        now_ns,
        config.health,
    )
