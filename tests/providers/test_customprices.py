"""Prices of the configuration: they come before every list, from their day, for their provider."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.config import parse
from llmwatch.config.prices import PriceConfig
from llmwatch.providers.customprices import tariff_of
from llmwatch.providers.prices import Prices
from llmwatch.store.price import Rates, Tariff
from llmwatch.store.span import Call, Cost, JsonObject, Usage

MILLION = Usage(input_tokens=1_000_000, output_tokens=1_000_000)


def at(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 10**9


NOW = at("2026-11-21")


def cost(
    toml: str, model: str, provider: str | None = None, day: str = "2026-11-21", usage: Usage = MILLION,
    answered: str | None = None, parameters: JsonObject | None = None,
) -> Cost:  # fmt: skip
    prices = Prices(parse(tomllib.loads(toml)).prices)
    call = Call(
        provider=provider, request_model=model, response_model=answered, usage=usage, parameters=parameters
    )
    found = prices.price(call, at(day))
    assert found is not None
    return found


def dollars(*arguments: object, **more: object) -> float | None:
    nanousd = cost(*arguments, **more).nanousd  # type: ignore[arg-type]
    return None if nanousd is None else nanousd / 1e9


PER_MILLION = '[prices."my-model"]\ninput = 2.5\noutput = 10'
PER_THOUSAND = '[prices."my-model"]\nper = "1K"\ninput = 0.0025\noutput = 0.01'


def test_both_units_are_the_same_integers() -> None:
    (million,), (thousand,) = (
        parse(tomllib.loads(text)).prices["my-model"] for text in (PER_MILLION, PER_THOUSAND)
    )
    assert tariff_of(million) == tariff_of(thousand) == Tariff(Rates(input=2_500_000_000, output=10**10))
    assert dollars(PER_MILLION, "my-model") == dollars(PER_THOUSAND, "my-model") == 12.5


@given(st.decimals(0, 1000, places=6))
def test_a_rate_is_the_same_in_both_units(price: Decimal) -> None:
    million = PriceConfig(input=float(price))
    thousand = PriceConfig(per="1K", input=float(price / 1000))
    assert tariff_of(million) == tariff_of(thousand)
    assert tariff_of(million).base.input == price * 10**9


@pytest.mark.parametrize(
    ("key", "model", "note"),
    [
        ("my-model", "my-model", ""),
        ("My-Model", "MY-model", ""),
        ("my-model", "openrouter/my-model", ""),
        ("my-model", "my-model-2026-03-01", "dated or preview version, priced as its family"),
        ("my-model", "ft:my-model:org::id", "fine-tuned, priced as its base model"),
        ("my-*", "my-other", "by the pattern my-*"),
        ("*", "anything", "by the pattern *"),
        ("my-[1]", "my-[1]", ""),
    ],
)
def test_a_price_is_found_by_name_or_pattern_and_says_how(key: str, model: str, note: str) -> None:
    found = cost(f'[prices."{key}"]\ninput = 1\noutput = 2', model)
    assert (found.nanousd, found.note) == (3 * 10**9, note)
    assert found.price is not None
    assert (found.price.model, found.price.source, found.price.custom) == (key, "configuration", True)


def test_the_name_beats_a_pattern_and_the_longer_pattern_the_shorter() -> None:
    toml = '[prices."*"]\ninput = 1\n[prices."my-*"]\ninput = 2\n[prices."my-model"]\ninput = 3'
    only = Usage(input_tokens=1_000_000)
    assert [dollars(toml, model, usage=only) for model in ("other", "my-other", "my-model")] == [1, 2, 3]


def test_a_price_overrides_the_list_also_for_the_answering_snapshot() -> None:
    toml = '[prices."gpt-4o"]\ninput = 1\noutput = 2'
    assert dollars(toml, "gpt-4o", "openai") == 3
    assert dollars(toml, "gpt-4o", "openai", answered="gpt-4o-2024-08-06") == 3
    assert dollars(toml, "gpt-4o-mini", "openai") == pytest.approx(0.15 + 0.60), "the list's own"


def test_a_price_for_one_provider_is_not_for_another() -> None:
    toml = """
        [[prices."gpt-4o"]]
        provider = "azure"
        input = 1
        output = 1
        [[prices."gpt-4o"]]
        provider = "my-gateway"
        input = 2
        output = 2
    """
    assert dollars(toml, "gpt-4o", "azure.ai.openai") == 2
    assert dollars(toml, "gpt-4o", "My-Gateway") == 4
    assert dollars(toml, "gpt-4o", "openai") == 12.5, "the list's: 2.50 and 10"
    assert dollars(toml, "gpt-4o") == 12.5


DATED = """
    [[prices."my-model"]]
    from = 2026-01-01
    input = 1
    [[prices."my-model"]]
    from = 2026-03-01
    input = 4
