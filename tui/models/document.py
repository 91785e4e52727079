"""A text to read: blocks that fold, lines of runs, wrapped at word ends for the width there is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from rich.cells import cell_len, get_character_cell_size

from llmwatch.neutral import neutral
from llmwatch.tui.models.runs import Run, Tone

Line: TypeAlias = tuple[Run, ...]

FOLD_AT: Final = 40
"""Rows of a block that are shown before it is opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What belongs together: a message, a retrieved document, an exception. It folds and is copied as one."""

    title: Line = ()
    """The line above it; empty for none."""
    lines: tuple[Line, ...] = ()
    value: str = ""
    """What copying it gives: neutral, without the decoration."""
    folds: bool = True
    """Whether all but the first `FOLD_AT` rows are hidden until it is opened."""


Blocks: TypeAlias = tuple[Block, ...]


def text_lines(text: str, tone: Tone = "plain", indent: str = "") -> tuple[Line, ...]:
    """Outside text as lines: neutral, its newlines kept."""
    return tuple(((indent + line, tone),) for line in neutral(text).split("\n"))


def note(text: str, tone: Tone = "muted") -> Block:
    """A remark of ours: a line of its own."""
    return Block(lines=text_lines(text, tone), value=text, folds=False)


def plain(line: Line) -> str:
    """The characters of a line."""
    return "".join(text for text, _ in line)


def as_text(document: Blocks) -> str:
    """The document as plain text, nothing folded, nothing wrapped."""
    parts: list[str] = []
    for block in document:
        lines = [plain(line).rstrip() for line in (*((block.title,) if block.title else ()), *block.lines)]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the screen: a piece of a line, a title, a gap, or the mark of a fold."""

    kind: Literal["title", "text", "fold", "gap"]
    block: int
    line: int = 0
    start: int = 0
    end: int = 0
    """The characters of the line that stand on this row; of a fold, ``end`` rows are hidden."""
    indent: int = 0
    """Blanks before them: a line that goes on stands below where it began."""


def lay_out(document: Blocks, width: int, opened: Collection[int] = ()) -> list[Row]:
    """The rows of ``document`` at ``width`` cells; blocks in ``opened`` (indexes) are not folded."""
    rows: list[Row] = []
    for number, block in enumerate(document):
        if number:
            rows.append(Row("gap", number))
        if block.title:
            rows.append(Row("title", number, 0, 0, len(plain(block.title))))
        body = [
            Row("text", number, i, *place)
            for i, line in enumerate(block.lines)
            for place in wrap(plain(line), width)
        ]
        hidden = len(body) - FOLD_AT
        if block.folds and number not in opened and hidden > 1:
            rows += body[:FOLD_AT]
            rows.append(Row("fold", number, 0, 0, hidden))
        else:
            rows += body
    return rows


def wrap(text: str, width: int) -> list[tuple[int, int, int]]:
    """Where ``text`` (one line) breaks to fit ``width`` cells: at word ends, and inside longer words.

    Each row as the offsets of its first character and of the one after its last, and the blanks before it:
    a line that is indented goes on at its indentation. The blank at a break belongs to neither row.
    """
    width = max(width, 2)  # a wide character takes two cells
    indent = min(len(text) - len(text.lstrip(" ")), width // 2 - 1)
    fits = _fit_narrow if text.isascii() else _fit_any
    rows: list[tuple[int, int, int]] = []
    start, before = 0, 0
    while (end := fits(text, start, width - before)) < len(text):
        blank = text.rfind(" ", start, end + 1)
        if blank > start and not text[start:blank].isspace():
            rows.append((start, blank, before))
            start = blank + 1
        else:
            rows.append((start, end, before))
            start = end
        before = indent
    rows.append((start, len(text), before))
    return rows


def _fit_narrow(text: str, start: int, width: int) -> int:
    return min(start + width, len(text))


def _fit_any(text: str, start: int, width: int) -> int:
    """The last character that fits, with wide ones counted as two cells."""
    if cell_len(text[start : start + width]) <= width and len(text) - start <= width:
        return len(text)
    cells = 0
    for i in range(start, len(text)):
        cells += get_character_cell_size(text[i])
        if cells > width:
            return i
    return len(text)


@dataclass(frozen=True, slots=True)
class Match:
    """Where a searched text was found: characters of a line, or of a title (line -1)."""

    block: int
    line: int
    start: int
    end: int


def find(document: Blocks, needle: str) -> list[Match]:
    """Every place where ``needle`` occurs, case ignored, in reading order; folded text is searched too."""
    if not needle:
        return []
    wanted = needle.lower()
    return [
        Match(number, i, at, at + len(wanted))
        for number, block in enumerate(document)
        for i, line in enumerate((block.title, *block.lines), start=-1)
        for at in _occurrences(plain(line).lower(), wanted)
    ]


def _occurrences(text: str, wanted: str) -> Iterable[int]:
    at = text.find(wanted)
    while at >= 0:
        yield at
        at = text.find(wanted, at + len(wanted))


def cut(line: Line, start: int, end: int) -> list[Run]:
    """The runs of the characters ``start`` to ``end`` of a line."""
    runs: list[Run] = []
    at = 0
    for text, tone in line:
        first, last = max(start - at, 0), min(end - at, len(text))
        if first < last:
            runs.append((text[first:last], tone))
        at += len(text)
    return runs
