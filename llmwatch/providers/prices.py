"""What a call costs: by the configuration's prices, else by the price lists, computed with our own integers.

A (provider, model) is looked up once and its rates are kept: the library takes 144 µs a call, this about 4.
How amounts are rounded is explained in rates.py, how names are matched in modelnames.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from llmwatch.config.prices import PriceConfig
from llmwatch.providers.booksource import books_in_use
from llmwatch.providers.customprices import find_custom
from llmwatch.providers.modelnames import is_local
from llmwatch.providers.pricebook import Book, Conditions, Listed, Quote, find
from llmwatch.providers.rates import bill, billed_input, total
from llmwatch.store.price import Price
from llmwatch.store.span import Call, Cost, JsonObject, Usage

_LONGEST_NAME: Final = 200
"""Longer names are not looked up: no model has one."""

_CACHED_CALLS: Final = 4096
"""How many (provider, model, conditions) are kept, unknown ones included: no sender can fill memory."""

_CONDITIONS: Final = ("service_tier", "processing", "speed")
"""Request parameters that select another price: ``service_tier = flex``, ``processing = batch``."""

_ORDINARY: Final = frozenset({"", "auto", "default", "standard", "scale", "on_demand"})
"""Values of them that mean the list price."""

_FREE: Final = Cost(nanousd=0, note="free: the endpoint is declared free in the configuration")
_FROM_CACHE: Final = Cost(nanousd=0, note="free: answered from a response cache")


class Unlisted:
    """A model without a price, and why."""

    def __init__(self, note: str) -> None:
        self._quote = Quote(None, note)

    def quote(self, at_ns: int) -> Quote:
        """Always nothing."""
        return self._quote


class Prices:
    """The prices in use: a configuration's, and then those of the lists, updates of which are noticed."""

    def __init__(self, custom: Mapping[str, Sequence[PriceConfig]] | None = None) -> None:
        """``custom`` are the ``prices`` of the configuration."""
        self._custom = custom or {}
        self._books: Sequence[Book] = ()
        self._listing = lru_cache(maxsize=_CACHED_CALLS)(self._find)

    def price(self, call: Call, at_ns: int, *, free: bool = False, kept: Price | None = None) -> Cost | None:
        """The price of ``call``, made at ``at_ns`` (ns since 1970: prices have dates, some have hours).

        ``free`` says that the configuration declares the endpoint free. An answer from a response cache costs
        $0. ``kept`` is the price that the call had before, which it keeps when the list or the configuration
        has changed since. A call without a known price has
        ``nanousd`` None and a note that says why. None when the span reports no tokens, so that there is
        nothing to price.
        """
        if call.cache_hit:
            return _FROM_CACHE
        usage = call.usage
        if usage is None or (usage.input_tokens is None and usage.output_tokens is None):
            return None
        if free:
            return _FREE
        quote = self.quote(call, at_ns)
        if kept is not None and not _of_one_list(quote.price, kept):
            quote = Quote(kept, quote.note if quote.price else "")
        return _billed(usage, quote)

    def quote(self, call: Call, at_ns: int) -> Quote:
        """The price of a model as ``call`` names it, whatever its tokens."""
        if (books := books_in_use()) is not self._books:
            self._books = books
            self._listing.cache_clear()
        conditions = conditions_of(call.parameters)
        return self._listing(call.provider, call.response_model, call.request_model, conditions).quote(at_ns)

    def _find(
        self, provider: str | None, answered: str | None, requested: str | None, conditions: Conditions
    ) -> Listed:
        """Who sells what a call asked for; the answering model beats the requested one."""
        models = [model for model in (answered, requested) if model]
        if not models:
            return Unlisted("unpriced: the span names no model")
        if max(len(name) for name in (provider or "", *models)) > _LONGEST_NAME:
            return Unlisted("unpriced: the model's name is too long to be one")
        listed = self._in_books(provider, models, conditions)
        return find_custom(self._custom, provider, models, conditions, listed) if self._custom else listed

    def _in_books(self, provider: str | None, models: Sequence[str], conditions: Conditions) -> Listed:
        described = f"{models[0]} of {provider}" if provider else models[0]
        if is_local(provider, models[0]):
            return Unlisted(
                f"unpriced: {described} runs locally; declare its endpoint free in the configuration"
            )
        for model in models:
            if listing := find(provider, model, conditions, self._books):
                return listing
        return Unlisted(f"unpriced: the price list has no {described}")


def conditions_of(parameters: JsonObject | None) -> Conditions:
    """What a request says about its price, in a form that can be cached and compared."""
    if not parameters or parameters.keys().isdisjoint(_CONDITIONS):
        return ()
    found = [(key, value) for key in _CONDITIONS if isinstance(value := parameters.get(key), str)]
    # Anthropic reports a batch as a service tier; the price book calls it a processing.
    named = [("processing", value) if value == "batch" else (key, value) for key, value in found]
    return tuple(pair for pair in named if pair[1] not in _ORDINARY)


def price(call: Call, at_ns: int, *, free: bool = False) -> Cost | None:
    """`Prices.price` with the prices of the lists alone."""
    return _LISTS.price(call, at_ns, free=free)


_LISTS: Final = Prices()


def _of_one_list(price: Price | None, kept: Price) -> bool:
    """Whether two prices are of the same list.

    Then the one looked up last is right: more is known of the call by now, e.g. when it really began.
    """
    if price is None or price.custom or kept.custom:
        return False
    return (price.source, price.listed) == (kept.source, kept.listed)


def _billed(usage: Usage, quote: Quote) -> Cost:
    if quote.price is None:
        return Cost(nanousd=None, note=quote.note)
    tariff, note = quote.price.tariff, quote.note
    if usage.input_tokens is None and tariff.base.input is not None:
        return Cost(nanousd=None, price=quote.price, note="unpriced: the span does not say its input tokens")
    lines = bill(usage, tariff)
    if start := tariff.tiers and tariff.tier(billed_input(usage))[0]:
        note = "; ".join(filter(None, (note, f"the rates above {start:,} input tokens")))
    return Cost(nanousd=total(lines), lines=lines, price=quote.price, note=note)
