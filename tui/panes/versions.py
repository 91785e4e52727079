"""Pane 4: what is live, and since when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from llmwatch.tui.host import host
from llmwatch.tui.models.cells import Line
from llmwatch.tui.panes.base import Pane

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.store.rows import Dimension, Totals, VersionRow
    from llmwatch.tui.models.versions import VersionsView

_BACK_S: Final = 86_400
"""How far back a predecessor is looked for, and both are summed."""
_NAMED: Final[dict[str, Dimension]] = {"prompt": "prompt_name", "app": "service"}


class VersionsPane(Pane["VersionsView"]):
    """Versions of prompts, models and apps, the newest first."""

    number = 4
    title = "Versions"
    every_s = 5.0
    subject = " live now"

    def question(self) -> Callable[[sqlite3.Connection], VersionsView]:
        """The last day's versions."""
        now_ns = host(self).now_ns()
        return lambda db: load(db, now_ns)

    def draw(self, view: VersionsView, width: int, height: int) -> Sequence[Line]:
        """As many as fit."""
        from llmwatch.tui.models.versions import versions_lines

        return versions_lines(view, width, height)


def load(db: sqlite3.Connection, now_ns: int) -> VersionsView:
    """The versions at ``now_ns``; new ones beside their predecessors."""
    from llmwatch.store.reads import versions
    from llmwatch.tui.models.versions import pairs, versions_view

    rows = versions.live(db, now_ns - _BACK_S * 10**9)
    now_s = now_ns // 10**9
    sums = {row: (_sums(db, row, now_s), _sums(db, before, now_s)) for row, before in pairs(rows, now_ns)}
    return versions_view(rows, sums, now_ns)


def _sums(db: sqlite3.Connection, row: VersionRow, now_s: int) -> Totals:
    from llmwatch.store.reads import metrics
    from llmwatch.tui.models.versions import DIMENSION

    where: dict[Dimension, str] = {"kind": "llm", DIMENSION[row.kind]: row.version}
    if row.kind in _NAMED:
        where[_NAMED[row.kind]] = row.name
    return metrics.totals(db, now_s - _BACK_S, now_s + 60, where)
