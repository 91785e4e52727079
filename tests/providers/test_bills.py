"""Bills reproduced to six decimals from the rates that providers and articles publish.

Each row names where its rates or its example were published, the arithmetic as pairs of tokens and dollars
per million, and the amount worked out from them by hand. The arithmetic is checked on its own, in decimals,
before the program's bill is compared with it.

Where the bundled list disagrees with a published page, the page's bill is reproduced with a price of one's
own (`OWN`), and the disagreement is told there.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from llmwatch.config import parse
from llmwatch.providers.prices import Prices
from llmwatch.store.span import Call, Cost, JsonObject, Usage

CLAUDE = "Claude Platform Docs, Pricing (platform.claude.com/docs/en/about-claude/pricing), September 2026"
OPENAI = "OpenAI API docs, Pricing (developers.openai.com/api/docs/pricing), September 2026"
PRIORITY = "OpenAI, Priority Processing for API Customers (openai.com/api-priority-processing)"
OPENAI_2024 = "OpenAI, Pricing (openai.com/api/pricing), 2024, as in the crate openai-models 0.1.1"
EXPLAINED = "N. Lazzari, OpenAI API Pricing Explained (2026)"
DEEPSEEK = "DeepSeek API Docs, pricing-details-usd (api-docs.deepseek.com/quick_start/pricing-details-usd)"
DEEPSEEK_V4 = "DeepSeek, Models & Pricing, as of 27 October 2026 in the DeepSeek API Pricing 2026 guide"
GEMINI = "Google, Gemini Developer API pricing (ai.google.dev/gemini-api/docs/pricing)"
TESTS = "pydantic/genai-prices, tests: worked examples in its docstrings and snapshots"
GROQ = "Groq, pricing (groq.com/pricing), as of April 2026"
NOVA = "Amazon Bedrock pricing: Amazon Nova Pro"
GROK = "xAI docs, Models and Pricing: grok-3"
VOYAGE = "Voyage AI docs, Pricing: voyage-3.5"
COHERE = "Cohere, Pricing: Command R+ 08-2024"
PART_2 = "article: LLM observability, part 2 (prices per thousand tokens)"
GUIDE = "article: complete guide to production monitoring (prices per million tokens)"
PRODUCTION = "article: observability for production (prices per million tokens)"

NOW = "2026-11-21T12:00"
BATCH = {"processing": "batch"}


@dataclass(frozen=True, kw_only=True)
class Bill:
    """A published bill."""

    source: str
    model: str
    usage: Usage
    working: tuple[tuple[int, str], ...]
    """Tokens, and dollars for a million of them."""
    dollars: str
    """To six decimals."""
    provider: str | None = "openai"
    parameters: JsonObject | None = None
    when: str = NOW


def tokens(input_tokens: int, output_tokens: int = 0, **more: Any) -> Usage:
    return Usage(input_tokens=input_tokens, output_tokens=output_tokens, **more)


LISTED = [
    # Plain calls
    Bill(source=OPENAI_2024, model="gpt-4o", usage=tokens(1_000, 500),
         working=((1_000, "2.5"), (500, "10")), dollars="0.007500"),
    Bill(source=TESTS, model="gpt-4o", usage=tokens(1_000, 100),
         working=((1_000, "2.5"), (100, "10")), dollars="0.003500"),
    Bill(source=OPENAI, model="gpt-4o-2024-05-13", usage=tokens(1_000, 500),
         working=((1_000, "5"), (500, "15")), dollars="0.012500"),
    Bill(source=OPENAI_2024, model="gpt-4o-mini-2024-07-18", usage=tokens(12_345, 678),
         working=((12_345, "0.15"), (678, "0.6")), dollars="0.002259"),
    Bill(source=EXPLAINED, model="gpt-5.2", usage=tokens(100_000_000, 25_000_000),
         working=((100_000_000, "1.75"), (25_000_000, "14")), dollars="525.000000"),
    Bill(source=OPENAI, model="gpt-5.3-codex", usage=tokens(40_000, 3_000),
         working=((40_000, "1.75"), (3_000, "14")), dollars="0.112000"),
    Bill(source=CLAUDE, model="claude-haiku-4-5-20251001", provider="anthropic", usage=tokens(2_400, 310),
         working=((2_400, "1"), (310, "5")), dollars="0.003950"),
    Bill(source=CLAUDE, model="claude-sonnet-5", provider="anthropic", usage=tokens(18_330, 1_204),
         working=((18_330, "2"), (1_204, "10")), dollars="0.048700"),
    Bill(source=CLAUDE, model="claude-opus-5-5", provider="anthropic", usage=tokens(7_500, 900),
         working=((7_500, "4"), (900, "20")), dollars="0.048000"),
    Bill(source=GROQ, model="llama-3.3-70b-versatile", provider="groq", usage=tokens(3_000, 700),
         working=((3_000, "0.59"), (700, "0.79")), dollars="0.002323"),
    Bill(source=NOVA, model="amazon.nova-pro-v1:0", provider="aws.bedrock", usage=tokens(6_000, 1_500),
         working=((6_000, "0.8"), (1_500, "3.2")), dollars="0.009600"),
    Bill(source=COHERE, model="command-r-plus", provider="cohere", usage=tokens(4_096, 512),
         working=((4_096, "2.5"), (512, "10")), dollars="0.015360"),
    # Cached input
    Bill(source=OPENAI_2024, model="gpt-4o", usage=tokens(10_000, 200, cache_read_tokens=8_192),
         working=((1_808, "2.5"), (8_192, "1.25"), (200, "10")), dollars="0.016760"),
    Bill(source=EXPLAINED, model="gpt-5-mini", usage=tokens(50_000, 1_000, cache_read_tokens=40_000),
         working=((10_000, "0.25"), (40_000, "0.025"), (1_000, "2")), dollars="0.005500"),
    Bill(source=OPENAI, model="gpt-6-sol", usage=tokens(100_000, 2_000, cache_read_tokens=60_000),
         working=((40_000, "2"), (60_000, "0.2"), (2_000, "10")), dollars="0.112000"),
    Bill(source=GROK, model="grok-3", provider="x_ai", usage=tokens(8_000, 400, cache_read_tokens=6_000),
         working=((2_000, "3"), (6_000, "0.75"), (400, "15")), dollars="0.016500"),
    Bill(source=DEEPSEEK, model="deepseek-chat", provider="deepseek", when="2025-04-01T12:00",
         usage=tokens(30_000, 1_000, cache_read_tokens=20_000),
         working=((10_000, "0.27"), (20_000, "0.07"), (1_000, "1.1")), dollars="0.005200"),
    Bill(source=DEEPSEEK_V4, model="deepseek-v4-flash", provider="deepseek", when="2026-11-21T12:00",
         usage=tokens(1_000_000, 50_000, cache_read_tokens=900_000),
         working=((100_000, "0.15"), (900_000, "0.003"), (50_000, "0.6")), dollars="0.047700"),
    Bill(source=CLAUDE, model="claude-fable-5-1", provider="anthropic",
         usage=tokens(120_000, 1_000, cache_read_tokens=100_000),
         working=((20_000, "10"), (100_000, "0.25"), (1_000, "50")), dollars="0.275000"),
    Bill(source=GEMINI, model="gemini-2.5-pro", provider="gcp.gemini",
         usage=tokens(100_000, 500, cache_read_tokens=80_000),
         working=((20_000, "1.25"), (80_000, "0.125"), (500, "10")), dollars="0.040000"),
    # Cache writes: five minutes, an hour, both in one call, and OpenAI's
    Bill(source=CLAUDE, model="claude-sonnet-4-6", provider="anthropic",
         usage=tokens(21_000, 800, cache_write_tokens=20_000),
         working=((1_000, "3"), (20_000, "3.75"), (800, "15")), dollars="0.090000"),
    Bill(source=CLAUDE, model="claude-opus-4-8", provider="anthropic",
         usage=tokens(52_000, 1_000, cache_write_tokens=50_000, cache_write_1h_tokens=50_000),
         working=((2_000, "5"), (50_000, "10"), (1_000, "25")), dollars="0.535000"),
    Bill(source=CLAUDE, model="claude-3-5-haiku-20241022", provider="anthropic", when="2025-09-01T12:00",
         usage=tokens(10_000, 100, cache_read_tokens=6_000, cache_write_tokens=3_000,
                      cache_write_1h_tokens=1_000),
         working=((1_000, "0.8"), (6_000, "0.08"), (2_000, "1"), (1_000, "1.6"), (100, "4")),
         dollars="0.005280"),
    Bill(source=CLAUDE, model="claude-opus-4-1-20250805", provider="anthropic",
         usage=tokens(30_000, 500, cache_read_tokens=25_000, cache_write_tokens=4_000),
         working=((1_000, "15"), (25_000, "1.5"), (4_000, "18.75"), (500, "75")), dollars="0.165000"),
    Bill(source=OPENAI, model="gpt-6-sol", usage=tokens(40_000, 1_000, cache_write_tokens=30_000),
         working=((10_000, "2"), (30_000, "2.5"), (1_000, "10")), dollars="0.105000"),
    # Reasoning is a part of the output and costs what the output costs
    Bill(source=OPENAI_2024, model="o1", usage=tokens(2_000, 10_000, reasoning_tokens=9_500),
         working=((2_000, "15"), (10_000, "60")), dollars="0.630000"),
    Bill(source=DEEPSEEK, model="deepseek-reasoner", provider="deepseek", when="2025-04-01T12:00",
         usage=tokens(1_000, 4_000, reasoning_tokens=3_200),
         working=((1_000, "0.55"), (4_000, "2.19")), dollars="0.009310"),
    # Batch: half of the ordinary rates; cache multipliers stack with it at Anthropic
    Bill(source=OPENAI, model="gpt-6-astra", parameters=BATCH, usage=tokens(200_000, 10_000),
         working=((200_000, "5"), (10_000, "25")), dollars="1.250000"),
    Bill(source=OPENAI, model="gpt-6-sol", parameters=BATCH,
         usage=tokens(100_000, 5_000, cache_read_tokens=50_000),
         working=((50_000, "1"), (50_000, "0.1"), (5_000, "5")), dollars="0.080000"),
    Bill(source=CLAUDE, model="claude-opus-5-5", provider="anthropic", parameters={"service_tier": "batch"},
         usage=tokens(50_000, 4_000), working=((50_000, "2"), (4_000, "10")), dollars="0.140000"),
    Bill(source=CLAUDE, model="claude-opus-4-8", provider="anthropic", parameters={"service_tier": "batch"},
         usage=tokens(24_000, 1_000, cache_read_tokens=20_000),
         working=((4_000, "2.5"), (20_000, "0.25"), (1_000, "12.5")), dollars="0.027500"),
    Bill(source=GEMINI, model="gemini-2.5-flash", provider="google", parameters=BATCH,
         usage=tokens(80_000, 2_000), working=((80_000, "0.15"), (2_000, "1.25")), dollars="0.014500"),
    # Flex and priority
    Bill(source=OPENAI, model="gpt-6-sol", parameters={"service_tier": "flex"}, usage=tokens(30_000, 2_000),
         working=((30_000, "1"), (2_000, "5")), dollars="0.040000"),
    Bill(source=PRIORITY, model="gpt-5", parameters={"service_tier": "priority"},
         usage=tokens(10_000, 1_000, cache_read_tokens=4_000),
         working=((6_000, "2.5"), (4_000, "0.25"), (1_000, "20")), dollars="0.036000"),
    Bill(source=PRIORITY, model="gpt-5-mini", parameters={"service_tier": "priority"},
         usage=tokens(10_000, 1_000), working=((10_000, "0.45"), (1_000, "3.6")), dollars="0.008100"),
    Bill(source=PRIORITY, model="gpt-4.1", parameters={"service_tier": "priority"},
         usage=tokens(12_000, 800, cache_read_tokens=8_000),
         working=((4_000, "3.5"), (8_000, "0.875"), (800, "14")), dollars="0.032200"),
    Bill(source=PRIORITY, model="gpt-5.5", parameters={"service_tier": "priority"},
         usage=tokens(20_000, 1_000), working=((20_000, "12.5"), (1_000, "75")), dollars="0.325000"),
    # Long inputs: the dearer rates hold for all tokens of the call
    Bill(source=TESTS, model="claude-sonnet-4.5", provider="anthropic", usage=tokens(100_000),
         working=((100_000, "3"),), dollars="0.300000"),
    Bill(source=TESTS, model="claude-sonnet-4.5", provider="anthropic", usage=tokens(1_000_000),
         working=((1_000_000, "6"),), dollars="6.000000"),
    Bill(source=GEMINI, model="gemini-2.5-pro", provider="gcp.vertex_ai", usage=tokens(200_000, 1_000),
         working=((200_000, "1.25"), (1_000, "10")), dollars="0.260000"),
    Bill(source=GEMINI, model="gemini-2.5-pro", provider="gcp.vertex_ai", usage=tokens(200_001, 1_000),
         working=((200_001, "2.5"), (1_000, "15")), dollars="0.515003"),
    Bill(source=OPENAI, model="gpt-6-sol", usage=tokens(300_000, 4_000, cache_read_tokens=100_000),
         working=((200_000, "4"), (100_000, "0.4"), (4_000, "15")), dollars="0.900000"),
    Bill(source=OPENAI, model="gpt-5.5", usage=tokens(400_000, 2_000),
         working=((400_000, "10"), (2_000, "45")), dollars="4.090000"),
    Bill(source=OPENAI, model="gpt-6-astra", parameters=BATCH, usage=tokens(400_000, 8_000),
         working=((400_000, "10"), (8_000, "37.5")), dollars="4.300000"),
    # Sound
    Bill(source=GEMINI, model="gemini-2.5-flash", provider="gcp.gemini",
         usage=tokens(10_000, 100, input_audio_tokens=9_000),
         working=((1_000, "0.3"), (9_000, "1"), (100, "2.5")), dollars="0.009550"),
    Bill(source=OPENAI, model="gpt-realtime",
         usage=tokens(1_000, 600, input_audio_tokens=700, output_audio_tokens=500),
         working=((300, "4"), (700, "32"), (100, "16"), (500, "64")), dollars="0.057200"),
    # Embeddings have no output
    Bill(source=OPENAI, model="text-embedding-3-small", usage=Usage(input_tokens=8_191),
         working=((8_191, "0.02"),), dollars="0.000164"),
    Bill(source=OPENAI, model="text-embedding-3-large", usage=Usage(input_tokens=250_000),
         working=((250_000, "0.13"),), dollars="0.032500"),
    Bill(source=VOYAGE, model="voyage-3.5", provider="voyageai", usage=Usage(input_tokens=1_500_000),
         working=((1_500_000, "0.06"),), dollars="0.090000"),
]  # fmt: skip

OWN: list[tuple[str, Bill]] = [
    # The first article's table is per thousand tokens and has GPT-4o's price of May 2024; the bundled list
    # has today's, which the other articles use too.
    ('[prices."gpt-4o"]\nper = "1K"\ninput = 0.005\noutput = 0.015',
     Bill(source=PART_2, model="gpt-4o", usage=tokens(1_000, 500),
          working=((1_000, "5"), (500, "15")), dollars="0.012500")),
    ('[prices."gpt-4o"]\ninput = 5\noutput = 15',
     Bill(source=PART_2, model="gpt-4o", usage=tokens(1_000, 500),
          working=((1_000, "5"), (500, "15")), dollars="0.012500")),
    ('[prices."gpt-4o"]\ninput = 2.5\noutput = 10',
     Bill(source=GUIDE, model="gpt-4o", usage=tokens(1_204, 312),
          working=((1_204, "2.5"), (312, "10")), dollars="0.006130")),
    ('[prices."gpt-4o"]\nper = "1K"\ninput = 0.0025\noutput = 0.01',
     Bill(source=PRODUCTION, model="gpt-4o-2024-11-20", usage=tokens(10_000, 500),
          working=((10_000, "2.5"), (500, "10")), dollars="0.030000")),
    # "Why did a single call cost $5": a prompt of 1.9 million tokens at the articles' price
    ('[prices."gpt-4o"]\ninput = 2.5\noutput = 10',
     Bill(source=PRODUCTION, model="gpt-4o", usage=tokens(1_900_000, 25_000),
          working=((1_900_000, "2.5"), (25_000, "10")), dollars="5.000000")),
    # genai-prices' own worked examples of cache and audio rates
    ('[prices."m"]\ninput = 2\ncache_write = 0.5\ncache_read = 0.25\noutput = 10',
     Bill(source=TESTS, model="m", usage=tokens(1_000, 100, cache_write_tokens=20, cache_read_tokens=30),
          working=((950, "2"), (20, "0.5"), (30, "0.25"), (100, "10")), dollars="0.002918")),
    ('[prices."m"]\ninput = 1.25\noutput = 3',
     Bill(source=TESTS, model="m", usage=tokens(2_000, 500),
          working=((2_000, "1.25"), (500, "3")), dollars="0.004000")),
    ('[prices."m"]\ninput = 5\noutput = 10\ninput_audio = 10\noutput_audio = 20',
     Bill(source=TESTS, model="m", usage=tokens(100, 50, input_audio_tokens=100, output_audio_tokens=50),
          working=((100, "10"), (50, "20")), dollars="0.002000")),
    # A user's dashboard of one day, published with its total of $12.34
    ('[prices."deepseek-v4-flash"]\ncache_read = 0.028\ninput = 0.139\noutput = 0.278',
     Bill(source="esengine/DeepSeek-Reasonix, Real-world cache hit: one user's 1 May 2026",
          model="deepseek-v4-flash", provider="deepseek",
          usage=tokens(435_801_472, 179_763, cache_read_tokens=435_033_856),
          working=((767_616, "0.139"), (435_033_856, "0.028"), (179_763, "0.278")), dollars="12.337621")),
    # The bundled list has no rates for sound of gpt-4o-audio-preview and bills it as text; OpenAI's page says
    # $40 in and $80 out.
    ('[prices."gpt-4o-audio-preview"]\ninput = 2.5\noutput = 10\ninput_audio = 40\noutput_audio = 80',
     Bill(source="OpenAI, Pricing: gpt-4o-audio-preview", model="gpt-4o-audio-preview",
          usage=tokens(1_200, 700, input_audio_tokens=1_000, output_audio_tokens=500),
          working=((200, "2.5"), (1_000, "40"), (200, "10"), (500, "80")), dollars="0.082500")),
    # DeepSeek's dearer hours, 01:00 to 04:00 and 06:00 to 10:00 UTC, are those of working days; the bundled
    # list, which cannot say weekdays, has them on a Saturday as well and bills twice as much.
    ('[prices."deepseek-v4-flash"]\ninput = 0.15\noutput = 0.6\ncache_read = 0.003',
     Bill(source=DEEPSEEK_V4, model="deepseek-v4-flash", provider="deepseek", when="2026-11-21T02:00",
          usage=tokens(200_000, 10_000), working=((200_000, "0.15"), (10_000, "0.6")), dollars="0.036000")),
    # The bundled list has the request fee of the largest search context ($12 a thousand); Perplexity's page
    # says that a request without a choice has the smallest, $5 a thousand.
    ('[prices."sonar"]\ninput = 1\noutput = 1\nrequest = 0.005',
     Bill(source="Perplexity docs, Pricing: Sonar, low search context", model="sonar", provider="perplexity",
          usage=tokens(500, 400), working=((500, "1"), (400, "1"), (1_000_000, "0.005")),
          dollars="0.005900")),
]  # fmt: skip


def nanousd(bill: Bill, toml: str = "") -> Decimal:
    """The program's amount in dollars."""
    at_ns = int(datetime.fromisoformat(bill.when).replace(tzinfo=UTC).timestamp()) * 10**9
    call = Call(
        provider=bill.provider, request_model=bill.model, usage=bill.usage, parameters=bill.parameters
    )
    cost = Prices(parse(tomllib.loads(toml)).prices).price(call, at_ns)
    assert isinstance(cost, Cost)
    assert cost.nanousd is not None, cost.note
    return Decimal(cost.nanousd) / 10**9


