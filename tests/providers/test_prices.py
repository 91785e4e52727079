"""Bills worked out by hand from published prices, and what a price is when there is none."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.providers.prices import Prices, price
from llmwatch.providers.rates import bill, total
from llmwatch.store.price import Rates, Tariff
from llmwatch.store.span import Call, JsonObject, Usage


def at(moment: str) -> int:
    """Nanoseconds of an ISO time in UTC."""
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) * 10**9


NOW = at("2026-11-21T12:00")


def cost_of(
    provider: str | None, model: str, usage: Usage, at_ns: int = NOW, parameters: JsonObject | None = None
) -> float:
    """Dollars of a call."""
    call = Call(provider=provider, request_model=model, usage=usage, parameters=parameters)
    cost = price(call, at_ns)
    assert cost is not None
    assert cost.nanousd is not None, cost.note
    assert cost.nanousd == total(cost.lines)
    return cost.nanousd / 1e9


def tokens(input_tokens: int, output_tokens: int = 0, **more: Any) -> Usage:
    return Usage(input_tokens=input_tokens, output_tokens=output_tokens, **more)


# Dollars per million from the providers' price pages (openai.com/api/pricing, anthropic.com/pricing,
# ai.google.dev/pricing, api-docs.deepseek.com, docs.perplexity.ai); the arithmetic is written out.
BILLS = [
    # gpt-4o: input 2.50, cached 1.25, output 10
    ("openai", "gpt-4o", tokens(1000, 500), 1000 * 2.5e-6 + 500 * 10e-6),
    ("openai", "gpt-4o-2024-08-06", tokens(10_000, 200, cache_read_tokens=8_192),
     1_808 * 2.5e-6 + 8_192 * 1.25e-6 + 200 * 10e-6),
    # the first snapshot kept its price: 5 and 15
    ("openai", "gpt-4o-2024-05-13", tokens(1000, 500), 1000 * 5e-6 + 500 * 15e-6),
    # gpt-4o-mini: 0.15 / 0.075 / 0.60
    ("openai", "gpt-4o-mini", tokens(2_006, 300, cache_read_tokens=1_920),
     86 * 0.15e-6 + 1_920 * 0.075e-6 + 300 * 0.6e-6),
    # gpt-4-turbo: 10 / 30; gpt-3.5-turbo: 0.50 / 1.50
    ("openai", "gpt-4-turbo-2024-04-09", tokens(1_234, 567), 1_234 * 10e-6 + 567 * 30e-6),
    ("openai", "gpt-3.5-turbo-0125", tokens(1_234, 567), 1_234 * 0.5e-6 + 567 * 1.5e-6),
    # o3-mini: 1.10 / 4.40; reasoning is a part of the output and is charged once
    ("openai", "o3-mini", tokens(100, 1_500, reasoning_tokens=1_280), 100 * 1.1e-6 + 1_500 * 4.4e-6),
    # embeddings have no output: 0.02 and 0.13
    ("openai", "text-embedding-3-small", Usage(input_tokens=8_191), 8_191 * 0.02e-6),
    ("openai", "text-embedding-3-large", Usage(input_tokens=8_191), 8_191 * 0.13e-6),
    # gpt-realtime: text 4 / 16, audio 32 / 64
    ("openai", "gpt-realtime", tokens(1_000, 600, input_audio_tokens=700, output_audio_tokens=500),
     300 * 4e-6 + 700 * 32e-6 + 100 * 16e-6 + 500 * 64e-6),
    # Claude 3.5 Sonnet: 3 / 15, cache read 0.30, write 3.75 for five minutes and 6 for an hour
    ("anthropic", "claude-3-5-sonnet-20241022", tokens(12_000, 800), 12_000 * 3e-6 + 800 * 15e-6),
    ("anthropic", "claude-3-5-sonnet-20241022",
     tokens(20_000, 800, cache_read_tokens=15_000, cache_write_tokens=4_000),
     1_000 * 3e-6 + 15_000 * 0.3e-6 + 4_000 * 3.75e-6 + 800 * 15e-6),
    ("anthropic", "claude-3-5-sonnet-20241022",
     tokens(20_000, 800, cache_read_tokens=15_000, cache_write_tokens=4_000, cache_write_1h_tokens=3_000),
     1_000 * 3e-6 + 15_000 * 0.3e-6 + 1_000 * 3.75e-6 + 3_000 * 6e-6 + 800 * 15e-6),
    # Claude Opus 4.1: 15 / 75, cache read 1.50, write 18.75
    ("anthropic", "claude-opus-4-1-20250805", tokens(5_000, 100, cache_read_tokens=4_000),
     1_000 * 15e-6 + 4_000 * 1.5e-6 + 100 * 75e-6),
    # Claude 3 Haiku: 0.25 / 1.25
    (None, "claude-3-haiku-20240307", tokens(1_000_000, 1_000_000), 0.25 + 1.25),
    # Gemini 2.5 Pro: 1.25 / 10 up to 200k of input, 2.50 / 15 for all tokens beyond
    ("gcp.gemini", "gemini-2.5-pro", tokens(200_000, 1_000), 200_000 * 1.25e-6 + 1_000 * 10e-6),
    ("gcp.gemini", "gemini-2.5-pro", tokens(200_001, 1_000), 200_001 * 2.5e-6 + 1_000 * 15e-6),
    # Gemini 2.5 Flash: 0.30 / 2.50, audio input 1.00
    ("gcp.gemini", "gemini-2.5-flash", tokens(10_000, 100, input_audio_tokens=9_000),
     1_000 * 0.3e-6 + 9_000 * 1e-6 + 100 * 2.5e-6),
    # Perplexity Sonar: 1 / 1 and 12 dollars a thousand requests
    ("perplexity", "sonar", tokens(500, 400), 500 * 1e-6 + 400 * 1e-6 + 0.012),
    # Llama on Groq: 0.59 / 0.79
    ("groq", "llama-3.3-70b-versatile", tokens(3_000, 700), 3_000 * 0.59e-6 + 700 * 0.79e-6),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "model", "usage", "dollars"), BILLS)
def test_a_bill_worked_out_by_hand(provider: str | None, model: str, usage: Usage, dollars: float) -> None:
    assert cost_of(provider, model, usage) == pytest.approx(dollars, abs=5e-10)


@pytest.mark.parametrize(
    ("moment", "dollars"),
    [
        ("2025-06-09T23:59:59", 10 + 40),  # o3 cost 10 / 40 until it was cut to 2 / 8 on 10 June 2025
        ("2025-06-10T00:00:00", 2 + 8),
    ],
)
def test_the_price_of_the_day_is_used(moment: str, dollars: float) -> None:
    assert cost_of("openai", "o3", tokens(1_000_000, 1_000_000), at(moment)) == dollars


@pytest.mark.parametrize(
    ("moment", "dollars"),
    [
        ("2026-11-21T00:29:59", 0.135 + 0.55),  # DeepSeek's night price, 16:30 to 00:30 UTC
        ("2026-11-21T00:30:00", 0.27 + 1.10),
        ("2026-11-21T16:29:59", 0.27 + 1.10),
        ("2026-11-21T16:30:00", 0.135 + 0.55),
    ],
)
def test_the_price_of_the_hour_is_used(moment: str, dollars: float) -> None:
    assert cost_of("deepseek", "deepseek-chat", tokens(1_000_000, 1_000_000), at(moment)) == dollars


@pytest.mark.parametrize(
    ("parameters", "dollars"),
    [
        ({}, 1.25 + 10),
        ({"service_tier": "default"}, 1.25 + 10),
        ({"service_tier": "auto"}, 1.25 + 10),
        ({"service_tier": "flex"}, 0.625 + 5),
        ({"service_tier": "priority"}, 2.5 + 20),
        ({"processing": "batch"}, 0.625 + 5),
        ({"service_tier": "batch"}, 0.625 + 5),
    ],
)
def test_service_tiers_of_gpt_5(parameters: dict[str, str], dollars: float) -> None:
    assert cost_of("openai", "gpt-5", tokens(1_000_000, 1_000_000), parameters=parameters) == dollars


@pytest.mark.parametrize(
    ("provider", "model", "parameters", "moment", "note"),
    [
        ("openai", "gpt-4o", {}, "2026-11-21", ""),
        ("openai", "gpt-5", {"service_tier": "flex"}, "2026-11-21", "service_tier flex"),
        ("openai", "gpt-5", {"service_tier": "flex"}, "2026-01-01",
         "no price is listed for service_tier flex, the standard one is used"),
        ("openai", "gpt-3.5-turbo", {"service_tier": "flex"}, "2026-11-21",
         "no price is listed for service_tier flex, the standard one is used"),
        ("openai", "gpt-4o-2099-01-01", {}, "2026-11-21", "dated or preview version, priced as its family"),
        ("openai", "ft:gpt-4.1-mini-2025-04-14:org::id", {}, "2026-11-21",
         "fine-tuned, priced as its base model"),
        ("my-gateway", "gpt-4o", {}, "2026-11-21", "not listed for my-gateway, priced as openai"),
        ("groq", "gpt-4o", {}, "2026-11-21", "not listed for groq, priced as openai"),
    ],
)  # fmt: skip
def test_what_was_assumed_is_said(
    provider: str, model: str, parameters: dict[str, str], moment: str, note: str
) -> None:
    call = Call(provider=provider, request_model=model, usage=tokens(1, 1), parameters=parameters)
    cost = price(call, at(moment))
    assert cost is not None
    assert cost.nanousd is not None
    assert cost.note == note


def test_the_source_names_the_book_and_the_date_of_the_price() -> None:
    plain = price(Call(provider="openai", request_model="gpt-4o", usage=tokens(1, 1)), NOW)
    dated = price(Call(provider="openai", request_model="o3", usage=tokens(1, 1)), NOW)
    assert plain is not None
    assert plain.price is not None
    assert plain.price.source.startswith("genai-prices ")
    assert plain.price.since is None
    assert (plain.price.listed or "") >= "2026-01-01"
    assert dated is not None
    assert dated.price is not None
    assert dated.price.since == "2025-06-10"


def test_the_answering_model_beats_the_requested_one() -> None:
    call = Call(
        provider="azure", request_model="my-deployment", response_model="gpt-4o-mini", usage=tokens(1_000_000)
    )
    cost = price(call, NOW)
    assert cost is not None
    assert cost.price is not None
    assert (cost.price.model, cost.nanousd) == ("gpt-4o-mini", 150_000_000)


def test_the_requested_model_helps_where_the_answering_one_is_unknown() -> None:
    call = Call(
        provider="openai", request_model="gpt-4o", response_model="fp_44709d6fcb", usage=tokens(1_000_000)
    )
    cost = price(call, NOW)
    assert cost is not None
    assert cost.nanousd == 2_500_000_000


@pytest.mark.parametrize(
    ("call", "note"),
    [
        (Call(provider="groq", request_model="foo", usage=tokens(1, 1)),
         "unpriced: the price list has no foo of groq"),
        (Call(request_model="my-own", usage=tokens(1, 1)), "unpriced: the price list has no my-own"),
        (Call(provider="openai", usage=tokens(1, 1)), "unpriced: the span names no model"),
        (Call(request_model="m" * 10_000, usage=tokens(1, 1)),
         "unpriced: the model's name is too long to be one"),
        (Call(provider="ollama", request_model="llama3.1:8b", usage=tokens(1, 1)),
         "unpriced: llama3.1:8b of ollama runs locally; declare its endpoint free in the configuration"),
        (Call(provider="openai", request_model="gpt-4o", usage=Usage(output_tokens=5)),
         "unpriced: the span does not say its input tokens"),
    ],
)  # fmt: skip
def test_unpriced_is_never_zero(call: Call, note: str) -> None:
    cost = price(call, NOW)
    assert cost is not None
    assert (cost.nanousd, cost.lines, cost.note) == (None, (), note)


def test_without_tokens_there_is_nothing_to_price() -> None:
    assert price(Call(provider="openai", request_model="gpt-4o"), NOW) is None
    assert price(Call(provider="openai", request_model="gpt-4o", usage=Usage(total_tokens=7)), NOW) is None


def test_free_calls() -> None:
    ollama = Call(provider="ollama", request_model="llama3.1:8b", usage=tokens(1_000, 1_000))
    declared = price(ollama, NOW, free=True)
    cached = price(Call(provider="openai", request_model="gpt-4o", cache_hit=True, usage=tokens(9, 9)), NOW)
    listed = price(
        Call(provider="openrouter", request_model="qwen/qwen3-coder:free", usage=tokens(9, 9)), NOW
    )
    for cost, why in ((declared, "declared free"), (cached, "response cache"), (listed, "")):
        assert cost is not None
        assert cost.nanousd == 0
        assert why in cost.note


def test_a_call_that_began_at_another_hour_has_the_price_of_that_hour() -> None:
    """The list is the same, so what was priced first was priced wrongly."""
    call = Call(provider="deepseek", request_model="deepseek-chat", usage=tokens(1_000_000))
    night = Prices().price(call, at("2026-11-21T00:29:59"))
    assert night is not None
    day = Prices().price(call, at("2026-11-21T00:30:00"), kept=night.price)
    assert day is not None
    assert (night.nanousd, day.nanousd) == (135_000_000, 270_000_000)


def test_input_that_excludes_its_cached_tokens_is_understood() -> None:
    """As Anthropic's own API counts: 100 new tokens beside 5,000 read from the cache."""
    excluding = cost_of("anthropic", "claude-3-5-sonnet-20241022", tokens(100, 10, cache_read_tokens=5_000))
    assert excluding == pytest.approx(100 * 3e-6 + 5_000 * 0.3e-6 + 10 * 15e-6, abs=5e-10)


