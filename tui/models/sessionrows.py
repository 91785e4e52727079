"""A conversation: its turns in order, with tokens and cost as they add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llmwatch.neutral import neutral_line
from llmwatch.store.rows import TraceRow
from llmwatch.tui import format as fmt
from llmwatch.tui.models.runs import Run, runs_width
from llmwatch.tui.models.tracecells import glyph, what_happened, when

_TURN = 5
_TIME = 10
_WIDE = 96
"""From this width on the turn's own tokens and cost stand beside the sums."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A trace of the session, and the sums up to and with it."""

    number: int
    row: TraceRow
    tokens: int | None
    """None while no turn has said its tokens."""
    cost_nanousd: int | None
    unpriced: int


def turns(rows: Sequence[TraceRow]) -> list[Turn]:
    """The turns of a session, given in order."""
    tokens: int | None = None
    cost: int | None = None
    unpriced = 0
    found: list[Turn] = []
    for number, row in enumerate(rows, start=1):
        if row.input_tokens is not None or row.output_tokens is not None:
            tokens = (tokens or 0) + (row.input_tokens or 0) + (row.output_tokens or 0)
        if row.cost_nanousd is not None:
            cost = (cost or 0) + row.cost_nanousd
        unpriced += row.unpriced_calls
        found.append(Turn(number, row, tokens, cost, unpriced))
    return found


def header(width: int) -> list[Run]:
    """The titles above the columns."""
    own = f"{'tokens':>8} {'cost':>{fmt.MONEY_WIDTH}} " if width >= _WIDE else ""
    name = _name_width(width)
    before = (
        f"  {'turn':>{_TURN}} {'time':<{_TIME}} {'trace':<{name}} {'took':>{fmt.DURATION_WIDTH}} {own}"
        f"{'Σ tokens':>9} {'Σ cost':>{fmt.MONEY_WIDTH}}  "
    )
    return [(before + fmt.fit("what happened", max(width - len(before), 0)), "muted")]


def cells(turn: Turn, width: int, now_ns: int) -> list[Run]:
    """The line of a turn."""
    row = turn.row
    mark, tone = glyph(row)
    runs: list[Run] = [
        (f"{mark} ", tone),
        (f"{turn.number:>{_TURN},} {when(row.start_ns, now_ns):<{_TIME}} ", "muted"),
        (fmt.fit(neutral_line(row.name), _name_width(width)), "strong"),
        (f" {fmt.duration(row.duration_ns):>{fmt.DURATION_WIDTH}}", "plain"),
    ]
    if width >= _WIDE:
        known = [count for count in (row.input_tokens, row.output_tokens) if count is not None]
        own = fmt.tokens(sum(known) if known else None)
        runs.append((f" {own:>8} {fmt.money(row.cost_nanousd):>{fmt.MONEY_WIDTH}}", "plain"))
    sums = f" {fmt.tokens(turn.tokens):>9} {fmt.money(turn.cost_nanousd):>{fmt.MONEY_WIDTH}}"
    runs.append((sums, "strong"))
    what, what_tone = what_happened(row, now_ns)
    room = width - runs_width(runs) - 2
    if room > 0:
        runs.append((f"  {fmt.fit(what, room)}", what_tone))
    return runs


def _name_width(width: int) -> int:
    return max(8, min(24, width // 6))


def total(found: Sequence[Turn]) -> str:
    """The session in a line."""
    if not found:
        return "no turn yet"
    last = found[-1]
    parts = [
        fmt.plural(last.number, "turn"),
        f"{fmt.tokens(last.tokens)} tokens",
        fmt.money(last.cost_nanousd),
    ]
    if last.unpriced:
        parts.append(f"{fmt.plural(last.unpriced, 'call')} unpriced")
    return " · ".join(parts)
