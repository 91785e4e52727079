"""A text to read: wrapped, folded, searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.events import Resize

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
        self.matches = find(blocks, self.needle)
        self.at_match = None
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

    def row(self, position: int) -> Sequence[Run]:
        """A piece of a line."""
        if position >= len(self._rows):
            return ()
        row = self._rows[position]
        if row.kind == "gap":
            return ()
        if row.kind == "fold":
            return ((f"… {row.end:,} more lines", "accent"), ("  space opens", "muted"))
        block = self.blocks[row.block]
        line, number = (block.title, -1) if row.kind == "title" else (block.lines[row.line], row.line)
        runs: list[Run] = [(" " * row.indent, "plain")] if row.indent else []
        at = row.start
        for start, end in self._found_in(row.block, number, row.start, row.end):
            runs += [*cut(line, at, start), (plain(tuple(cut(line, start, end))), "found")]
            at = end
        return [*runs, *cut(line, at, row.end)]

    def _found_in(self, block: int, line: int, start: int, end: int) -> list[tuple[int, int]]:
        """The matches in the characters ``start`` to ``end`` of a line."""
        return [
            (max(match.start, start), min(match.end, end))
            for match in self.matches
            if match.block == block and match.line == line and match.start < end and match.end > start
        ]

    def fold(self) -> None:
        """Open the long text under the cursor, or close it."""
        if self._rows:
            self._opened ^= {self._rows[self.cursor].block}
            self._lay_out()

    def search(self, needle: str) -> None:
        """Mark every place where ``needle`` occurs, and go to the first from the cursor on."""
        self.needle = needle
        self.matches = find(self.blocks, needle)
        self.at_match = None
        if self.matches and self._rows:
            here = self._rows[self.cursor]
            place = (here.block, -1 if here.kind == "title" else here.line, here.start)
            after = [i for i, m in enumerate(self.matches) if (m.block, m.line, m.start) >= place]
            self._go_to_match(after[0] if after else 0)
        self.refresh()

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
