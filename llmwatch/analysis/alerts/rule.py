"""A rule as the engine uses it: the configuration's texts as numbers, its slice as dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from llmwatch.config.alerts import AlertsConfig, NoData, RuleConfig, length_ns
from llmwatch.store.filters import quoted
from llmwatch.store.reads.sliced import By, Where
from llmwatch.store.rows import Tier

SECOND_NS: Final = 10**9
_KEYS: Final[Mapping[By, str]] = {
    "environment": "env", "app_version": "app", "prompt_name": "prompt", "prompt_version": "version",
    "tool_name": "tool",
}  # fmt: skip
"""What the filter language calls dimensions, where it is not their name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When something is to be told."""

    name: str
    """In the configuration."""
    kind: str
    """The built-in rule whose meaning it has."""
    tier: Tier
    threshold: float
    window_s: int
    hold_ns: int
    min_samples: int
    cooldown_ns: int
    no_data: NoData
    by: By | None
    where: Where


def rules(config: AlertsConfig) -> tuple[Rule, ...]:
    """The rules of ``config`` that are to be looked at."""
    if not config.enabled:
        return ()
    return tuple(_rule(name, rule, config) for name, rule in config.rules.items() if rule.enabled)


def slice_of(where: Where, by: By | None = None, value: str | None = None) -> str:
    """A slice as filter terms, ``env:prod feature:chat``; empty for all traffic."""
    terms = [_term(dimension, value) for dimension, value in where.items()]
    return " ".join([*terms, _term(by, value)] if by else terms)


def _term(dimension: By, value: str | None) -> str:
    key = _KEYS.get(dimension, dimension)
    return f"{key}:{quoted(value)}" if value else f"!{key}:*"


def _rule(name: str, said: RuleConfig, config: AlertsConfig) -> Rule:
    return Rule(
        name=name,
        kind=said.rule,
        tier=said.tier,
        threshold=said.threshold,
        window_s=length_ns(said.window) // SECOND_NS,
        hold_ns=length_ns(said.hold),
        min_samples=said.min_samples,
        cooldown_ns=length_ns(said.cooldown or config.cooldown),
        no_data=said.no_data,
        by=None if said.by == "none" else said.by,
        where=cast("Where", said.match),
    )
