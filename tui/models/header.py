"""The first line of the screen: is everything all right, and is what you see the present?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from llmwatch.format import age, clock, size, tokens
from llmwatch.tui.format import fit
from llmwatch.tui.models.cells import Cell, Line, space, width_of
from llmwatch.tui.models.runs import Run
from llmwatch.tui.state import look

if TYPE_CHECKING:
    from llmwatch.analysis.health import Verdict
    from llmwatch.store.rows import StoreStats

_QUIET_NS: Final = 10 * 10**9
"""From here on it is worth saying that nothing comes."""


@dataclass(frozen=True, slots=True)
class Link:
    """How what is on the screen relates to the present."""

    changed_ns: int | None = None
    """When something last came."""
    missing: bool = False
    """There is no database yet."""
    failed_ns: int | None = None
    """Since when the database cannot be read."""
    down_ns: int | None = None
    """Since when the collector does not answer."""
    paused: bool = False
    unseen: int = 0
    """Traces that came while the screen is paused."""


@dataclass(frozen=True, slots=True)
class HeaderView:
    """What the first line says."""

    verdict: Verdict | None
    """None before the first look."""
    link: Link
    stats: StoreStats | None
    address: str
    """Where spans are sent: ``:4318``."""


def link_run(link: Link, now_ns: int) -> Run:
    """The state of the link, worst first."""
    if link.failed_ns is not None:
        return f"▲ database unreadable since {clock(link.failed_ns)}, showing what was known", "error"
    if link.down_ns is not None:
        return f"▲ collector down since {clock(link.down_ns)}", "error"
    if link.paused:
        return f"◌ paused (+{tokens(link.unseen)} new)", "warn"
    if link.missing or link.changed_ns is None:
        return "○ waiting for spans", "muted"
    quiet_ns = now_ns - link.changed_ns
    if quiet_ns < _QUIET_NS:
        return f"● live {age(quiet_ns)}", "ok"
    return f"● live, last span {age(quiet_ns)} ago", "ok"


def header_line(view: HeaderView, width: int, now_ns: int) -> Line:
    """The line, in ``width`` cells: what matters least is left out first."""
    left = _verdict(view.verdict)
    right: Line = (Cell(*link_run(view.link, now_ns)),)
    extras = [Cell(f"  {clock(now_ns)}", "muted"), Cell(f"  {view.address}", "muted")]
    if view.stats is not None:
        extras.append(Cell(f"  {tokens(view.stats.spans)} spans", "muted"))
        extras.append(Cell(f"  {size(view.stats.file_bytes)}", "muted"))
    kept: list[Cell] = []
    for extra in extras:
        if width_of((*left, *right, *kept, extra)) + 2 > width:
            break
        kept.append(extra)
    clock_last = [*kept[1:], *kept[:1]]
    room = width - width_of((*right, *clock_last))
    left = _cut(left, room - 2)
    return (*left, space(room - width_of(left)), *right, *clock_last)


def _verdict(verdict: Verdict | None) -> Line:
    if verdict is None:
        return (Cell(" llmwatch", "strong"),)
    seen = look(verdict.level)
    line: Line = (Cell(f" {seen.glyph} {seen.word} ", seen.tone),)
    if verdict.level == "IDLE":
        return (*line, Cell(" no calls of late", "muted"))
    if verdict.reasons:
        more = f" (+{len(verdict.reasons) - 1})" if len(verdict.reasons) > 1 else ""
        return (*line, Cell(f" {verdict.reasons[0].text}{more}"))
    return line


def _cut(line: Line, width: int) -> Line:
    """``line`` with its last cell shortened so that it fits."""
    over = width_of(line) - width
    if over <= 0 or len(line) < 2:
        return line
    last = line[-1]
    return (*line[:-1], Cell(fit(last.text, max(cell_len(last.text) - over, 1)), last.tone))