"""


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2025-12-31T23:59:59", None),
        ("2026-01-01T00:00:00", 1),
        ("2026-02-28T23:59:59", 1),
        ("2026-03-01T00:00:00", 4),
    ],
)
def test_a_price_holds_from_its_day_and_before_the_first_there_is_none(
    moment: str, expected: float | None
) -> None:
    assert dollars(DATED, "my-model", day=moment, usage=Usage(input_tokens=1_000_000)) == expected


def test_before_its_day_the_list_holds() -> None:
    toml = '[prices."gpt-4o"]\nfrom = 2026-03-01\ninput = 1\noutput = 1'
    assert dollars(toml, "gpt-4o", "openai", day="2026-02-01") == 12.5
    assert dollars(toml, "gpt-4o", "openai", day="2026-03-01") == 2


TIERS = """
    [prices."my-model"]
    input = 3
    output = 15
    cache_read = 0.3
    batch = { input = 1.5, output = 7.5 }
    flex = { input = 2 }
    [[prices."my-model".above]]
    input_tokens = 200_000
    input = 6
    output = 22.5
"""


@pytest.mark.parametrize(
    ("parameters", "input_tokens", "expected", "note"),
    [
        ({}, 100_000, 0.3 + 15, ""),
        ({}, 200_000, 0.6 + 15, ""),
        ({}, 200_001, 200_001 * 6e-6 + 22.5, "the rates above 200,000 input tokens"),
        ({"processing": "batch"}, 100_000, 0.15 + 7.5, "processing batch"),
        ({"service_tier": "batch"}, 100_000, 0.15 + 7.5, "processing batch"),
        ({"service_tier": "flex"}, 100_000, 0.2 + 15, "service_tier flex"),
        ({"service_tier": "priority"}, 100_000, 0.3 + 15,
         "no price is listed for service_tier priority, the standard one is used"),
        ({"service_tier": "input"}, 100_000, 0.3 + 15,
         "no price is listed for service_tier input, the standard one is used"),
    ],
)  # fmt: skip
def test_tiers_of_a_price(parameters: JsonObject, input_tokens: int, expected: float, note: str) -> None:
    usage = Usage(input_tokens=input_tokens, output_tokens=1_000_000)
    found = cost(TIERS, "my-model", usage=usage, parameters=parameters)
    assert found.nanousd == round(expected * 1e9)
    assert found.note == note


def test_every_sort_of_token_and_a_request() -> None:
    toml = """
        [prices."m"]
        input = 1
        output = 10
        cache_read = 0.1
        cache_write = 1.25
        cache_write_1h = 2
        input_audio = 40
        output_audio = 80
        reasoning = 5
        request = 0.005
    """
    usage = Usage(
        input_tokens=1_000, cache_read_tokens=100, cache_write_tokens=300, cache_write_1h_tokens=100,
        input_audio_tokens=50, output_tokens=400, reasoning_tokens=100, output_audio_tokens=200,
    )  # fmt: skip
    per_million = 550 * 1 + 100 * 0.1 + 200 * 1.25 + 100 * 2 + 50 * 40 + 100 * 10 + 200 * 80 + 100 * 5
    assert dollars(toml, "m", usage=usage) == pytest.approx(per_million / 1e6 + 0.005, abs=5e-10)


def test_a_local_model_may_have_a_price() -> None:
    assert dollars('[prices."llama3.1:8b"]\ninput = 0.1\noutput = 0.1', "llama3.1:8b", "ollama") == 0.2


def test_a_call_keeps_the_price_it_had() -> None:
    old, new = (Prices(parse(tomllib.loads(f'[prices."m"]\ninput = {rate}')).prices) for rate in (1, 2))
    call = Call(request_model="m", usage=Usage(input_tokens=1_000_000))
    before = old.price(call, NOW)
    assert before is not None
    after = new.price(call, NOW, kept=before.price)
    assert after == before
    dropped = Prices().price(call, NOW, kept=before.price)
    assert dropped == before, "though nobody lists it any more"
