"""Pane 3: what is spent, and on what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from llmwatch.config import Config
from llmwatch.tui.host import host
from llmwatch.tui.models.cells import Line
from llmwatch.tui.panes.base import Pane

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.tui.models.cost import CostView

_STEP_S: Final = 180
_STEPS: Final = 20
_GROUPINGS: Final = 3


class CostPane(Pane["CostView"]):
    """Budgets, the pace of the last hour, and today by three dimensions."""

    number = 3
    title = "Cost and volume"
    subject = " · today"

    def question(self) -> Callable[[sqlite3.Connection], CostView]:
        """Day, month and the last hour."""
        now_ns, config, first = host(self).now_ns(), host(self).config, self.dimension
        return lambda db: load(db, now_ns, config, first)

    def draw(self, view: CostView, width: int, height: int) -> Sequence[Line]:
        """Lines, or a table when there is room."""
        from llmwatch.tui.models.cost import cost_lines

        return cost_lines(view, width, height)


def load(db: sqlite3.Connection, now_ns: int, config: Config, first: int) -> CostView:
    """Costs at ``now_ns``, grouped by dimensions from the ``first``-th on."""
    from llmwatch.analysis.budget import SECOND_NS
    from llmwatch.analysis.health import windows
    from llmwatch.store.reads import metrics
    from llmwatch.tui.models.cost import cost_view
    from llmwatch.tui.models.groups import dimensions, grouping
    from llmwatch.tui.outlook import CALLS, read_outlook

    day = windows(now_ns, config).day
    seen = read_outlook(db, now_ns, config)
    end_s = now_ns // SECOND_NS // _STEP_S * _STEP_S
    starts = range(end_s - _STEP_S * _STEPS, end_s + _STEP_S, _STEP_S)
    where = f"after:{datetime.fromtimestamp(day[0], UTC):%Y-%m-%dT%H:%M:%SZ}"
    by = dimensions(first, _GROUPINGS)
    return cost_view(
        seen.daily,
        seen.monthly,
        metrics.course(db, starts[0], end_s + _STEP_S, _STEP_S, {}),
        starts,
        [
            grouping(each, found, where)
            for each, found in zip(by, metrics.groups(db, *day, by, CALLS), strict=True)
        ],
        metrics.sums(db, *day, {}).unpriced,
    )
