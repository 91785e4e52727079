"""The line above a trace: what it was, how it went, what it took, whose it was."""

from __future__ import annotations

from llmwatch.neutral import neutral_line
from llmwatch.store.rows import TraceRow
from llmwatch.tui import format as fmt
from llmwatch.tui.models.cells import Cell, Line
from llmwatch.tui.models.tracecells import glyph, when

_LONGEST = 40


def facts(row: TraceRow, turn: tuple[int, int] | None, now_ns: int) -> list[Line]:
    """What there is to say, the most important first: what does not fit is left out from the end."""
    mark, tone = glyph(row)
    word = "running" if row.running else row.status if row.status != "unset" else "ok"
    took = row.duration_ns if row.duration_ns is not None else max(now_ns - row.start_ns, 0)
    said: list[Line] = [
        (Cell("‹ ", "muted"), Cell(neutral_line(row.name, _LONGEST), "strong")),
        (Cell(f"{mark} {word}", tone),),
        (Cell(fmt.duration(took)),),
        (Cell(fmt.money(row.cost_nanousd)),)
        if row.cost_nanousd is not None
        else (Cell("unpriced", "muted"),),
    ]
    if row.input_tokens is not None or row.output_tokens is not None:
        said.append((Cell(f"{fmt.tokens(row.input_tokens)} → {fmt.tokens(row.output_tokens)} tokens"),))
    if row.session_id:
        place = f" turn {turn[0]} of {turn[1]}" if turn is not None else ""
        said.append(
            (Cell("session ", "muted"), Cell(neutral_line(row.session_id, _LONGEST)), Cell(place, "muted"))
        )
    if row.user_id:
        said.append((Cell("user ", "muted"), Cell(neutral_line(row.user_id, _LONGEST))))
    said.append(
        _version("", " ".join(filter(None, (row.prompt_name, row.prompt_version))), row.prompt_version)
    )
    said.append(_version("app ", row.app_version or "", row.app_version))
    said.append((Cell(when(row.start_ns, now_ns), "muted"),))
    return said


def _version(what: str, text: str, version: str | None) -> Line:
    if version:
        return (Cell(what, "muted"), Cell(neutral_line(text, _LONGEST)))
    return (Cell(f"{what or 'prompt '}unversioned", "muted"),)
