"""Alerts on the screen: which are to be seen to, their lines, and all that is known of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from llmwatch.neutral import neutral_line
from llmwatch.tui import format as fmt
from llmwatch.tui.models.cells import Cell, Line, space, width_of
from llmwatch.tui.models.document import Block, Blocks
from llmwatch.tui.models.document import Line as Runs
from llmwatch.tui.models.runs import Run, Tone, runs_width
from llmwatch.tui.state import Look

if TYPE_CHECKING:
    from llmwatch.config.alerts import RuleConfig
    from llmwatch.store.rows import AlertRow, DeliveryRow

TIERS: Final[Mapping[int, str]] = {1: "now", 2: "within the hour", 3: "in the daily digest"}
"""When each tier tells."""
SNOOZES: Final[Mapping[str, int]] = {"15 minutes": 15, "1 hour": 60, "8 hours": 480}
"""For how many minutes an alert can be kept quiet."""

_FIRING: Final[Mapping[int, Look]] = {
    1: Look("✗", "firing", "error"),
    2: Look("▲", "firing", "warn"),
    3: Look("·", "firing", "plain"),
}
_STATE: Final = 12
_RULE: Final = 24
_SINCE: Final = 9
_TOLD: Final = 10
_LEAST: Final = 24
"""Room for the reason in the banner."""
_NARROW: Final = 100
"""Below this width neither when it began, nor slice and deliveries, stand in the line."""


@dataclass(frozen=True, slots=True)
class AlertsView:
    """What the alerts' screen shows."""

    rows: tuple[AlertRow, ...]
    """Those that are open, worst first, then those that are over, the latest first."""
    open: int
    """How many of them are open."""
    told: Mapping[int, tuple[DeliveryRow, ...]]
    """The last delivery of each channel, by alert."""

    @property
    def names(self) -> int:
        """The width of the rules' names."""
        longest = max((cell_len(neutral_line(row.rule)) for row in self.rows), default=0)
        return min(max(longest, len("rule")), _RULE)


def alerts_view(
    open_alerts: Sequence[AlertRow], recent: Sequence[AlertRow], deliveries: Iterable[DeliveryRow]
) -> AlertsView:
    """Put in order what was read; ``deliveries`` are the last of each channel and alert."""
    firing = sorted(open_alerts, key=lambda row: (row.state == "pending", row.tier, -row.pending_ns))
    over = [row for row in recent if row.state == "resolved"]
    told: dict[int, list[DeliveryRow]] = {}
    for delivery in deliveries:
        if delivery.alert is not None:
            told.setdefault(delivery.alert, []).append(delivery)
    return AlertsView((*firing, *over), len(firing), {key: tuple(value) for key, value in told.items()})


def firing(rows: Iterable[AlertRow], now_ns: int) -> list[AlertRow]:
    """Those that fire and are not snoozed, worst first, then newest first."""
    kept = [row for row in rows if row.state == "firing" and not row.snoozed(now_ns)]
    return sorted(kept, key=lambda row: (row.tier, -(row.fired_ns or 0)))


def pressing(rows: Iterable[AlertRow], now_ns: int) -> list[AlertRow]:
    """Those that a person should hear of now: of tier 1 or 2, and nobody has taken them on."""
    return [row for row in firing(rows, now_ns) if row.tier < 3 and row.loud(now_ns)]


def count_text(rows: Iterable[AlertRow], now_ns: int) -> str:
    """``2 alerts firing``; empty when none does."""
    count = len(firing(rows, now_ns))
    return f"{fmt.plural(count, 'alert')} firing" if count else ""


def banner(rows: Sequence[AlertRow], now_ns: int, width: int, key: str) -> Line:
    """The line above everything while something presses; empty when nothing does. ``key`` leads to all."""
    press = pressing(rows, now_ns)
    if not press:
        return ()
    worst = press[0]
    seen = look(worst, now_ns)
    more = f"+{len(press) - 1} more  " if len(press) > 1 else ""
    right: Line = (
        Cell(f"{more}{_age(worst, now_ns)}  ", "muted"),
        Cell(key, "accent"),
        Cell(" alerts", "muted"),
    )
    head = (
        Cell(f" {seen.glyph} ALERT ", seen.tone),
        Cell(f" [{neutral_line(worst.rule, _RULE)}] ", "strong"),
    )
    room = width - width_of(head) - width_of(right) - 2
    if room < _LEAST:  # what happened is more than how to get there
        right, room = (), width - width_of(head)
    said = fmt.fit(neutral_line(_said(worst)), max(room, 0))
    return (*head, Cell(said), *((space(2), *right) if right else ()))


def look(row: AlertRow, now_ns: int) -> Look:
    """Glyph, word and tone of the state."""
    if row.state == "resolved":
        return Look("✓", "resolved", "muted")
    if row.state == "pending":
        return Look("◌", "pending", "muted")
    if row.snoozed(now_ns):
        return Look("z", f"snoozed {_left(row, now_ns)}", "muted")
    seen = _FIRING[row.tier]
    return Look(seen.glyph, "acknowledged", "muted") if row.acknowledged_ns is not None else seen


