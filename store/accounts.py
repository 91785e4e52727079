"""What spans cost whom: the sums that budgets are judged by. Pure.

A span counts in the period in which it starts, as it does in the rollups (rollups.py): its tokens and its
cost when its usage does, and as a call when it is one of a model that no other span repeats. Where it does
not say who asked, its trace does (heads.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from llmwatch.store.heads import Heads
from llmwatch.store.projection import Brief
from llmwatch.store.rollups import Change, is_copy

Key: TypeAlias = tuple[str, str, int]
"""Name of an account, value (``""`` when all share it), and when its period began (Unix seconds)."""

Measure: TypeAlias = Literal["cost_nanousd", "tokens", "calls"]
"""What a limit is of."""

CALLS: Final = ("llm", "embedding")
"""Kinds of spans that are calls of models."""


class Spend(NamedTuple):
    """What was spent."""

    cost_nanousd: int = 0
    tokens: int = 0
    calls: int = 0
    unpriced: int = 0

    def plus(self, other: Spend) -> Spend:
        """Both together."""
        return Spend(*map(sum, zip(self, other, strict=True)))


@dataclass(frozen=True, slots=True)
class Account:
    """Whose spend is kept."""

    name: str
    definition: str
    """Whatever decides what counts and where, in words: sums of another definition are others."""
    column: str | None
    """The column of spans whose values have an account each; spans without a value count for none. None for
    one account that all share."""
    match: tuple[tuple[str, str], ...]
    """Columns and the values that they must have."""
    bounds: Callable[[int], tuple[int, int]]
    """The period of a time: start and end; all in Unix seconds."""


class Keeper(Protocol):
    """Who wants to know what accounts come to. Called in the writer's thread."""

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Whose spend to keep."""

    def opened(self, spent: Mapping[Key, Spend]) -> None:
        """All that has been spent in the running periods; what was told before is void."""

    def charged(self, spent: Mapping[Key, Spend]) -> None:
        """What was added, or taken back, by a transaction that is committed."""


class Book(NamedTuple):
    """The accounts that a file keeps, and who is told of what is charged to them."""

    accounts: tuple[Account, ...]
    keeper: Keeper


def charges(accounts: Sequence[Account], changes: Iterable[Change]) -> dict[Key, Spend]:
    """What ``changes`` add to the accounts."""
    found: dict[Key, list[int]] = {}
    for span, role, sign, heads in changes:
        counted = role == "counted"
        called = span.kind in CALLS and not is_copy(span, role)
        if span.state == "partial" or not (counted or called):
            continue
        cost = span.cost_nanousd
        tokens = (span.input_tokens or 0) + (span.output_tokens or 0)
        at_s = span.start_ns // 1_000_000_000
        for account in accounts:
            value = "" if account.column is None else _said(span, heads, account.column)
            if value is None or (account.match and not _matches(account, span, heads)):
                continue
            key = (account.name, value, account.bounds(at_s)[0])
            sums = found.get(key)
            if sums is None:
                sums = found[key] = [0, 0, 0, 0]
            if counted:
                sums[0] += sign * (cost or 0)
                sums[1] += sign * tokens
                sums[3] += sign * (cost is None)
            if called:
                sums[2] += sign
    return {key: Spend(*sums) for key, sums in found.items()}


def _matches(account: Account, span: Brief, heads: Heads) -> bool:
    return all(_said(span, heads, name) == wanted for name, wanted in account.match)


def _said(span: Brief, heads: Heads, column: str) -> str | None:
    """What a span says, or else its trace; None where neither does."""
    said = getattr(span, column) or getattr(heads, column, None)
    return str(said) if said else None
