"""What a call costs, by the price book of genai-prices, computed with our own integers.

A (provider, model) is looked up once and its rates are kept: the library takes 144 µs a call, this about 5.
How amounts are rounded is explained in rates.py, how names are matched in modelnames.py.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from llmwatch.providers.modelnames import is_local
from llmwatch.providers.pricebook import Conditions, Listing, find
from llmwatch.providers.rates import bill, billed_input, total
from llmwatch.store.span import Call, Cost, CostLine, JsonObject

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


def price(call: Call, at_ns: int, *, free: bool = False) -> Cost | None:
    """The price of ``call``, made at ``at_ns`` (ns since 1970: prices are dated, some depend on the hour).

    ``free`` says that the configuration declares the endpoint free. An answer from a response cache costs $0.
    A call without a known price has ``nanousd`` None and a note that says why. None when the span reports no
    tokens, so that there is nothing to price.
    """
    if call.cache_hit:
        return _FROM_CACHE
    usage = call.usage
    if usage is None or (usage.input_tokens is None and usage.output_tokens is None):
        return None
    if free:
        return _FREE
    listing = _listing(call.provider, call.response_model, call.request_model, _conditions(call.parameters))
    if isinstance(listing, str):
        return Cost(nanousd=None, note=listing)
    quote = listing.quote(at_ns)
    lines: tuple[CostLine, ...] = ()
    nanousd, note = None, quote.note
    if quote.tariff is not None:
        if usage.input_tokens is None and quote.tariff.base.input is not None:
            note = "unpriced: the span does not say its input tokens"
        else:
            lines = bill(usage, quote.tariff)
            nanousd = total(lines)
            if start := quote.tariff.tier(billed_input(usage))[0]:
                note = "; ".join(filter(None, (note, f"the rates above {start:,} input tokens")))
    return Cost(
        nanousd=nanousd, lines=lines, provider=listing.provider, model=listing.model,
        source=quote.source, note=note,
    )  # fmt: skip


def _conditions(parameters: JsonObject | None) -> Conditions:
    """What the request says about its price, in a form that can be cached."""
    if not parameters:
        return ()
    found = [(key, value) for key in _CONDITIONS if isinstance(value := parameters.get(key), str)]
    # Anthropic reports a batch as a service tier; the price book calls it a processing.
    named = [("processing", value) if value == "batch" else (key, value) for key, value in found]
    return tuple(pair for pair in named if pair[1] not in _ORDINARY)


@lru_cache(maxsize=_CACHED_CALLS)
def _listing(
    provider: str | None, answered: str | None, requested: str | None, conditions: Conditions
) -> Listing | str:
    """The price book's listing for a call, or why there is none; the answering model beats the requested."""
    models = [model for model in (answered, requested) if model]
    if not models:
        return "unpriced: the span names no model"
    if max(len(name) for name in (provider or "", *models)) > _LONGEST_NAME:
        return "unpriced: the model's name is too long to be one"
    described = f"{models[0]} of {provider}" if provider else models[0]
    if is_local(provider, models[0]):
        return f"unpriced: {described} runs locally; declare its endpoint free in the configuration"
    for model in models:
        if listing := find(provider, model, conditions):
            return listing
    return f"unpriced: the price list has no {described}"
