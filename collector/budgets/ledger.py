"""The ledger: what is spent of every budget that is enforced, and what calls in flight may still spend.

It is told of every transaction that changes what has been spent, late corrections included, so that a call
can be let through or refused without asking the database. A call holds what it may cost from the moment it is
let through until its span is stored: however many come at once, what is spent passes a limit by no more than
the calls that were in flight may have cost.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from llmwatch.analysis.budget import MEASURES, SECOND_NS, Budget, BudgetState, account, budget_state, budgets
from llmwatch.analysis.budgetwords import amount, said, until
from llmwatch.collector.budgets.asking import Asking
from llmwatch.config import Config
from llmwatch.store.accounts import Account, Key, Spend

Code: TypeAlias = Literal["budget_exceeded", "budget_unknown", "runaway_loop"]

_NOTHING: Final = Spend()
_UNTOLD_NS: Final = 10 * SECOND_NS
"""How long a call that is over, but never said what it cost, is counted as it was estimated: SDKs send their
spans every five seconds."""
_SWEEP_NS: Final = 5 * SECOND_NS
"""How often what is over is looked for."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a call is not let through."""

    code: Code
    message: str
    state: BudgetState | None = None
    """Of the budget that does not allow it."""


@dataclass(slots=True, eq=False)
class Hold:
    """What a call may cost, held until it is known."""

    keys: tuple[Key, ...]
    spend: Spend
    warnings: tuple[str, ...]
    """Of budgets that would have refused the call if they were not on trial."""
    expires_ns: int | None
    """When it is given up; None while somebody answers for it."""


