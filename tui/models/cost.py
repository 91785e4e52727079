"""The cost and volume pane: what has been spent of what may be, at what pace, and on what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from llmwatch.analysis.budget import BudgetState
from llmwatch.format import MONEY_WIDTH, PERCENT_WIDTH, money, percent, tokens
from llmwatch.store.rows import Point, Totals
from llmwatch.tui.models.cells import Cell, Door, Line, bar, row, spark, width_of
from llmwatch.tui.models.groups import Grouping, costs, table
from llmwatch.tui.models.runs import Tone

_LABEL: Final = 8
_BAR: Final = 10
_STEPS: Final = 20
_HOUR_COST: Final = Door("cost>0 since:60m", "what the last hour cost")
_HOUR_TOKENS: Final = Door("tokens>0 since:60m", "tokens of the last hour")
_UNPRICED: Final = Door("unpriced:yes", "calls without a known price")
_TABLE: Final = 9
"""Height from which the groups are a table."""


@dataclass(frozen=True, slots=True)
class Period:
    """A day or a month, and its budget if there is one."""

    name: str
    state: BudgetState
    end: str
    """When it ends, in words: ``by midnight``."""


@dataclass(frozen=True, slots=True)
class CostView:
    """What the cost pane shows."""

    periods: tuple[Period, ...]
    hour: Totals
    """Every kind of span in the last hour."""
    money_course: tuple[float | None, ...]
    token_course: tuple[float | None, ...]
    groupings: tuple[Grouping, ...]
    """Today's numbers by the chosen dimension and by the next ones."""
    unpriced: int
    """Calls of today without a known price."""


def cost_view(
    daily: BudgetState, monthly: BudgetState, steps: Sequence[Point], starts: range,
    groupings: Sequence[Grouping], unpriced: int,
) -> CostView:  # fmt: skip
    """The pane's content.

    Args:
        daily: The day so far.
        monthly: The month so far.
        steps: The last hour in steps of equal length.
        starts: When each step begins, Unix seconds; the last one is running.
        groupings: Today's numbers by dimension.
        unpriced: Today's calls without a known price.
    """
    by_start = {point.start_s: point.totals for point in steps}
    totals = [by_start.get(start, Totals()) for start in starts]
    return CostView(
        (Period("day", daily, "by midnight"), Period("month", monthly, "by month's end")),
        Totals(
            cost_nanousd=sum(each.cost_nanousd for each in totals),
            input_tokens=sum(each.input_tokens for each in totals),
            output_tokens=sum(each.output_tokens for each in totals),
            cache_read_tokens=sum(each.cache_read_tokens for each in totals),
        ),
        (*(each.cost_nanousd for each in totals[:-1]), None),
        (*(each.input_tokens + each.output_tokens for each in totals[:-1]), None),
        tuple(groupings),
        unpriced,
    )


def cost_lines(view: CostView, width: int, height: int) -> list[Line]:
    """The pane's lines; the groups become a table where there is height for one."""
    lines = [*_periods(view.periods, width), *(row(chunks, width, 2) for chunks in _pace(view))]
    if height >= _TABLE and view.groupings:
        return [*lines, (), *table(view.groupings[0], width, height - len(lines) - 1)]
    for grouping in view.groupings:
        label = (Cell(f"{grouping.title:<{_LABEL}}", "muted"),)
        lines.append((*label, *row(costs(grouping), width - _LABEL)))
    return lines[:height]


def _periods(periods: Sequence[Period], width: int) -> list[Line]:
    """A line a period, their bars below each other."""
    for long in (True, False):
        comings = [_coming(period, long=long) for period in periods]
        coming = max(map(width_of, comings))
        room = width - _LABEL - 2 * MONEY_WIDTH - len(" of  ") - PERCENT_WIDTH - 3 - coming
        if room >= _BAR:
            break
    return [_period(period, max(room, 0), line, width) for period, line in zip(periods, comings, strict=True)]


def _period(period: Period, room: int, coming: Line, width: int) -> Line:
    state = period.state
    begun = datetime.fromtimestamp(state.start_s, UTC)
    door = Door(f"cost>0 after:{begun:%Y-%m-%dT%H:%M:%SZ}", f"what the {period.name} cost")
    spent = (
        Cell(f"{period.name:<{_LABEL}}", "muted"),
        Cell(f"{money(state.spent):>{MONEY_WIDTH}}", "strong", door),
    )
    if state.limit is None or state.share is None:
        return row([spent, (Cell(f"no budget for the {period.name}", "muted"),), coming], width, 2)
    full, empty = bar(state.share, room)
    return (
        *spent,
        Cell(f" of {money(state.limit):<{MONEY_WIDTH}} "),
        Cell(full, _tone(state)),
        Cell(empty, "muted"),
        Cell(f" {percent(state.share):>{PERCENT_WIDTH}}  ", _tone(state)),
        *coming,
    )


def _coming(period: Period, *, long: bool) -> Line:
    """What the period will have cost, and whether that is too much."""
    state = period.state
    if state.forecast is None:
        return ()
    over = state.limit is not None and state.forecast > state.limit
    end = f" {period.end}" if long else ""
    return (Cell(f"{'▲' if over else '→'} {money(state.forecast)}{end}", "warn" if over else "muted"),)


def _tone(state: BudgetState) -> Tone:
    share = state.share or 0
    return "error" if share >= 1 else "warn" if share >= state.warn_at else "ok"


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
    if view.unpriced:
        money_line.append((Cell("▲ ", "warn"), Cell(f"{tokens(view.unpriced)} unpriced", "warn", _UNPRICED)))
    if hour.input_tokens:
        cached = percent(hour.cache_read_tokens / hour.input_tokens)
        token_line.append((Cell("cached ", "muted"), Cell(cached)))
    return money_line, token_line
