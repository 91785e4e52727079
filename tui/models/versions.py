"""The versions pane: what is live now, since when, and what the newest ones changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

from llmwatch.format import duration, money, percent, since
from llmwatch.neutral import neutral_line
from llmwatch.store.rows import Dimension, Totals, VersionRow
from llmwatch.tui.format import fit
from llmwatch.tui.models.cells import Cell, Door, Line, flow, row
from llmwatch.tui.models.quality import replaced

NEW_NS: Final = 24 * 3600 * 10**9
"""A version counts as new for a day."""
_COMPARED: Final = 4
"""So many new versions are compared with what they replaced."""
LIVE_NS: Final = 3600 * 10**9
"""A version that was not used for an hour is not live."""
_NAME: Final = 40
_ENOUGH: Final = 10
"""Fewer calls of either version are not compared."""

DIMENSION: Final[Mapping[str, Dimension]] = {
    "prompt": "prompt_version",
    "model": "model",
    "app": "app_version",
}
"""What the calls of a version of each kind are grouped by."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version."""

    name: str
    since: str
    new: bool
    worse: str
    """What got worse since its predecessor: ``errors 8.1 % (was 1.2 %)``; empty when nothing did."""
    door: Door


@dataclass(frozen=True, slots=True)
class VersionsView:
    """What the versions pane shows."""

    versions: tuple[Version, ...]
    """Newest first."""


def pairs(rows: Sequence[VersionRow], now_ns: int) -> list[tuple[VersionRow, VersionRow]]:
    """Each new version with the one before it: what is worth comparing."""
    new = [row for row in rows if now_ns - row.first_seen_ns < NEW_NS]
    found = [(row, before) for row in new if (before := replaced(row, rows)) is not None]
    return found[:_COMPARED]


def versions_view(
    rows: Sequence[VersionRow], sums: Mapping[VersionRow, tuple[Totals, Totals]], now_ns: int
) -> VersionsView:
    """The pane's content.

    Args:
        rows: Versions seen of late, newest first.
        sums: LLM calls of a new version and of its predecessor, for each of `pairs`.
        now_ns: The time.
    """
    live = [row for row in rows if now_ns - row.last_seen_ns < LIVE_NS]
    return VersionsView(tuple(_version(row, rows, sums.get(row), now_ns) for row in live))


def _version(
    row: VersionRow, rows: Sequence[VersionRow], sums: tuple[Totals, Totals] | None, now_ns: int
) -> Version:
    from llmwatch.store.filters import quoted  # noqa: PLC0415 - not before the first paint

    key = {"prompt": "version", "model": "model", "app": "app"}[row.kind]
    same = row.kind == "model" and (not row.name or row.version.startswith(row.name))
    name = (
        row.version
        if same
        else f"{row.name} → {row.version}"
        if row.kind == "model"
        else f"{row.name} {row.version}"
    )
    return Version(
        neutral_line(name.strip(), _NAME),
        since(row.first_seen_ns, now_ns),
        now_ns - row.first_seen_ns < NEW_NS and replaced(row, rows) is not None,
        worse(*sums) if sums else "",
        Door(f"{key}:{quoted(row.version)}", f"version {name}"),
    )


def _name(row: VersionRow) -> str:
    """``answer v2.4``, ``shop 1.8.2``, ``gpt-4o-2024-11-20``, ``fast → gpt-4o-mini`` for an alias."""
    if row.kind != "model":
        return f"{row.name} {row.version}".strip()
    return row.version if row.version.startswith(row.name) else f"{row.name} → {row.version}"


def worse(now: Totals, before: Totals) -> str:
    """The one thing that got most clearly worse from ``before`` to ``now``; empty when nothing did.

    Errors and failed checks count from 2 points more and twice as many, latency and cost from a quarter more.
    """
    if min(now.spans, before.spans) < _ENOUGH:
        return ""
    errors, errors_before = now.errors / now.spans, before.errors / before.spans
    if errors > max(2 * errors_before, errors_before + 0.02):
        return f"errors {percent(errors)} (was {percent(errors_before)})"
    if min(now.checked, before.checked) >= _ENOUGH:
        passed, passed_before = now.passed / now.checked, before.passed / before.checked
        if 1 - passed > max(2 * (1 - passed_before), 1 - passed_before + 0.02):
            return f"checks {percent(passed)} (was {percent(passed_before)})"
    p95, p95_before = now.duration_ns.percentile(0.95), before.duration_ns.percentile(0.95)
    if p95 and p95_before and p95 > 1.25 * p95_before:
        return f"p95 {duration(p95)} (was {duration(p95_before)})"
    cost, cost_before = now.cost_nanousd // now.spans, before.cost_nanousd // before.spans
    if cost_before and cost > 1.25 * cost_before:
        return f"{money(cost)} a call (was {money(cost_before)})"
    return ""


def versions_lines(view: VersionsView, width: int, height: int) -> list[Line]:
    """The pane's lines."""
    if not view.versions:
        return [
            (Cell("No version named yet: set service.version, or a prompt's name and version.", "muted"),)
        ]
    return _table(view.versions, width, height) if height > 1 else _chips(view.versions, width)


def _more(count: int) -> list[Line]:
    return [(Cell(f"+{count} more", "muted"),)] if count else []


def _chips(versions: Sequence[Version], width: int) -> list[Line]:
    """One line: as many versions as fit, and how many do not."""
    chunks = [_chunk(version) for version in versions]
    for shown in range(len(chunks), -1, -1):
        lines = flow([*chunks[:shown], *_more(len(chunks) - shown)], width, 2)
        if len(lines) < 2:
            return lines
    return []


def _table(versions: Sequence[Version], width: int, height: int) -> list[Line]:
    """A line each, and how many there is no room for."""
    shown = versions if len(versions) <= height else versions[: height - 1]
    lines = [*_columns(shown), *_more(len(versions) - len(shown))]
    return [row([line], width) for line in lines]


def _columns(versions: Sequence[Version]) -> list[Line]:
    """A line each, in columns."""
    names, dates = (
        max(map(cell_len, texts)) for texts in zip(*((v.name, v.since) for v in versions), strict=True)
    )
    return [
        (
            Cell("new  " if version.new else "     ", "accent"),
            Cell(fit(version.name, names), "strong", version.door),
            Cell(f"  since {version.since:<{dates}}", "muted"),
            Cell(f"  ▲ {version.worse}" if version.worse else "", "warn"),
        )
        for version in versions
    ]


def _chunk(version: Version) -> Line:
    cells = [Cell(version.name, "strong", version.door), Cell(f" since {version.since}", "muted")]
    if version.new:
        cells.insert(0, Cell("new ", "accent"))
    if version.worse:
        cells.append(Cell(f" ▲ {version.worse}", "warn"))
    return tuple(cells)
