"""The cost and volume pane: what has been spent of what may be, at what pace, and on what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from llmwatch.analysis.budget import BudgetState
from llmwatch.format import MONEY_WIDTH, money, percent, tokens
from llmwatch.store.rows import Group, Point, Totals
from llmwatch.tui.models.budgetbars import budget_lines
from llmwatch.tui.models.cells import Cell, Door, Line, row, spark
from llmwatch.tui.models.groups import door_to, name

_LABEL: Final = 10
_STEPS: Final = 20
_HOUR_COST: Final = Door("cost>0 since:60m", "what the last hour cost")
_HOUR_TOKENS: Final = Door("tokens>0 since:60m", "tokens of the last hour")
_UNPRICED: Final = Door("unpriced:yes", "calls without a known price")
_BUDGETS: Final = 5
"""Lines that budgets may take though not all of what costs has room then."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Today's costs by one dimension."""

    key: str
    """The filter's key for it."""
    groups: tuple[Group, ...]
    """Costliest first."""
    where: str
    """Filter of today: ``after:…``."""


@dataclass(frozen=True, slots=True)
class CostView:
    """What the cost pane shows."""

    budgets: tuple[BudgetState, ...]
    """Worst first."""
    hour: Totals
    """Every kind of span in the last hour."""
    money_course: tuple[float | None, ...]
    token_course: tuple[float | None, ...]
    costs: tuple[Costs, ...]
    unpriced: int
    """Calls of today without a known price."""
    judge: tuple[int, int] | None
    """What judging has cost today and may cost, nano-dollars; None when it costs nothing."""


def cost_view(
    budgets: Sequence[BudgetState], steps: Sequence[Point], starts: range, costs: Sequence[Costs],
    unpriced: int, judge: tuple[int, int] | None,
) -> CostView:  # fmt: skip
    """The pane's content.

    Args:
        budgets: How they stand, worst first.
        steps: The last hour in steps of equal length.
        starts: When each step begins, Unix seconds; the last one is running.
        costs: Today's by dimension; those that nobody says are left out.
        unpriced: Today's calls without a known price.
        judge: What judging has cost today and may cost.
    """
    by_start = {point.start_s: point.totals for point in steps}
    totals = [by_start.get(start, Totals()) for start in starts]
    return CostView(
        tuple(budgets),
        Totals(
            cost_nanousd=sum(each.cost_nanousd for each in totals),
            input_tokens=sum(each.input_tokens for each in totals),
            output_tokens=sum(each.output_tokens for each in totals),
            cache_read_tokens=sum(each.cache_read_tokens for each in totals),
        ),
        (*(each.cost_nanousd for each in totals[:-1]), None),
        (*(each.input_tokens + each.output_tokens for each in totals[:-1]), None),
        tuple(each for each in costs if any(group.value for group in each.groups)),
        unpriced,
        judge,
    )


def cost_lines(view: CostView, width: int, height: int) -> list[Line]:
    """The pane's lines: budgets, worst first, the pace of the last hour, and what costs today."""
    pace = [row(chunks, width, 2) for chunks in _pace(view)]
    room = max(height - len(pace) - len(view.costs), min(_BUDGETS, height - len(pace) - 1))
    lines = [*budget_lines(view.budgets, width, room), *pace]
    for costs in view.costs:
        label = (Cell(f"{costs.key:<{_LABEL}}", "muted"),)
        lines.append((*label, *row(_costs(costs), width - _LABEL)))
    return lines[:height]


def _costs(costs: Costs) -> list[Line]:
    """Each group's name and cost: chunks for a line."""
    return [
        (
            Cell(f"{name(group.value)} ", "muted"),
            Cell(money(group.totals.cost_nanousd), "plain", door_to(costs.key, group.value, costs.where)),
        )
        for group in costs.groups
    ]


def _pace(view: CostView) -> tuple[list[Line], list[Line]]:
    """Money and tokens of the last hour, each as chunks of a line."""
    hour = view.hour
    used = (hour.input_tokens + hour.output_tokens) / 60
    cost = Cell(f"{money(hour.cost_nanousd):>{MONEY_WIDTH}}", "strong", _HOUR_COST)
    rate = Cell(f"{tokens(used):>{MONEY_WIDTH}}", "strong", _HOUR_TOKENS)
    money_line: list[Line] = [
        (Cell(f"{'$/hour':<{_LABEL}}", "muted"), cost, Cell(" " + spark(view.money_course, _STEPS), "muted"))
    ]
    token_line: list[Line] = [
        (Cell(f"{'tok/min':<{_LABEL}}", "muted"), rate, Cell(" " + spark(view.token_course, _STEPS), "muted"))
    ]
    if view.judge is not None:
        spent, limit = view.judge
        over = spent >= limit
        text = f"judge {money(spent)} of {money(limit)} today"
        money_line.append((Cell("▲ " if over else "", "warn"), Cell(text, "warn" if over else "muted")))
    if view.unpriced:
        money_line.append((Cell("▲ ", "warn"), Cell(f"{tokens(view.unpriced)} unpriced", "warn", _UNPRICED)))
    if hour.input_tokens:
        cached = percent(hour.cache_read_tokens / hour.input_tokens)
        token_line.append((Cell("cached ", "muted"), Cell(cached)))
    return money_line, token_line
