"""Budgets as bars: what is spent of what may be, and what it will come to, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from rich.cells import cell_len

from llmwatch.analysis.budget import BudgetState, Unit
from llmwatch.analysis.budgetwords import behind
from llmwatch.format import MONEY_WIDTH, PERCENT_WIDTH, money, percent, tokens
from llmwatch.neutral import neutral_line
from llmwatch.tui.format import fit
from llmwatch.tui.models.cells import Cell, Door, Line, bar, row, space, width_of
from llmwatch.tui.models.runs import Tone
from llmwatch.tui.state import Look

_LABEL: Final = 8
_SHORT: Final = 14
_LONGEST: Final = 22
"""Cells that a budget's name takes: at least, and at most below and from `_ROOMY` on."""
_ROOMY: Final = 70
_BAR: Final = 6
_MOST: Final = 30
"""Cells of a bar, at least and at most."""
_OVER: Final = 2.0
"""A bar that is over its limit shows so much of it at most."""
_ENDS: Final[Mapping[str, str]] = {
    "minute": "this minute", "hour": "this hour", "day": "by midnight", "month": "by month's end",
}  # fmt: skip
_UNITS: Final[Mapping[Unit, str]] = {"usd": "", "tokens": " tok", "calls": " calls"}


_Mode: TypeAlias = Literal["when", "how much", "nothing"]
"""What is said of what a period will come to."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """Widths that all lines share."""

    label: int
    limit: int
    bar: int
    coming: _Mode


def budget_lines(states: Sequence[BudgetState], width: int, height: int) -> list[Line]:
    """A line a budget in up to ``height`` lines, the last of them for how many there is no room for.

    Of a budget that each user, feature, … has for itself the worst stands for all where they have no room.
    """
    if not states or height < 1:
        return []
    if len(states) > height:
        worst: dict[str, BudgetState] = {}
        for state in states:
            worst.setdefault(state.name, state)
        states = list(worst.values())
    room = height if len(states) <= height else height - 1
    shown = states[: max(room, 1)]
    columns = _columns(shown, width)
    lines = [_line(state, columns, width) for state in shown]
    hidden = len(states) - len(shown)
    if hidden and len(lines) < height:
        lines.append((Cell(f"  +{hidden:,} more", "muted"),))
    return lines


def _columns(states: Sequence[BudgetState], width: int) -> _Columns:
    longest = _LONGEST if width >= _ROOMY else _SHORT
    label = min(max(_LABEL, *(cell_len(_name(state)) for state in states)), longest)
    limit = max((len(_limit(state)) for state in states), default=0)
    fixed = 2 + label + MONEY_WIDTH + len(" of ") + limit + 2 + PERCENT_WIDTH + 2
    modes: tuple[_Mode, ...] = ("when", "how much", "nothing")
    for mode in modes:
        room = width - fixed - max(width_of(_coming(state, mode)) for state in states)
        if room >= _BAR:
            break
    return _Columns(label, limit, min(max(room, 0), _MOST), mode)


def _name(state: BudgetState) -> str:
    """``daily``; with a value of its own ``free u_07``."""
    return neutral_line(state.name if state.value is None else f"{state.name} {state.value}", _LONGEST)


def _limit(state: BudgetState) -> str:
    return "" if state.limit is None else _count(state.limit, state.unit) + _UNITS[state.unit]


def _count(amount: int, unit: Unit) -> str:
    return money(amount) if unit == "usd" else tokens(amount)


def look(state: BudgetState) -> Look:
    """Glyph, word and tone: within, from the warning on, and used up."""
    if state.share is None:
        return Look("·", "no budget", "muted")
    if state.share >= 1:
        return Look("✗", "used up", "error")
    return Look("▲", "nearly used up", "warn") if state.share >= state.warn_at else Look("✓", "within", "ok")


def _line(state: BudgetState, columns: _Columns, width: int) -> Line:
    seen = look(state)
    name = _name(state)
    spent: Line = (
        Cell(f"{seen.glyph} ", seen.tone),
        Cell(fit(name, columns.label), "muted" if seen.tone == "ok" else "plain"),
        Cell(f"{_count(state.spent, state.unit):>{MONEY_WIDTH}}", "strong", Door(behind(state), name)),
    )
    coming = _coming(state, columns.coming)
    if state.limit is None or state.share is None:
        return row([spent, (Cell("no budget", "muted"),), coming], width, 2)
    share = (Cell(f"{percent(state.share):>{PERCENT_WIDTH}}", seen.tone), space(2))
    line = (
        *spent,
        Cell(f" of {_limit(state):<{columns.limit}} "),
        *_bar(state.share, columns.bar, seen.tone),
    )
    return (*line, space(1), *share, *coming)


def _bar(share: float, width: int, tone: Tone) -> Line:
    """The bar; past its limit, which is marked, it goes on."""
    if share > 1 and width > 1:
        within = min(max(round(width / min(share, _OVER)), 1), width - 1)
        return (Cell("━" * (within - 1), tone), Cell("┃", tone), Cell("━" * (width - within), tone))
    full, empty = bar(share, width)
    return (Cell(full, tone), Cell(empty, "muted"))


def _coming(state: BudgetState, mode: _Mode) -> Line:
    """What the period will have cost, and whether that is too much."""
    if state.forecast is None or mode == "nothing":
        return ()
    over = state.limit is not None and state.forecast > state.limit
    text = _count(state.forecast, state.unit)
    if mode == "when":
        text = f"{text:<{MONEY_WIDTH}} {_ENDS[state.period]}"
    return (Cell(f"{'▲' if over else '→'} {text}", "warn" if over else "muted"),)
