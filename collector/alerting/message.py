"""What is told of an alert, in the words and the JSON that all channels share.

Values of slices and names come out of spans, so everything is made one harmless line before it leaves.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from llmwatch.analysis.alerts.kinds import KINDS
from llmwatch.config.alerts import RuleConfig
from llmwatch.neutral import neutral_line
from llmwatch.store.rows import LEVELS, AlertRow, Tier

Event: TypeAlias = Literal["firing", "resolved", "test", "digest"]
_LONGEST: Final = 500


class Message(Struct, frozen=True, kw_only=True):
    """One thing to be told."""

    event: Event
    rule: str
    tier: Tier
    level: str
    """CRIT, WARN or INFO."""
    reason: str
    slice: str = ""
    value: float | None = None
    threshold: float | None = None
    filter: str = ""
    """The filter expression that opens the traces that made it fire."""
    traces: tuple[str, ...] = ()
    fired_ns: int | None = None
    resolved_ns: int | None = None

    @property
    def type(self) -> str:
        """The rule as alerts are titled: ``ERROR_RATE``."""
        return self.rule.upper()

    @property
    def text(self) -> str:
        """One line for a person."""
        test = "this is a test: " if self.event == "test" else ""
        return f"{test}{self.reason}{f' ({self.slice})' if self.slice else ''}"

    @property
    def line(self) -> str:
        """As it stands in a log: ``ALERT [TYPE]: message``."""
        return f"{'RESOLVED' if self.event == 'resolved' else 'ALERT'} [{self.type}]: {self.text}"

    @property
    def key(self) -> str:
        """What this alert's firing and its end have in common."""
        return f"{self.rule}|{self.slice}|{self.fired_ns}"

    def encoded(self) -> bytes:
        """As it is kept until it is delivered."""
        return msgspec.msgpack.encode(self)

    def json(self) -> bytes:
        """As programs get it, with its title and its line."""
        return msgspec.json.encode({"type": self.type, "text": self.text, **msgspec.structs.asdict(self)})


def message(alert: AlertRow, event: Event) -> Message:
    """What is told of ``alert``."""
    return Message(
        event=event,
        rule=_one_line(alert.rule),
        tier=alert.tier,
        level=alert.level,
        reason=_one_line(alert.reason),
        slice=_one_line(alert.slice),
        value=alert.value,
        threshold=alert.threshold,
        filter=_one_line(alert.filter),
        traces=tuple(map(_one_line, alert.traces)),
        fired_ns=alert.fired_ns,
        resolved_ns=alert.resolved_ns,
    )


def test_of(name: str, rule: RuleConfig) -> Message:
    """What is told when the rule called ``name`` is tested."""
    level, about = LEVELS[rule.tier], KINDS[rule.rule].about
    return Message(event="test", rule=_one_line(name), tier=rule.tier, level=level, reason=about)


def decoded(data: bytes) -> Message:
    """What `Message.encoded` wrote."""
    return msgspec.msgpack.decode(data, type=Message)


def _one_line(text: str) -> str:
    return neutral_line(text, _LONGEST)
