"""The versions pane: what is live now, since when, and what the newest ones changed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

from llmwatch.analysis.metrics import figure
from llmwatch.format import duration, money, percent, since
from llmwatch.neutral import neutral_line
from llmwatch.store.rows import Dimension, Measured, VersionRow
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
"""Fewer calls or marks of either version are not compared."""

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
    rows: Sequence[VersionRow], measured: Mapping[VersionRow, tuple[Measured, Measured]], now_ns: int
) -> VersionsView:
    """The pane's content.

    Args:
        rows: Versions seen of late, newest first.
        measured: A new version and its predecessor, for each of `pairs`.
        now_ns: The time.
    """
    live = [row for row in rows if now_ns - row.last_seen_ns < LIVE_NS]
    return VersionsView(tuple(_version(row, rows, measured.get(row), now_ns) for row in live))


def _version(
    row: VersionRow, rows: Sequence[VersionRow], pair: tuple[Measured, Measured] | None, now_ns: int
) -> Version:
    called = name(row)
    return Version(
        neutral_line(called, _NAME),
        since(row.first_seen_ns, now_ns),
        now_ns - row.first_seen_ns < NEW_NS and replaced(row, rows) is not None,
        worse(*pair) if pair else "",
        Door(term(row), f"version {called}"),
    )


def term(row: VersionRow) -> str:
    """The filter for what a version had a part in."""
    from llmwatch.store.filters import quoted  # noqa: PLC0415 - not before the first paint

    key = {"prompt": "version", "model": "model", "app": "app"}[row.kind]
    return f"{key}:{quoted(row.version)}"


def name(row: VersionRow) -> str:
    """``answer v2.4``, ``shop 1.8.2``, ``gpt-4o-2024-11-20``, ``fast → gpt-4o-mini`` for an alias."""
    if row.kind != "model":
        return f"{row.name} {row.version}".strip()
    return row.version if row.version.startswith(row.name) else f"{row.name} → {row.version}"


def worse(now: Measured, before: Measured) -> str:
    """The one thing that got most clearly worse from ``before`` to ``now``; empty when nothing did.

    Errors and failed checks count from 2 points more and twice as many, marks from a tenth less, latency and
    cost from a quarter more.
    """
    if min(now.calls.spans, before.calls.spans) < _ENOUGH:
        return ""
    errors, was = _both("error_rate", now, before)
    if errors > max(2 * was, was + 0.02):
        return f"errors {percent(errors)} (was {percent(was)})"
    marks, was = _both("quality_score", now, before)
    if marks < was * 0.9:
        return f"quality {marks:.2f} (was {was:.2f})"
    passed, was = _both("heuristic_pass_rate", now, before)
    if 1 - passed > max(2 * (1 - was), 1 - was + 0.02):
        return f"checks {percent(passed)} (was {percent(was)})"
    p95, was = _both("latency_p95", now, before)
    if p95 > 1.25 * was:
        return f"p95 {duration(p95)} (was {duration(was)})"
    cost, was = _both("cost_per_request", now, before)
    if cost > 1.25 * was:
        return f"{money(round(cost))} a call (was {money(round(was))})"
    return ""


def _both(metric: str, now: Measured, before: Measured) -> tuple[float, float]:
    """A figure of each; where one rests on too little, what is no number: neither worse nor better."""
    figures = figure(metric, now), figure(metric, before)
    if any(each.value is None or each.samples < _ENOUGH for each in figures):
        return math.nan, math.nan
    return figures[0].value or 0.0, figures[1].value or 0.0


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
