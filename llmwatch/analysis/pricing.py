"""What is to be said of prices: a model's rates and where they come from, and what needs a look. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from msgspec.structs import asdict

from llmwatch.providers.booknames import names_of
from llmwatch.providers.pricebook import Book
from llmwatch.providers.prices import Prices
from llmwatch.store.price import Price, Rates
from llmwatch.store.reads.priced import CalledModel
from llmwatch.store.span import Call

OLD_DAYS: Final = 30
"""A list older than this wants an update."""

_LATE: Final = "there is a price now: the calls came before it, or did not say their input tokens"
_SECOND_NS: Final = 10**9
_CONDITIONS: Final = ({"processing": "batch"}, {"service_tier": "flex"}, {"service_tier": "priority"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInUse:
    """A price list, its day and its age."""

    name: str
    listed: str | None
    age_days: int | None
    sellers: int
    models: int

    @property
    def old(self) -> bool:
        """Whether it wants an update; a list without a day does not say."""
        return self.age_days is not None and self.age_days > OLD_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesInUse:
    """Rates of a model in nano-dollars per million tokens, and where they come from."""

    id: int
    """The row of ``prices`` of calls that were billed with them."""
    provider: str | None
    model: str
    condition: str
    """``batch``, ``flex``, …; empty for the ordinary rates."""
    rates: Mapping[str, int]
    above: Mapping[int, Mapping[str, int]]
    """Rates of calls with more input tokens than this."""
    source: str
    listed: str | None
    age_days: int | None
    since: str | None
    custom: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrices:
    """What a model costs at a time, under its names."""

    asked: str
    provider: str | None
    """As asked."""
    note: str
    """Why it has no price, or the rule by which it was found."""
    names: tuple[str, ...]
    """By which its list knows it; none when the price is not from a list."""
    prices: tuple[RatesInUse, ...]
    """The ordinary one, then those under conditions; none when it has no price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Calls of a model whose price needs a look; the ids are of the last one."""

    provider: str | None
    model: str
    calls: int
    """Of those it is about."""
    why: str
    trace_id: str
    span_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What needs a look."""

    lists: tuple[ListInUse, ...]
    custom: int
    """Models and patterns in the configuration."""
    unpriced: tuple[Doubt, ...]
    guessed: tuple[Doubt, ...]
    differing: tuple[Doubt, ...]

    @property
    def fine(self) -> bool:
        """Whether nothing does."""
        return not (self.unpriced or self.guessed or self.differing or any(used.old for used in self.lists))


def lists_in_use(books: Sequence[Book], now_ns: int) -> tuple[ListInUse, ...]:
    """The lists, in the order in which they are asked."""
    return tuple(
        ListInUse(
            name=book.name,
            listed=book.listed,
            age_days=_age_days(book.listed, now_ns),
            sellers=len(book.sellers),
            models=sum(len(seller.models) for seller in book.sellers),
        )
        for book in books
    )


def model_prices(
    prices: Prices, books: Sequence[Book], provider: str | None, model: str, at_ns: int
) -> ModelPrices:
    """What a model costs at a time (ns since 1970), also under the conditions that its list knows."""
    asked = Call(provider=provider, request_model=model)
    ordinary = prices.quote(asked, at_ns)
    found = [ordinary.price] if ordinary.price else []
    for condition in _CONDITIONS:
        under = prices.quote(Call(provider=provider, request_model=model, parameters=condition), at_ns)
        if under.price and under.price.condition:
            found.append(under.price)
    return ModelPrices(
        asked=model, provider=provider, note=ordinary.note, names=_names(books, ordinary.price),
        prices=tuple(rates_in_use(price, at_ns) for price in found),
    )  # fmt: skip


def _names(books: Sequence[Book], price: Price | None) -> tuple[str, ...]:
    return names_of(books, price.provider, price.model) if price and not price.custom else ()


def checked(
    prices: Prices, books: Sequence[Book], custom: int, called: Iterable[CalledModel], now_ns: int
) -> Checked:
    """What needs a look: lists, and the prices of models that were called lately.

    Args:
        prices: The prices in use.
        books: The lists in use.
        custom: Models and patterns in the configuration.
        called: What was called.
        now_ns: Now, ns since 1970.
    """
    unpriced, guessed, differing = [], [], []
    for each in called:
        call = Call(
            provider=each.provider, request_model=each.request_model, response_model=each.response_model
        )
        quote = prices.quote(call, now_ns)
        if each.unpriced:
            why = quote.note if quote.price is None else _LATE
            unpriced.append(_doubt(each, each.unpriced, why))
        elif quote.price is not None and quote.note:
            guessed.append(_doubt(each, each.calls, f"{quote.note}: {quote.price.model}"))
        if each.differing:
            apart = (
                (each.sender_nanousd - each.ours_nanousd) / each.ours_nanousd if each.ours_nanousd else None
            )
            share = f" ({apart:+.0%})" if apart is not None else ""
            why = (
                f"{each.differing:,} of {each.compared:,} calls: the sender says"
                f" ${each.sender_nanousd / 1e9:,.6f} in all, ours ${each.ours_nanousd / 1e9:,.6f}{share}"
            )
            differing.append(_doubt(each, each.differing, why))
    return Checked(
        lists=lists_in_use(books, now_ns), custom=custom, unpriced=tuple(unpriced), guessed=tuple(guessed),
        differing=tuple(differing),
    )  # fmt: skip


def _doubt(called: CalledModel, calls: int, why: str) -> Doubt:
    return Doubt(
        provider=called.provider,
        model=called.response_model or called.request_model or "",
        calls=calls,
        why=why,
        trace_id=called.trace_id,
        span_id=called.span_id,
    )


def rates_in_use(price: Price, at_ns: int) -> RatesInUse:
    """``price``, its list as old as it was at a time."""
    return RatesInUse(
        id=price.id, provider=price.provider, model=price.model, condition=price.condition,
        rates=_given(price.tariff.base),
        above={start: _given(rates) for start, rates in price.tariff.tiers},
        source=price.source, listed=price.listed, age_days=_age_days(price.listed, at_ns),
        since=price.since, custom=price.custom,
    )  # fmt: skip


def _given(rates: Rates) -> dict[str, int]:
    return {sort: rate for sort, rate in asdict(rates).items() if rate is not None}


def _age_days(listed: str | None, now_ns: int) -> int | None:
    """How old a list is at a time; None when its day is not known, or has not come."""
    try:
        day = date.fromisoformat(listed or "")
    except ValueError:
        return None
    age = (datetime.fromtimestamp(now_ns // _SECOND_NS, UTC).date() - day).days
    return age if age >= 0 else None
