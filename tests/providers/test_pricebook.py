"""Our integer arithmetic against the library's decimals: every model, date, hour, tier and special price."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import genai_prices
import pytest
from genai_prices.data_snapshot import find_provider_by_id, get_snapshot
from genai_prices.types import ModelInfo, Provider, TieredPrices

from llmwatch.providers.pricebook import Conditions, Listing, bundled, find
from llmwatch.providers.rates import bill, total
from llmwatch.store.span import Usage

PROVIDERS = get_snapshot().providers
DAY_NS = 86_400 * 10**9
LATEST_NS = 1_800_000_000 * 10**9


def theirs(seller: Provider, model: ModelInfo, usage: Usage, at_ns: int, conditions: Conditions) -> Decimal:
    """The library's price in dollars, told of every sort of token it may ask for."""
    return model.calc_price(
        genai_prices.Usage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            cache_write_1h_tokens=usage.cache_write_1h_tokens,
            input_audio_tokens=usage.input_audio_tokens,
            output_audio_tokens=usage.output_audio_tokens,
            output_reasoning_tokens=usage.reasoning_tokens,
            cache_audio_read_tokens=0,
            cache_audio_write_tokens=0,
            output_audio_reasoning_tokens=0,
        ),
        seller,
        genai_request_timestamp=datetime.fromtimestamp(at_ns // 10**9, UTC),
        price_context=dict(conditions),
    ).total_price


def times(listing: Listing) -> Iterator[int]:
    """One time in every stretch in which the listing's prices do not change, and both ends of it."""
    days = [listing.days[0] - DAY_NS if listing.days else LATEST_NS, *listing.days]
    hours = [0, *listing.hours]
    for day in days:
        for hour in hours:
            yield day + hour
        for before, _ in pairwise([*listing.hours, 0]):
            yield day + before - 10**9


def sizes(model: ModelInfo) -> set[int]:
    """Input sizes on both sides of every tier."""
    listed = model.prices if isinstance(model.prices, list) else [model]
    tables = [entry.prices for entry in listed] + [entry.prices for entry in model.price_variants or ()]
    found = {50_000}
    for table in tables:
        for value in vars(table).values():
            if isinstance(value, TieredPrices):
                found |= {tier.start + more for tier in value.tiers for more in (0, 1)}
    return found


def usage_of(size: int) -> Usage:
    """A call with every sort of token in it."""
    return Usage(
        input_tokens=size,
        output_tokens=9_973,
        cache_read_tokens=size // 3,
        cache_write_tokens=size // 5,
        cache_write_1h_tokens=size // 7,
        input_audio_tokens=size // 11,
        output_audio_tokens=1_009,
        reasoning_tokens=2_003,
    )


def is_exact(model: ModelInfo) -> bool:
    """Whether the list's rates are whole nano-dollars; a few carry the rounding noise of their origin."""
    listed = model.prices if isinstance(model.prices, list) else [model]
    values = [
        value for entry in listed for value in vars(entry.prices).values() if isinstance(value, Decimal)
    ]
    return all(value * 10**9 % 1 == 0 for value in values)


@pytest.mark.parametrize("seller", PROVIDERS, ids=lambda seller: seller.id)
def test_every_model_costs_what_the_library_says(seller: Provider) -> None:
    compared = 0
    for model in seller.models:
        variants: list[Conditions] = [()]
        variants += [tuple(sorted(variant.when.items())) for variant in model.price_variants or ()]
        for conditions in variants:
            listing = Listing(bundled(), seller, model, conditions)
            for at_ns in times(listing):
                price = listing.quote(at_ns).price
                tariff = price.tariff if price else None
                for size in sizes(model) if tariff else ():
                    usage = usage_of(size)
                    assert tariff is not None
                    ours = total(bill(usage, tariff))
                    exact = theirs(seller, model, usage, at_ns, conditions) * 10**9
                    tolerance = 0 if is_exact(model) else 1
                    rounded = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
                    assert abs(ours - rounded) <= tolerance, (model.id, conditions, at_ns, size)
                    compared += 1
    assert compared >= len([m for m in seller.models if Listing(bundled(), seller, m).quote(LATEST_NS).price])


@pytest.mark.parametrize("seller", PROVIDERS, ids=lambda seller: seller.id)
def test_every_model_is_found_by_its_own_name(seller: Provider) -> None:
    for model in seller.models:
        expected = seller.find_model(model.id, all_providers=PROVIDERS)
        if expected is None:
            continue
        found = find(seller.id, model.id)
        assert found is not None
        assert (found.provider, found.model) == (seller.id, expected.id)


def test_what_is_not_sold_by_the_token_is_unpriced() -> None:
    openai = find_provider_by_id(PROVIDERS, "openai")
    assert openai is not None
    whisper = openai.find_model("whisper-1")
    assert whisper is not None
    quote = Listing(bundled(), openai, whisper).quote(LATEST_NS)
    assert quote.price is None
    assert quote.note == "unpriced: sold by audio_hours, input_audio_hours, which spans do not report"
