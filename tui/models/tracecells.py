"""One line of the trace list: which columns fit, and what each says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmwatch.neutral import neutral_line
from llmwatch.tui import format as fmt
from llmwatch.tui.models.runs import Run, Tone

if TYPE_CHECKING:
    from llmwatch.store.rows import TraceRow

_COUNT: Final = fmt.TOKENS_WIDTH - 1
"""Tokens of one trace: ``99,999`` or ``1.23 M``."""
_TOKENS: Final = 2 * _COUNT + 3
_TIME: Final = 10
GAP: Final = 1
_ALL: Final = 200
"""A width at which nothing is left out."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list."""

    title: str
    width: int
    cell: Callable[[TraceRow, int], Run]
    """What it says of a row at a moment (Unix ns); no wider than ``width`` when it is a number."""
    number: bool = False
    """Right-aligned, and never cut."""
    most: int = 0
    """How far it grows when there is room; 0 for fixed columns."""


def glyph(row: TraceRow) -> Run:
    """The state of a trace in one character."""
    if row.status == "error":
        return "✗", "error"
    if row.running:
        return "●", "accent"
    if row.error_count or row.heuristics_failed or row.finish_reason in _CUT:
        return "▲", "warn"
    return "✓", "ok"


_CUT: Final = {
    "length": "answer cut off at the token limit",
    "max_tokens": "answer cut off at the token limit",
    "content_filter": "stopped by the content filter",
}


def what_happened(row: TraceRow, now_ns: int = 0) -> Run:
    """The one thing to know of a trace, the worst first."""
    error = _error(row)
    if row.status == "error":
        return error or "failed", "error"
    if row.error_count:
        return f"{fmt.plural(row.error_count, 'span')} failed{': ' if error else ''}{error}", "warn"
    if row.running:
        return f"running, {fmt.plural(row.span_count, 'span')} so far", "accent"
    if row.finish_reason in _CUT:
        return _CUT[row.finish_reason], "warn"
    if row.heuristics_failed:
        return ", ".join(row.heuristics_failed).replace("_", " "), "warn"
    if row.unpriced_calls:
        return f"{fmt.plural(row.unpriced_calls, 'call')} unpriced", "muted"
    if row.llm_calls > 1:
        return f"{row.llm_calls} calls in {fmt.plural(row.span_count, 'span')}", "muted"
    return ("" if row.span_count == 1 else f"{row.span_count} spans"), "muted"


def _error(row: TraceRow) -> str:
    kind = (row.error_type or "").rpartition(".")[2]
    message = row.error_message or ""
    if not message or message.startswith(kind):
        return neutral_line(message or kind)
    return neutral_line(f"{kind}: {message}" if kind else message)


def _text(value: str | None, tone: Tone = "plain") -> Run:
    return (neutral_line(value), tone) if value else (fmt.UNKNOWN, "muted")


def version(row: TraceRow) -> str | None:
    """The version that answered: the prompt's, else the app's."""
    if row.prompt_version:
        return f"{row.prompt_name or ''} {row.prompt_version}".strip()
    return f"app {row.app_version}" if row.app_version else None


def _tokens(row: TraceRow, now_ns: int) -> Run:
    if row.input_tokens is None and row.output_tokens is None:
        return fmt.UNKNOWN, "muted"
    return f"{fmt.tokens(row.input_tokens):>{_COUNT}} → {fmt.tokens(row.output_tokens):>{_COUNT}}", "plain"


def when(ns: int, now_ns: int) -> str:
    """The time of day; the day instead when it is long ago."""
    near = abs(now_ns - ns) < 12 * 3600 * fmt.SECOND
    return fmt.clock(ns) if near else fmt.since(ns, now_ns)


def _time(row: TraceRow, now_ns: int) -> Run:
    return when(row.start_ns, now_ns), "muted"


def _took(row: TraceRow, now_ns: int) -> Run:
    return fmt.duration(row.duration_ns), "muted" if row.duration_ns is None else "plain"


def _cost(row: TraceRow, now_ns: int) -> Run:
    return fmt.money(row.cost_nanousd), "muted" if row.cost_nanousd is None else "plain"


_COLUMNS: Final = (
    Column("time", _TIME, _time),
    Column("trace", 14, lambda row, now: _text(row.name, "strong"), most=26),
    Column("model", 12, lambda row, now: _text(row.model), most=26),
    Column("took", fmt.DURATION_WIDTH, _took, number=True),
    Column("tokens in→out", _TOKENS, _tokens, number=True),
    Column("cost", fmt.MONEY_WIDTH, _cost, number=True),
    Column("user", 6, lambda row, now: _text(row.user_id, "muted"), most=14),
    Column("version", 12, lambda row, now: _text(version(row), "muted"), most=20),
    Column("what happened", 17, what_happened, most=10_000),
)
_BY_NEED: Final = (
    "trace", "took", "what happened", "time", "cost", "model", "tokens in→out", "user", "version",
)  # fmt: skip
"""Which columns stay when there is not room for all: the first of these."""


def layout(width: int) -> list[tuple[Column, int]]:
    """The columns that fit in ``width`` cells, in order, with their widths; the last one fills the line."""
    by_title = {column.title: column for column in _COLUMNS}
    chosen: list[Column] = []
    room = width + GAP
    for title in _BY_NEED:
        column = by_title[title]
        if column.width + GAP > room and chosen:
            break
        chosen.append(column)
        room -= column.width + GAP
    shown = [column for column in _COLUMNS if column in chosen]
    return _grown(shown, max(room, 0))


def _grown(shown: list[Column], room: int) -> list[tuple[Column, int]]:
    """Half of the room to spare goes to what happened, the rest to the names, all alike."""
    widths = [column.width for column in shown]
    names = [i for i, column in enumerate(shown[:-1]) if column.most]
    spare = room // 2
    for taken, i in enumerate(names):
        grown = min(shown[i].most - widths[i], spare // (len(names) - taken))
        widths[i] += grown
        spare -= grown
        room -= grown
    widths[-1] += room
    return list(zip(shown, widths, strict=True))


def header(columns: list[tuple[Column, int]]) -> str:
    """The titles above the columns."""
    return (" " * GAP).join(_placed(column, column.title, width) for column, width in columns)


def cells(row: TraceRow, columns: list[tuple[Column, int]], now_ns: int) -> list[Run]:
    """The line of a row, each cell in its width."""
    runs: list[Run] = []
    for column, width in columns:
        text, tone = column.cell(row, now_ns)
        runs.append((_placed(column, text, width) + " " * GAP, tone))
    return runs


def _placed(column: Column, text: str, width: int) -> str:
    return f"{text:>{width}}" if column.number else fmt.fit(text, width)


def as_text(rows: Iterable[TraceRow], now_ns: int) -> str:
    """Rows with all columns, as plain text under their titles."""
    columns = layout(_ALL)
    lines = [header(columns), *("".join(text for text, _ in cells(row, columns, now_ns)) for row in rows)]
    return "\n".join(line.rstrip() for line in lines)