def test_a_bill_is_rounded_once_and_half_up() -> None:
    tariff = Tariff(Rates(input=20_000_000, output=500_000))  # $0.02 and $0.0005 a million
    lines = bill(tokens(0, 1), tariff)
    assert total(lines) == 1, "half a nano-dollar"
    assert total(bill(tokens(1, 1), tariff)) == 21, "20.5"
    assert total(bill(tokens(1, 2), tariff)) == 21, "not 20 and twice half rounded up"


def test_lookups_are_kept_unknown_ones_too_and_within_bounds() -> None:
    prices = Prices()
    for _ in range(3):
        prices.price(Call(provider="groq", request_model="no-such", usage=tokens(1, 1)), NOW)
    info = prices._listing.cache_info()
    assert (info.misses, info.hits) == (1, 2)
    assert info.maxsize == 4096


OUTPUT = ("output", "output_audio", "reasoning")
COUNTS = st.integers(0, 3_000_000)
USAGES = st.builds(
    Usage,
    input_tokens=COUNTS,
    output_tokens=COUNTS,
    cache_read_tokens=st.none() | COUNTS,
    cache_write_tokens=st.none() | COUNTS,
    cache_write_1h_tokens=st.none() | COUNTS,
    reasoning_tokens=st.none() | COUNTS,
    input_audio_tokens=st.none() | COUNTS,
    output_audio_tokens=st.none() | COUNTS,
)
TARIFFS = st.sampled_from(
    [
        Tariff(Rates(input=2_500_000_000, output=10_000_000_000, cache_read=1_250_000_000)),
        Tariff(
            Rates(
                input=3_000_000_000, output=15_000_000_000, cache_read=300_000_000,
                cache_write=3_750_000_000, cache_write_1h=6_000_000_000,
            ),
            ((200_000, Rates(
                input=6_000_000_000, output=22_500_000_000, cache_read=600_000_000,
                cache_write=7_500_000_000, cache_write_1h=12_000_000_000,
            )),),
        ),
        Tariff(
            Rates(
                input=4_000_000_000, output=16_000_000_000, cache_read=400_000_000,
                input_audio=32_000_000_000, cache_read_audio=400_000_000,
                output_audio=64_000_000_000, reasoning=3_000_000_000,
                request=12_000_000_000_000,
            )
        ),
    ]
)  # fmt: skip


