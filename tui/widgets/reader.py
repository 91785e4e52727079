"""A text to read: wrapped, folded, searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.events import Resize
from textual.selection import Selection
from textual.strip import Strip

from llmwatch.tui.models.document import Block, Blocks, Match, Row, cut, find, lay_out, plain
from llmwatch.tui.models.runs import Run
from llmwatch.tui.widgets.cursorview import CursorView


class Reader(CursorView):
    """Shows blocks; the cursor says which of them is copied or opened."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.blocks: Blocks = ()
        self._rows: list[Row] = []
        self._opened: set[int] = set()
        self.matches: list[Match] = []
        self._found_in: dict[tuple[int, int], list[Match]] = {}
        """The matches by block and line."""
        self.at_match: int | None = None
        self.needle = ""

    @property
    def block(self) -> Block | None:
        """The block under the cursor."""
        return self.blocks[self._rows[self.cursor].block] if self._rows else None

    def read(self, blocks: Blocks, *, same: bool = False) -> None:
        """Show blocks; ``same`` says that they are those shown, in a newer state: all stays in place."""
        if same and blocks == self.blocks:
            return
        self.blocks = blocks
        if not same:
            self._opened.clear()
            self.cursor = 0
            self.jump_to(0)
        self._find()
        self._lay_out()

    def on_resize(self, event: Resize) -> None:
        """Wrap anew."""
        self._lay_out()

    def _lay_out(self) -> None:
        at = self._rows[self.cursor] if self.cursor < len(self._rows) else None
        self._rows = lay_out(self.blocks, self.width, self._opened)
        self.show_rows(len(self._rows), 0 if at is None or self.cursor == 0 else self._find_row(at))

    def _find_row(self, at: Row) -> int:
        """The row that stands where ``at`` stood."""
        return max((i for i, row in enumerate(self._rows) if _place(row) <= _place(at)), default=0)

    def render_line(self, y: int) -> Strip:
        """One line of the screen, each character with its place for the mouse to select it."""
        return super().render_line(y).apply_offsets(0, self.top + y)

    def row(self, position: int) -> Sequence[Run]:
        """A piece of a line, with what was found in it and what the mouse has selected."""
        if position >= len(self._rows):
            return ()
        runs = self._runs(self._rows[position])
        selected = self.text_selection.get_span(position) if self.text_selection is not None else None
        if selected is None:
            return runs
        line, length = tuple(runs), len(plain(tuple(runs)))
        start, end = selected[0], length if selected[1] < 0 else selected[1]
        return [
            *cut(line, 0, start),
            (plain(tuple(cut(line, start, end))), "selected"),
            *cut(line, end, length),
        ]

    def _runs(self, row: Row) -> list[Run]:
        if row.kind == "gap":
            return []
        if row.kind == "fold":
            return [(f"… {row.end:,} more lines", "accent"), ("  space opens", "muted")]
        block = self.blocks[row.block]
        line, number = (block.title, -1) if row.kind == "title" else (block.lines[row.line], row.line)
        runs: list[Run] = [(" " * row.indent, "plain")] if row.indent else []
        at = row.start
        for match in self._found_in.get((row.block, number), ()):
            start, end = max(match.start, at), min(match.end, row.end)
            if start < end:
                runs += [*cut(line, at, start), (plain(tuple(cut(line, start, end))), "found")]
                at = end
        return [*runs, *cut(line, at, row.end)]

    def get_selection(self, selection: Selection) -> tuple[str, str]:
        """What the mouse has selected, without the line breaks and blanks that wrapping brought in."""
        pieces: list[str] = []
        for position, row in enumerate(self._rows):
            if (span := selection.get_span(position)) is None:
                continue
            text = plain(tuple(self._runs(row)))
            start, end = span[0], len(text) if span[1] < 0 else span[1]
            before = self._rows[position - 1] if position and pieces else None
            if before is not None:
                same_line = (before.kind, before.block, before.line) == (row.kind, row.block, row.line)
                pieces.append(" " * (row.start - before.end) if same_line else "\n")
            pieces.append(text[max(start, row.indent) : end])
        return "".join(pieces), "\n"

    def fold(self) -> None:
        """Open the long text under the cursor, or close it."""
        if self._rows:
            self._opened ^= {self._rows[self.cursor].block}
            self._lay_out()

    def search(self, needle: str) -> None:
        """Mark every place where ``needle`` occurs, and go to the first from the cursor on."""
        self.needle = needle
        self._find()
        if self.matches and self._rows:
            here = self._rows[self.cursor]
            place = (here.block, -1 if here.kind == "title" else here.line, here.start)
            after = [i for i, m in enumerate(self.matches) if (m.block, m.line, m.start) >= place]
            self._go_to_match(after[0] if after else 0)
        self.refresh()

    def _find(self) -> None:
        self.matches = find(self.blocks, self.needle)
        self.at_match = None
        self._found_in = {}
        for match in self.matches:
            self._found_in.setdefault((match.block, match.line), []).append(match)

    def next_match(self, step: int) -> None:
        """To the next place that was found, or the one before; around the ends."""
        if self.matches:
            at = -1 if self.at_match is None and step > 0 else self.at_match or 0
            self._go_to_match((at + step) % len(self.matches))

    def _go_to_match(self, number: int) -> None:
        self.at_match = number
        match = self.matches[number]
        if (position := self._row_of(match)) is None:
            self._opened.add(match.block)
            self._lay_out()
            position = self._row_of(match)
        if position is not None:
            self.go(position)

    def _row_of(self, match: Match) -> int | None:
        kind = "title" if match.line < 0 else "text"
        for i, row in enumerate(self._rows):
            if (row.block, row.kind, row.line) == (match.block, kind, max(match.line, 0)) and (
                row.start <= match.start < row.end
            ):
                return i
        return None


_KINDS: Final = ("gap", "title", "text", "fold")


def _place(row: Row) -> tuple[int, int, int, int]:
    """Where a row stands in the text, whatever the width."""
    return row.block, _KINDS.index(row.kind), row.line, row.start