class Ledger:
    """One collector's ledger. Safe to use from any thread."""

    def __init__(self, config: Config, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._spent: dict[Key, Spend] = {}
        self._settled: dict[Key, Spend] = {}
        """What calls said they cost whose spans have not come yet."""
        self._held: dict[Key, Spend] = {}
        self._holds: dict[Hold, None] = {}
        self._swept_ns = 0
        self._known = False
        self._enforced: tuple[tuple[Budget, Account], ...] = ()
        self.accounts: tuple[Account, ...] = ()
        """Of every budget that has a limit; what is spent of those that are not enforced is not kept here."""
        self.trouble = ""
        """Why nothing can be stored just now, so that what is spent is not known; empty when all is well."""
        self.reconfigure(config)

    def reconfigure(self, config: Config) -> None:
        """Go by the budgets of ``config`` from now on; `Writer.keep` has to follow."""
        zone = ZoneInfo(config.budget.timezone)
        limited = [(each, account(each, zone)) for each in budgets(config) if each.limit is not None]
        with self._lock:
            before = {kept.name: kept.definition for _, kept in self._enforced}
            self._zone = zone
            self._enforced = tuple(pair for pair in limited if pair[0].enforce != "off")
            self.accounts = tuple(kept for _, kept in limited)
            enforced = {kept.name: kept.definition for _, kept in self._enforced}
            self._names = enforced.keys()
            self._keep_only({name for name in enforced if before.get(name) == enforced[name]})

    def now_ns(self) -> int:
        """The time, by the ledger's clock."""
        return self._clock()

    @property
    def enforces(self) -> bool:
        """Whether any call may be refused or warned of."""
        return bool(self._enforced)

    def opened(self, spent: Mapping[Key, Spend]) -> None:
        """As `Keeper.opened`."""
        with self._lock:
            self._spent = self._enforceable(spent)
            self._known = True

    def charged(self, spent: Mapping[Key, Spend]) -> None:
        """As `Keeper.charged`. What calls said they cost is taken to be what is charged now."""
        with self._lock:
            spent = self._enforceable(spent)
            _add(self._spent, spent)
            _add(self._settled, {
                key: _minus(Spend(), _common(self._settled[key], spend))
                for key, spend in spent.items() if key in self._settled
            })  # fmt: skip

    def spent(self, key: Key) -> Spend:
        """What was spent on an account in a period, as far as it is known."""
        with self._lock:
            return self._total(key)

    def reserve(self, asking: Asking, lasts_s: float | None = None) -> Hold | Refused:
        """Let a call through and hold what it may cost, or refuse it.

        Args:
            asking: The call.
            lasts_s: When to give it up unless somebody says that it is over; None for never.
        """
        now_ns = self._clock()
        keys: list[Key] = []
        warnings: list[str] = []
        with self._lock:
            self._sweep(now_ns)
            for budget, kept in self._enforced:
                if any(asking.said.get(name) != wanted for name, wanted in kept.match):
                    continue
                value = "" if kept.column is None else asking.said.get(kept.column)
                key = None if value is None else (kept.name, value, kept.bounds(now_ns // SECOND_NS)[0])
                refused = self._judge(budget, key, asking, now_ns)
                if refused and budget.enforce == "block":
                    return refused
                if refused:
                    warnings.append(refused.message)
                if key:
                    keys.append(key)
            expires_ns = None if lasts_s is None else now_ns + round(lasts_s * SECOND_NS)
            hold = Hold(tuple(keys), asking.spend, tuple(warnings), expires_ns)
            self._holds[hold] = None
            _add(self._held, dict.fromkeys(keys, hold.spend))
        return hold

    def release(self, hold: Hold) -> None:
        """What the call cost is charged, or it cost nothing."""
        with self._lock:
            self._drop(hold)

    def settle(self, hold: Hold, spend: Spend | None) -> None:
        """The call is over and cost ``spend``, which counts until its span is stored.

        None when that is not known: the estimate counts for a few seconds more.
        """
        with self._lock:
            if hold not in self._holds:
                return
            if spend is None:
                hold.expires_ns = self._clock() + _UNTOLD_NS
                return
            self._drop(hold)
            _add(self._settled, dict.fromkeys(hold.keys, spend))

    def _enforceable(self, spent: Mapping[Key, Spend]) -> dict[Key, Spend]:
        return {key: spend for key, spend in spent.items() if key[0] in self._names}

    def _keep_only(self, names: Set[str]) -> None:
        """Forget the sums of all other accounts: what is called so now is something else."""
        for sums in (self._spent, self._settled, self._held):
            for key in [key for key in sums if key[0] not in names]:
                del sums[key]
        for hold in self._holds:
            hold.keys = tuple(key for key in hold.keys if key[0] in names)
        self._known = self._known and self._names <= names

    def _judge(self, budget: Budget, key: Key | None, asking: Asking, now_ns: int) -> Refused | None:
        """Why ``budget`` does not allow a call, None when it does."""
        if budget.on_failure == "closed" and (unknown := self._unknown(budget, key, asking)):
            return Refused("budget_unknown", f"{unknown}; the {budget.name} budget lets nothing through then")
        if key is None:
            return None
        measure, limit = MEASURES[budget.unit], budget.limit or 0
        spent = getattr(self._total(key), measure)
        held = getattr(self._held.get(key, _NOTHING), measure)
        if spent + held < limit:
            return None
        state = budget_state(budget, spent, now_ns, self._zone, key[1] or None)
        more = f", and {amount(held, budget.unit)} more may be spent by calls in flight" if held else ""
        message = f"{said(state)}{more}; it begins anew at {until(state, self._zone)}"
        return Refused("budget_exceeded", message, state)

    def _unknown(self, budget: Budget, key: Key | None, asking: Asking) -> str:
        """What has to be known to judge a call by ``budget``, and is not."""
        if key is None:
            return f"the call does not say its {budget.by}"
        if not self._known:
            return "what has been spent is not known yet"
        if self.trouble:
            return f"what is spent cannot be stored: {self.trouble}"
        return "the price of the call is not known" if budget.unit == "usd" and asking.spend.unpriced else ""

    def _total(self, key: Key) -> Spend:
        return self._spent.get(key, _NOTHING).plus(self._settled.get(key, _NOTHING))

    def _drop(self, hold: Hold) -> None:
        if hold in self._holds:
            del self._holds[hold]
            _add(self._held, dict.fromkeys(hold.keys, _minus(Spend(), hold.spend)))

    def _sweep(self, now_ns: int) -> None:
        """Give up holds whose time is over, and forget periods that are."""
        if now_ns - self._swept_ns < _SWEEP_NS:
            return
        self._swept_ns = now_ns
        for hold in [each for each in self._holds if each.expires_ns is not None]:
            if hold.expires_ns is not None and hold.expires_ns <= now_ns:
                self._drop(hold)
        running = {kept.name: kept.bounds(now_ns // SECOND_NS)[0] for _, kept in self._enforced}
        for sums in (self._spent, self._settled):
            for key in [key for key in sums if key[2] < running.get(key[0], key[2] + 1)]:
                del sums[key]


def _add(sums: dict[Key, Spend], spent: Mapping[Key, Spend]) -> None:
    """Add ``spent`` to ``sums``, of which none is zero."""
    for key, spend in spent.items():
        total = sums.get(key, _NOTHING).plus(spend)
        if total == _NOTHING:
            sums.pop(key, None)
        else:
            sums[key] = total


def _minus(one: Spend, other: Spend) -> Spend:
    return Spend(*(a - b for a, b in zip(one, other, strict=True)))


def _common(one: Spend, other: Spend) -> Spend:
    """What both have of everything, nothing where one is negative."""
    return Spend(*(max(min(a, b), 0) for a, b in zip(one, other, strict=True)))
