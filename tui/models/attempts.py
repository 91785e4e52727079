"""One call made several times, the recording first: what each attempt took, cost and said, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from llmwatch.neutral import neutral_line
from llmwatch.store.rows import SpanDetail
from llmwatch.store.span import Message, Part, Replay
from llmwatch.tui import format as fmt
from llmwatch.tui.models.cells import Cell, Line
from llmwatch.tui.models.runs import Run, Tone

State: TypeAlias = Literal["running", "ok", "error", "cancelled"]

_GLYPHS: Final[dict[State, Run]] = {
    "running": ("●", "accent"), "ok": ("✓", "ok"), "error": ("✗", "error"), "cancelled": ("▲", "warn"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt. Unknown is None."""

    label: str
    """``recorded``, ``replay 2``, ``this one``."""
    time_ns: int
    state: State
    model: str | None = None
    provider: str | None = None
    duration_ns: int | None = None
    first_chunk_ns: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_nanousd: int | None = None
    finish_reason: str | None = None
    failed_checks: tuple[str, ...] | None = None
    answer: tuple[Message, ...] = ()
    error: str | None = None


def recorded(detail: SpanDetail) -> Attempt:
    """The recording itself."""
    row, span = detail.row, detail.span
    messages = span.content.output_messages
    if not messages and span.content.output_text:
        messages = (Message(role="assistant", parts=(Part(type="text", text=span.content.output_text),)),)
    said = ": ".join(filter(None, (span.error_type, span.error_message)))
    return Attempt(
        label="recorded",
        time_ns=row.start_ns,
        state="error" if row.status == "error" else "running" if row.state != "ended" else "ok",
        model=row.model,
        provider=row.provider,
        duration_ns=row.duration_ns,
        first_chunk_ns=row.time_to_first_chunk_ns,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost_nanousd=row.cost_nanousd,
        finish_reason=", ".join(row.finish_reasons) or None,
        failed_checks=row.heuristics_failed,
        answer=messages,
        error=(said or "failed") if row.status == "error" else None,
    )


def replayed(replay: Replay, label: str, failed_checks: tuple[str, ...] | None) -> Attempt:
    """A replay that ended."""
    usage = replay.usage
    return Attempt(
        label=label,
        time_ns=replay.time_ns,
        state="error" if replay.status == "error" else "ok",
        model=replay.model,
        provider=replay.provider,
        duration_ns=replay.duration_ns,
        first_chunk_ns=replay.time_to_first_chunk_ns,
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        cost_nanousd=replay.cost_nanousd,
        finish_reason=replay.finish_reason,
        failed_checks=failed_checks,
        answer=said(replay.response, replay.tool_calls),
        error=replay.error,
    )


def said(text: str, tool_calls: Sequence[Part], reasoning: str = "") -> tuple[Message, ...]:
    """An answer as messages: one, or none when nothing was said."""
    parts = [Part(type="reasoning", text=reasoning)] if reasoning else []
    parts += [Part(type="text", text=text)] if text else []
    parts += tool_calls
    return (Message(role="assistant", parts=tuple(parts)),) if parts else ()


def answer_text(attempt: Attempt) -> str:
    """The answer as plain text, tool calls as ``→ name(arguments)``: what is copied and compared."""
    lines = [
        f"→ {part.name}({part.arguments or ''})" if part.type == "tool_call" else part.text
        for message in attempt.answer
        for part in message.parts
        if part.type in ("text", "tool_call")
    ]
    return "\n".join(line for line in lines if line)


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    width: int
    cell: Callable[[Attempt], Run]
    number: Callable[[Attempt], int | None] | None = None
    """What the change is reckoned from; such columns are right-aligned."""


def _known(text: str) -> Run:
    return text, "muted" if text == fmt.UNKNOWN else "plain"


