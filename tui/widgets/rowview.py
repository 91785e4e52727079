"""What the list, the tree and the reading pane share: a Line-API view that draws rows of runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from llmwatch.tui.models.runs import Run, Tone
from llmwatch.tui.state import STYLES


class RowView(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows under ``header`` rows that stay in place; a subclass says what each row is.

    Only rows on the screen are ever asked for, and each costs about 100 µs.
    """

    DEFAULT_CSS = """
    RowView {
        background: transparent;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        overflow-x: hidden;
    }
    """
    header = 0
    """Rows at the top that do not scroll."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._styles: dict[tuple[Tone, str], Style] = {}

    def row(self, position: int) -> Sequence[Run]:
        """The runs of a row; empty below the last one."""
        raise NotImplementedError

    def header_row(self, y: int) -> Sequence[Run]:
        """The runs of a row of the header."""
        raise NotImplementedError

    def ground(self, position: int) -> str:
        """The Textual style under a row, such as ``on $panel``; empty for none."""
        return ""

    @property
    def cursor_ground(self) -> str:
        """What lies under the row with the cursor."""
        return "on $accent 20%" if self.has_focus else "on $panel"

    @property
    def rows_shown(self) -> int:
        """How many rows there is room for."""
        return max(self.scrollable_content_region.height - self.header, 1)

    @property
    def width(self) -> int:
        """Cells of a row."""
        return self.scrollable_content_region.width

    @property
    def top(self) -> int:
        """The first row on the screen."""
        return int(self.scroll_offset.y)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        if y < self.header:
            return self.strip(self.header_row(y))
        position = self.top + y - self.header
        return self.strip(self.row(position), self.ground(position))

    def strip(self, runs: Iterable[Run], ground: str = "") -> Strip:
        """A line of runs on a ground."""
        segments = [Segment(text, self.style_of(tone, ground)) for text, tone in runs]
        return Strip(segments).adjust_cell_length(self.width, self.style_of("plain", ground))

    def style_of(self, tone: Tone, ground: str = "") -> Style:
        """How a tone looks in this theme."""
        key = (tone, ground)
        if key not in self._styles:
            parse = self.app.stylesheet.parse_style
            self._styles[key] = (self.visual_style + parse(ground) + parse(STYLES[tone])).rich_style
        return self._styles[key]

    def notify_style_update(self) -> None:
        """Another theme, other colours."""
        self._styles.clear()
        super().notify_style_update()

    def set_rows(self, count: int) -> None:
        """Say how many rows there are.

        Assigning ``virtual_size`` would lay out the whole screen anew (14 ms); only the scrollbar changes.
        """
        size = Size(self.width, count + self.header)
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)

    def jump_to(self, top: int) -> None:
        """Puts a row at the top, at once."""
        self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def repaint(self, position: int) -> None:
        """Draws one row anew."""
        y = position - self.top
        if 0 <= y < self.rows_shown:
            self.refresh(Region(0, y + self.header, self.width, 1))