@given(USAGES, TARIFFS)
def test_every_token_is_billed_exactly_once(usage: Usage, tariff: Tariff) -> None:
    """The lines add up to the input (with its cached parts where it excludes them) and the output."""
    lines = bill(usage, tariff)
    given_in = usage.input_tokens or 0
    written = max(usage.cache_write_tokens or 0, usage.cache_write_1h_tokens or 0)
    parts = (usage.cache_read_tokens or 0) + written
    billed = {
        side: sum(line.tokens for line in lines if (line.what in OUTPUT) is (side == "out"))
        for side in ("in", "out")
    }
    requests = sum(line.tokens for line in lines if line.what == "requests")
    assert all(line.tokens > 0 for line in lines)
    assert billed["out"] == usage.output_tokens
    assert billed["in"] - requests == (given_in + parts if parts > given_in else given_in)


@given(USAGES, TARIFFS)
def test_the_total_is_the_exact_sum_of_the_lines_rounded_once(usage: Usage, tariff: Tariff) -> None:
    lines = bill(usage, tariff)
    exact = sum(line.tokens * line.nanousd_per_million for line in lines)
    assert abs(total(lines) * 10**6 - exact) <= 500_000
    assert total(lines) >= 0


@given(COUNTS, COUNTS, COUNTS, TARIFFS)
def test_more_tokens_never_cost_less(
    input_tokens: int, output_tokens: int, more: int, tariff: Tariff
) -> None:
    def cost(i: int, o: int) -> int:
        return total(bill(Usage(input_tokens=i, output_tokens=o), tariff))

    assert cost(input_tokens + more, output_tokens) >= cost(input_tokens, output_tokens)
    assert cost(input_tokens, output_tokens + more) >= cost(input_tokens, output_tokens)


@given(COUNTS, st.integers(0, 100), TARIFFS)
def test_cached_tokens_are_never_dearer_than_fresh_ones(
    input_tokens: int, share: int, tariff: Tariff
) -> None:
    fresh = Usage(input_tokens=input_tokens, output_tokens=1)
    cached = Usage(input_tokens=input_tokens, output_tokens=1, cache_read_tokens=input_tokens * share // 100)
    assert total(bill(cached, tariff)) <= total(bill(fresh, tariff))