def _finish(attempt: Attempt) -> Run:
    if attempt.state == "error":
        return neutral_line((attempt.error or "failed").partition("\n")[0]), "error"
    if attempt.state == "cancelled":
        return "cancelled", "warn"
    reason = neutral_line(attempt.finish_reason or fmt.UNKNOWN)
    tone: Tone = "warn" if reason in ("length", "max_tokens", "content_filter") else "plain"
    return (reason, tone) if attempt.finish_reason else _known(reason)


def _checks(attempt: Attempt) -> Run:
    if attempt.failed_checks is None:
        return fmt.UNKNOWN, "muted"
    if not attempt.failed_checks:
        return "✓ passes", "ok"
    return f"▲ {', '.join(attempt.failed_checks)}".replace("_", " "), "warn"


def _measured(
    title: str, width: int, write: Callable[[int | None], str], value: Callable[[Attempt], int | None]
) -> _Column:
    return _Column(title, width, lambda attempt: _known(write(value(attempt))), value)


_COLUMNS: Final = (
    _measured("took", fmt.DURATION_WIDTH, fmt.duration, lambda attempt: attempt.duration_ns),
    _measured("tokens in", 9, fmt.tokens, lambda attempt: attempt.input_tokens),
    _measured("out", fmt.TOKENS_WIDTH, fmt.tokens, lambda attempt: attempt.output_tokens),
    _measured("cost", fmt.MONEY_WIDTH, fmt.money, lambda attempt: attempt.cost_nanousd),
    _Column("finish", 10, _finish),
    _measured("first token", 11, fmt.duration, lambda attempt: attempt.first_chunk_ns),
    _Column("checks", 20, _checks),
    _Column("model", 20, lambda attempt: (neutral_line(attempt.model or fmt.UNKNOWN), "muted")),
)
"""In the order in which they are kept when there is not room for all."""
_ORDER: Final = ("took", "first token", "tokens in", "out", "cost", "finish", "checks", "model")
_LABEL: Final = 12
_GAP: Final = 2
_LABELLESS: Final[Line] = (Cell(" " * _LABEL),)


def comparison(attempts: Sequence[Attempt], shown: int | None, width: int) -> list[Line]:
    """A table of ``attempts``, the one with index ``shown`` marked, and its change from the first of them."""
    columns = _fitting(width)
    lines = [_line(_LABELLESS, [(c.title, "muted") for c, _ in columns], columns)]
    for position, attempt in enumerate(attempts):
        mark = Cell("▸" if position == shown else " ", "accent")
        label = Cell(fmt.fit(attempt.label, _LABEL - 3), "strong" if position in (0, shown) else "plain")
        name = (mark, Cell(*_GLYPHS[attempt.state]), Cell(" "), label)
        lines.append(_line(name, [c.cell(attempt) for c, _ in columns], columns))
    if shown:
        before, now = attempts[0], attempts[shown]
        label = Cell(fmt.fit("   change", _LABEL), "muted")
        lines.append(_line((label,), [_change(c, before, now) for c, _ in columns], columns))
    return lines


def _change(column: _Column, before: Attempt, now: Attempt) -> Run:
    return (fmt.change(column.number(before), column.number(now)) if column.number else ""), "muted"


def _fitting(width: int) -> list[tuple[_Column, int]]:
    """The columns that fit, in their order, with their widths; why it finished takes the room to spare."""
    chosen: list[str] = []
    room = width - _LABEL
    for column in _COLUMNS:
        if column.width + _GAP > room:
            break
        room -= column.width + _GAP
        chosen.append(column.title)
    by_title = {column.title: column for column in _COLUMNS}
    spare = {"finish": room}
    return [(by_title[t], by_title[t].width + spare.get(t, 0)) for t in _ORDER if t in chosen]


def _line(label: Line, cells: Sequence[Run], columns: Sequence[tuple[_Column, int]]) -> Line:
    placed = [
        Cell(f"{text:>{width + _GAP}}" if column.number else " " * _GAP + fmt.fit(text, width), tone)
        for (text, tone), (column, width) in zip(cells, columns, strict=True)
    ]
    return (*label, *placed)
