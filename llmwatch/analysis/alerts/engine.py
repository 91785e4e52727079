"""What becomes of an alert when its rule is looked at again: it waits, fires, holds, is over.

::

    (none) ── holds ──▶ pending ── for long enough ──▶ firing ── does not hold ──▶ resolved
                          │                                                          │
                          └── does not hold ──▶ (none)        cooldown ◀─────────────┘

All there is to know is in the alert, so that a restart changes nothing. Pure: the time is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from llmwatch.analysis.alerts.rule import SECOND_NS, Rule
from llmwatch.store.rows import AlertRow

Finding: TypeAlias = Literal["fine", "holds", "learning", "no data"]
Event: TypeAlias = Literal["pending", "dropped", "fired", "held", "resolved"]

REFRESH_NS: Final = 60 * SECOND_NS
"""How often it is noted that an alert still holds."""
_BROKEN: Final = 2.5
"""Not looked at in so many times the usual pause (the collector did not run), what waits begins again."""


class Seen(Struct, frozen=True, kw_only=True):
    """What a look at a rule found of all traffic or of one slice of it."""

    slice: str = ""
    finding: Finding
    value: float | None = None
    threshold: float | None = None
    """In the unit of ``value``."""
    samples: int = 0
    reason: str = ""
    """For a person: ``error rate 8.1 %, over 5 %``."""
    terms: str = ""
    """Filter terms for the traces behind it, without those of time."""
    once: bool = False
    """Whether it fires once only for this slice, which is one of a time of its own (a budget's day)."""


@dataclass(frozen=True, slots=True)
class Change:
    """What has become of an alert, and how."""

    alert: AlertRow
    event: Event
    tell: bool = False
    """Whether people are to be told: it fires, or no longer does."""


def step(
    rule: Rule, last: AlertRow | None, seen: Seen, now_ns: int, every_ns: int = REFRESH_NS
) -> Change | None:
    """What ``seen`` makes of the last alert of this rule and slice; None when nothing changes.

    ``every_ns`` is how often the rule is looked at.
    """
    if last is None or last.state == "resolved":
        return _begin(rule, last, seen, now_ns) if _holds(rule, seen) else None
    if last.state == "pending":
        return _wait(rule, last, seen, now_ns, every_ns) if _holds(rule, seen) else Change(last, "dropped")
    if _holds(rule, seen) or (seen.finding == "no data" and rule.no_data == "keep"):
        return _hold(rule, last, seen, now_ns)
    over = replace(
        last, state="resolved", resolved_ns=now_ns, filter=f"{last.filter} {_at('before', now_ns)}"
    )
    return Change(over, "resolved", tell=True)


def gone(last: AlertRow) -> Seen:
    """What is seen of a slice that there is nothing of any more."""
    return Seen(slice=last.slice, finding="no data")


def _holds(rule: Rule, seen: Seen) -> bool:
    return seen.finding == "holds" or (seen.finding == "no data" and rule.no_data == "fire")


def _begin(rule: Rule, last: AlertRow | None, seen: Seen, now_ns: int) -> Change | None:
    if last is not None and (seen.once or now_ns < (last.resolved_ns or 0) + rule.cooldown_ns):
        return None
    alert = AlertRow(
        id=0, rule=rule.name, slice=seen.slice, tier=rule.tier, state="pending",
        reason=seen.reason or "there is no data", value=seen.value, threshold=seen.threshold,
        filter=_filter(rule, seen, now_ns), traces=(), pending_ns=now_ns, seen_ns=now_ns, fired_ns=None,
        resolved_ns=None, acknowledged_ns=None,
        snoozed_until_ns=last.snoozed_until_ns if last is not None and last.snoozed(now_ns) else None,
    )  # fmt: skip
    return _fire(alert, now_ns) if rule.hold_ns == 0 else Change(alert, "pending")


def _wait(rule: Rule, last: AlertRow, seen: Seen, now_ns: int, every_ns: int) -> Change | None:
    if now_ns - last.seen_ns > _BROKEN * every_ns:
        begun = replace(_refreshed(last, seen, now_ns), pending_ns=now_ns, filter=_filter(rule, seen, now_ns))
        return Change(begun, "pending")
    if now_ns - last.pending_ns >= rule.hold_ns:
        return _fire(_refreshed(last, seen, now_ns), now_ns)
    return _held(last, seen, now_ns)


def _hold(rule: Rule, last: AlertRow, seen: Seen, now_ns: int) -> Change | None:
    if last.snoozed_until_ns is not None and not last.snoozed(now_ns):
        awake = replace(_refreshed(last, seen, now_ns), snoozed_until_ns=None, tier=rule.tier)
        return Change(awake, "held", tell=awake.acknowledged_ns is None)
    if last.tier != rule.tier:
        return Change(replace(last, tier=rule.tier), "held")
    return _held(last, seen, now_ns)


def _held(last: AlertRow, seen: Seen, now_ns: int) -> Change | None:
    return Change(_refreshed(last, seen, now_ns), "held") if now_ns - last.seen_ns >= REFRESH_NS else None


def _fire(alert: AlertRow, now_ns: int) -> Change:
    fired = replace(alert, state="firing", fired_ns=now_ns)
    return Change(fired, "fired", tell=not fired.snoozed(now_ns))


def _refreshed(last: AlertRow, seen: Seen, now_ns: int) -> AlertRow:
    if seen.finding != "holds":
        return replace(last, seen_ns=now_ns)
    return replace(
        last, reason=seen.reason, value=seen.value, threshold=seen.threshold, seen_ns=now_ns,
    )  # fmt: skip


def _filter(rule: Rule, seen: Seen, now_ns: int) -> str:
    """The traces from the beginning of the window in which it was first seen, or of a time of its own."""
    if seen.once:
        return seen.terms
    return f"{seen.terms} {_at('after', now_ns - rule.window_s * SECOND_NS)}".strip()


def _at(key: str, time_ns: int) -> str:
    return f"{key}:{datetime.fromtimestamp(time_ns // SECOND_NS, UTC):%Y-%m-%dT%H:%M:%SZ}"
