"""Pane 3: what is spent, and on what."""

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
    from llmwatch.store.rows import Dimension, Group, Measured
    from llmwatch.tui.models.cost import CostView
    from llmwatch.tui.models.groups import Grouping, Layout

_STEP_S: Final = 180
_STEPS: Final = 20
_BY: Final[tuple[Dimension, ...]] = ("model", "feature", "segment")
"""What costs are listed by, a line each."""


class CostPane(Pane["CostView"]):
    """Budgets, the pace of the last hour, and what costs today."""

    number = 3
    title = "Cost and volume"
    subject = " · today"
    own_lines = 9

    def question(self) -> Callable[[sqlite3.Connection], CostView]:
        """Budgets and the last hour."""
        now_ns, config = host(self).now_ns(), host(self).config
        return lambda db: load(db, now_ns, config)

    def groups(self, by: By) -> Callable[[sqlite3.Connection], Grouping[Measured]]:
        """The day so far."""
        now_ns, config = host(self).now_ns(), host(self).config
        return lambda db: load_groups(db, now_ns, config, by)

    def layout_of_groups(self) -> Layout[Measured]:
        """Costs, calls and tokens."""
        from llmwatch.tui.models.columns import COST

        return COST

    def draw(self, view: CostView, width: int, height: int) -> Sequence[Line]:
        """Bars, the pace, and lists."""
        from llmwatch.tui.models.cost import cost_lines

        return cost_lines(view, width, height)


def load(db: sqlite3.Connection, now_ns: int, config: Config) -> CostView:
    """Costs at ``now_ns``."""
    from llmwatch.analysis.budget import SECOND_NS
    from llmwatch.analysis.budgetstates import budget_states
    from llmwatch.analysis.health import windows
    from llmwatch.store.reads import metrics
    from llmwatch.tui.models.cost import Costs, cost_view
    from llmwatch.tui.models.groups import DIMENSIONS
    from llmwatch.tui.outlook import CALLS
    from llmwatch.tui.panes.grouped import behind

    day = windows(now_ns, config).day
    end_s = now_ns // SECOND_NS // _STEP_S * _STEP_S
    starts = range(end_s - _STEP_S * _STEPS, end_s + _STEP_S, _STEP_S)
    return cost_view(
        budget_states(db, config, now_ns),
        metrics.course(db, starts[0], end_s + _STEP_S, _STEP_S, {}),
        starts,
        [
            Costs(DIMENSIONS[each], costliest(found), behind(day[0], {}))
            for each, found in zip(_BY, metrics.groups(db, *day, _BY, CALLS), strict=True)
        ],
        metrics.sums(db, *day, {}).unpriced,
        _judge(db, day, config),
    )


def load_groups(db: sqlite3.Connection, now_ns: int, config: Config, by: By) -> Grouping[Measured]:
    """The day so far by a dimension."""
    from llmwatch.analysis.health import windows
    from llmwatch.tui.models.columns import COST
    from llmwatch.tui.panes.grouped import read_groups

    return read_groups(db, by, windows(now_ns, config).day, {}, COST)


def costliest(groups: Sequence[Group]) -> tuple[Group, ...]:
    """``groups``, costliest first, then those with most calls."""
    return tuple(sorted(groups, key=lambda group: (-group.totals.cost_nanousd, -group.totals.spans)))


def _judge(db: sqlite3.Connection, day: tuple[int, int], config: Config) -> tuple[int, int] | None:
    from llmwatch.evals.judge.state import daily_limit
    from llmwatch.store.reads.judging import spend

    spent = spend(db, day[0] * 10**9, day[1] * 10**9).cost_nanousd
    return (spent, daily_limit(config.judge)) if spent or config.judge.endpoint else None
