"""Lines of text with meaning, and the numbers in them that open something: what every pane is made of.

Text in a cell is neutral already. A line is as wide as its cells; what does not fit is left out, not cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from rich.cells import cell_len

from llmwatch.tui.models.runs import Tone


@dataclass(frozen=True, slots=True)
class Door:
    """Where Enter on a number leads: the traces that ``filter`` (store/filters.py) matches."""

    filter: str
    title: str
    """Whose number it is: ``errors, last 15 min``."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a line."""

    text: str
    tone: Tone = "plain"
    door: Door | None = None


Line: TypeAlias = tuple[Cell, ...]

GAP: Final = 3


def width_of(line: Line) -> int:
    """Terminal cells that ``line`` takes."""
    return sum(cell_len(cell.text) for cell in line)


def text_of(lines: Iterable[Line]) -> str:
    """The lines as plain text, without trailing spaces."""
    return "\n".join("".join(cell.text for cell in line).rstrip() for line in lines)


def space(count: int) -> Cell:
    """``count`` blanks."""
    return Cell(" " * max(count, 0))


def row(chunks: Iterable[Line], width: int, gap: int = GAP) -> Line:
    """As many of ``chunks`` as fit into ``width``, in order, ``gap`` apart."""
    return next(iter(flow(chunks, width, 1, gap)), ())


def flow(chunks: Iterable[Line], width: int, height: int, gap: int = GAP) -> list[Line]:
    """``chunks`` in up to ``height`` lines of ``width``; those that do not fit are left out."""
    lines: list[Line] = []
    for chunk in chunks:
        _place(lines, chunk, width, height, gap)
    return lines


def packed(chunks: Iterable[Line], width: int, height: int, gap: int = GAP) -> list[Line] | None:
    """As `flow`; None when one of ``chunks`` does not fit."""
    lines: list[Line] = []
    return lines if all(_place(lines, chunk, width, height, gap) for chunk in chunks) else None


def _place(lines: list[Line], chunk: Line, width: int, height: int, gap: int) -> bool:
    """Put ``chunk`` at the end of ``lines``, and say whether there was room for it."""
    if lines and width_of(lines[-1]) + gap + width_of(chunk) <= width:
        lines[-1] = (*lines[-1], space(gap), *chunk)
    elif len(lines) < height and width_of(chunk) <= width:
        lines.append(chunk)
    else:
        return False
    return True


def spread(left: Line, right: Line, width: int) -> Line:
    """``left`` and, when there is room for both, ``right`` at the other end of the line."""
    room = width - width_of(left) - width_of(right)
    return (*left, space(room), *right) if room > 0 else left


def padded(line: Line, width: int) -> Line:
    """``line`` filled up with blanks to ``width``."""
    return (*line, space(width - width_of(line)))


_BLOCKS: Final = "▁▂▃▄▅▆▇█"


def spark(values: Sequence[float | None], width: int) -> str:
    """The last ``width`` values as blocks from 0 to the highest of them; a blank where nothing is known."""
    shown = values[-width:] if width > 0 else ()
    top = max((value for value in shown if value is not None), default=0)
    return "".join(
        " " if value is None else _BLOCKS[round(value / top * 7)] if top > 0 else _BLOCKS[0]
        for value in shown
    ).rjust(max(width, 0))


def bar(share: float, width: int) -> tuple[str, str]:
    """The full and the empty part of a bar of ``width``; any share above 0 shows."""
    full = min(max(round(share * width), 1 if share > 0 else 0), width)
    return "━" * full, "─" * (width - full)
