"""Pane 4: what is live, and since when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from llmwatch.neutral import neutral_line
from llmwatch.tui.host import host
from llmwatch.tui.models.cells import Line
from llmwatch.tui.panes.base import Pane

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.store.reads.sliced import By
    from llmwatch.store.rows import Dimension, Measured, VersionRow
    from llmwatch.tui.models.columns import Change
    from llmwatch.tui.models.groups import Grouping, Layout
    from llmwatch.tui.models.versions import VersionsView

_NAME: Final = 48
_MINUTE_NS: Final = 60 * 10**9
_BACK_S: Final = 86_400
"""How far back a predecessor is looked for, and both are summed."""
_CALLS: Final[dict[By, str]] = {"kind": "llm"}
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

    def groups(self, by: By) -> Callable[[sqlite3.Connection], Grouping[Change]]:
        """What the newest version changed."""
        now_ns = host(self).now_ns()
        return lambda db: load_groups(db, now_ns, by)

    def layout_of_groups(self) -> Layout[Change]:
        """Figures, and what they were before."""
        from llmwatch.tui.models.columns import VERSIONS

        return VERSIONS

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
    sums = {
        row: (_measured(db, row, now_s), _measured(db, before, now_s)) for row, before in pairs(rows, now_ns)
    }
    return versions_view(rows, sums, now_ns)


def load_groups(db: sqlite3.Connection, now_ns: int, by: By) -> Grouping[Change]:
    """The newest version that replaced another, beside that one, by a dimension; else all that is live."""
    from llmwatch.store.reads import versions
    from llmwatch.store.reads.measuring import measure_by
    from llmwatch.tui.models.columns import VERSIONS, Change
    from llmwatch.tui.models.groups import grouping
    from llmwatch.tui.models.quality import MARKED
    from llmwatch.tui.models.versions import name, pairs, term
    from llmwatch.tui.panes.grouped import behind

    now_s = now_ns // 10**9
    window = (now_s - _BACK_S, now_s + 60)
    found = pairs(versions.live(db, window[0] * 10**9), now_ns)
    if not found:
        plain = [(value, Change(measured, None)) for value, measured in measure_by(db, *window, by, _CALLS)]
        return grouping(by, plain, behind(window[0], _CALLS), VERSIONS)
    newest, replaced = min(
        found, key=lambda pair: (-pair[0].first_seen_ns // _MINUTE_NS, MARKED.index(pair[0].kind))
    )
    before = dict(measure_by(db, *window, by, _slice(replaced)))
    now = measure_by(db, *window, by, _slice(newest))
    changes = [(value, Change(measured, before.get(value))) for value, measured in now]
    about = neutral_line(f"{name(newest)} beside {replaced.version}", _NAME)
    return grouping(by, changes, f"{behind(window[0], _CALLS)} {term(newest)}", VERSIONS, about)


def _measured(db: sqlite3.Connection, row: VersionRow, now_s: int) -> Measured:
    from llmwatch.store.reads.measuring import measure

    return measure(db, now_s - _BACK_S, now_s + 60, _slice(row))


def _slice(row: VersionRow) -> dict[By, str]:
    """The calls of a version."""
    from llmwatch.tui.models.versions import DIMENSION

    where: dict[By, str] = {"kind": "llm", DIMENSION[row.kind]: row.version}
    if row.kind in _NAMED:
        where[_NAMED[row.kind]] = row.name
    return where
