"""The configuration of budgets and of the loop breaker: sections of config.py, with their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

from llmwatch.errors import ConfigError

BudgetPeriod: TypeAlias = Literal["minute", "hour", "day", "month"]
BudgetBy: TypeAlias = Literal["none", "user", "segment", "feature", "model", "session", "service"]
Enforce: TypeAlias = Literal["off", "warn", "block"]
OnFailure: TypeAlias = Literal["open", "closed"]

RUNAWAY_LOOP: Final = "runaway_loop"
"""Name of the score that marks a trace in which an agent runs in circles."""
OWN_BUDGETS: Final = ("daily", "monthly")
"""Names of the budgets in ``[budget]``."""
_MATCHES: Final = (*get_args(BudgetBy)[1:], "environment", "provider")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedBudgetConfig:
    """A budget or quota with exactly one limit: for all together, or for each user, feature or model."""

    limit_usd: float | None = None
    """Dollars a period."""
    limit_tokens: int | None = None
    """Input and output tokens a period, e.g. a provider's tokens per minute."""
    limit_calls: int | None = None
    """Calls of models a period, e.g. a provider's requests per minute."""
    period: BudgetPeriod = "day"
    """minute, hour, day or month, in the zone ``budget.timezone``."""
    by: BudgetBy = "none"
    """Whose limit it is: none for one that all share, else each user, segment, feature, model, session or
    service has it for itself. Calls that do not say theirs count for none."""
    match: Mapping[str, str] = field(default_factory=dict)
    """Only calls with these values count, e.g. ``match = {segment = "free"}``: user, segment, feature, model,
    session, service, environment, provider."""
    warn_at: float = 0.8
    """Share of the limit from which it is worth a warning."""
    enforce: Enforce = "off"
    """As ``budget.enforce``."""
    on_failure: OnFailure = "open"
    """As ``budget.on_failure``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopConfig:
    """When an agent runs in circles: the same tool with the same arguments, time and again."""

    repeats: int = 5
    """So many calls of one tool with the same arguments in a row, or rounds of the same two or three calls,
    with no word of a person between them, are a runaway loop: the proxy and ``guard().tool`` refuse to go on,
    and recorded traces are marked. 0 for never."""


def check_budget(where: str, name: str, budget: NamedBudgetConfig) -> None:
    """Raises ConfigError, with ``where`` in it, for a budget that cannot be."""
    if name in OWN_BUDGETS or not name.replace("-", "_").isidentifier():
        raise ConfigError(
            f"{where}: a budget cannot have this name",
            hint=f"Use letters, digits, _ and -; {' and '.join(OWN_BUDGETS)} are those of [budget].",
        )
    if sum(limit is not None for limit in (budget.limit_usd, budget.limit_tokens, budget.limit_calls)) != 1:
        raise ConfigError(f"{where}: set exactly one of limit_usd, limit_tokens, limit_calls")
    if unknown := sorted(budget.match.keys() - set(_MATCHES)):
        raise ConfigError(
            f"{where}.match: there is no key {unknown[0]}", hint=f"Known here: {', '.join(_MATCHES)}."
        )