def _left(row: AlertRow, now_ns: int) -> str:
    """For how long it is still quiet, short: ``42m``, ``7h``."""
    minutes = -(-max((row.snoozed_until_ns or now_ns) - now_ns, 0) // (60 * fmt.SECOND))
    return f"{minutes}m" if minutes < 120 else f"{minutes // 60}h"


def _age(row: AlertRow, now_ns: int) -> str:
    return fmt.age(now_ns - (row.fired_ns or row.pending_ns))


def _said(row: AlertRow) -> str:
    return f"{row.reason} · {row.slice}" if row.slice else row.reason


def header(width: int, names: int) -> list[Run]:
    """The titles above the columns, of which the rules' names take ``names``."""
    told, since = (f"{'told':<{_TOLD}}  ", f"{'since':<{_SINCE}} ") if width >= _NARROW else ("", "")
    lasted = f"{'for':>{fmt.DURATION_WIDTH}}"
    titles = f"  {'state':<{_STATE}} tier {'rule':<{names}} {since}{lasted}  {told}what happened"
    return [(fmt.fit(titles, width), "muted")]


def cells(row: AlertRow, told: Sequence[DeliveryRow], width: int, names: int, now_ns: int) -> list[Run]:
    """The line of an alert."""
    seen = look(row, now_ns)
    begun_ns = row.fired_ns or row.pending_ns
    lasted_ns = (row.resolved_ns or now_ns) - begun_ns
    over = row.state == "resolved"
    runs: list[Run] = [
        (f"{seen.glyph} {seen.word:<{_STATE}} ", seen.tone),
        (f"{row.tier:>4} ", "muted" if over else seen.tone),
        (fmt.fit(neutral_line(row.rule), names), "muted" if over else "strong"),
        (f" {fmt.since(begun_ns, now_ns):<{_SINCE}}" if width >= _NARROW else "", "muted"),
        (f" {fmt.duration(lasted_ns):>{fmt.DURATION_WIDTH}}  ", "muted"),
    ]
    if width >= _NARROW:
        runs.append(_told_short(told))
    room = max(width - runs_width(runs), 0)
    said = _said(row) if width >= _NARROW else row.reason
    return [*runs, (fmt.fit(neutral_line(said), room), "muted" if over else "plain")]


def _told_short(told: Sequence[DeliveryRow]) -> Run:
    """Whether everybody was told: the first channel that was not, else how many were."""
    for delivery in told:
        if delivery.delivered_ns is None:
            glyph, tone = _mark(delivery)
            return fmt.fit(f"{glyph} {neutral_line(delivery.channel)}", _TOLD) + "  ", tone
    return fmt.fit(f"✓ {len(told)}" if told else "", _TOLD) + "  ", "ok"


def _mark(delivery: DeliveryRow) -> tuple[str, Tone]:
    if delivery.delivered_ns is not None:
        return "✓", "ok"
    return ("◌", "warn") if delivery.next_ns is not None else ("✗", "error")


def meaning(rule: RuleConfig | None) -> str:
    """What a rule is about and when it fires; empty for one that is no longer configured."""
    from llmwatch.analysis.alerts.kinds import KINDS  # noqa: PLC0415 - not before there is an alert

    if rule is None:
        return ""
    hold = f", and must hold for {rule.hold}" if rule.hold != "0s" else ""
    return f"{KINDS[rule.rule].about} It looks back {rule.window}{hold}."


def detail(row: AlertRow, told: Sequence[DeliveryRow], means: str, now_ns: int) -> Blocks:
    """Everything known of one alert; ``means`` says what its rule is about."""
    seen = look(row, now_ns)
    lines: list[Runs] = [
        ((f"{seen.glyph} {seen.word}  ", seen.tone), (neutral_line(row.reason), "strong")),
    ]
    if means:
        lines.append((("means    ", "muted"), (neutral_line(means), "plain")))
    lines += [
        (("slice    ", "muted"), (neutral_line(row.slice) or "all traffic", "plain"),
         ("   tells ", "muted"), (f"{TIERS[row.tier]} (tier {row.tier})", "plain")),
        (("times    ", "muted"), (_times(row), "plain")),
        (("traces   ", "muted"), (neutral_line(row.filter), "accent"), ("   Enter opens them", "muted")),
        *_told(told),
    ]  # fmt: skip
    text = "\n".join("".join(piece for piece, _ in line) for line in lines)
    return (Block(lines=tuple(lines), value=text, folds=False),)


def _times(row: AlertRow) -> str:
    moments = (
        ("held from", row.pending_ns), ("fired", row.fired_ns), ("acknowledged", row.acknowledged_ns),
        ("snoozed until", row.snoozed_until_ns), ("over", row.resolved_ns),
    )  # fmt: skip
    return " · ".join(f"{word} {fmt.clock(ns)}" for word, ns in moments if ns is not None)


def _told(told: Sequence[DeliveryRow]) -> list[Runs]:
    """A line for each channel; when it failed, why, and whether it is tried again."""
    lines: list[Runs] = []
    for delivery in told:
        glyph, tone = _mark(delivery)
        if delivery.delivered_ns is not None:
            rest = f" {delivery.event} {fmt.clock(delivery.delivered_ns)}"
        else:
            again = f"again {fmt.clock(delivery.next_ns)}" if delivery.next_ns is not None else "given up"
            why = f": {neutral_line(delivery.error)}" if delivery.error else ""
            rest = f" {delivery.event}{why} ({fmt.plural(delivery.attempts, 'attempt')}, {again})"
        label = "told     " if not lines else " " * 9
        lines.append(((label, "muted"), (f"{glyph} {neutral_line(delivery.channel)}", tone), (rest, "plain")))
    return lines or [(("told     ", "muted"), ("nobody", "muted"))]


def total(view: AlertsView, now_ns: int) -> str:
    """All of them in a few words."""
    fire = len(firing(view.rows[: view.open], now_ns))
    pending = sum(row.state == "pending" for row in view.rows)
    quiet = view.open - fire - pending
    parts = [f"{fire} firing", f"{pending} pending", f"{quiet} snoozed", f"{len(view.rows) - view.open} over"]
    return " · ".join(part for part in parts if not part.startswith("0 ")) or "none"