def named(bill: Bill) -> str:
    return f"{bill.model}-{bill.dollars}"


@pytest.mark.parametrize("bill", [*LISTED, *(bill for _, bill in OWN)], ids=named)
def test_the_working_comes_to_the_amount(bill: Bill) -> None:
    worked = sum((count * Decimal(rate) for count, rate in bill.working), Decimal(0)) / 1_000_000
    assert worked.quantize(Decimal("0.000001"), ROUND_HALF_UP) == Decimal(bill.dollars)
    assert bill.source


@pytest.mark.parametrize("bill", LISTED, ids=named)
def test_a_published_bill_by_the_bundled_list(bill: Bill) -> None:
    assert nanousd(bill).quantize(Decimal("0.000001"), ROUND_HALF_UP) == Decimal(bill.dollars)


@pytest.mark.parametrize(
    ("toml", "bill"), OWN, ids=lambda value: named(value) if isinstance(value, Bill) else ""
)
def test_a_published_bill_by_a_price_of_ones_own(toml: str, bill: Bill) -> None:
    assert nanousd(bill, toml).quantize(Decimal("0.000001"), ROUND_HALF_UP) == Decimal(bill.dollars)


def test_there_are_enough_of_every_sort() -> None:
    assert len(LISTED) >= 40
    assert len({bill.provider for bill in LISTED}) >= 10


def test_the_articles_calls_by_the_bundled_list_cost_what_it_says_today() -> None:
    """1,000 tokens in and 500 out of GPT-4o: $0.0125 by the first article's table, $0.0075 by today's."""
    call = next(bill for _, bill in OWN if bill.source == PART_2)
    assert nanousd(call) == Decimal("0.0075")
