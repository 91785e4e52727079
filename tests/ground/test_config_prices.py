"""Prices in the configuration: both units, patterns, days, and every kind of mistake."""

import tomllib
from datetime import date
from typing import Any

import pytest

from llmwatch.config import parse
from llmwatch.config.prices import LongInputConfig, PriceConfig, RatesConfig
from llmwatch.errors import ConfigError


def test_one_price_and_several() -> None:
    text = """
        [prices."my-model"]
        input = 3
        output = 15.0
        batch = { input = 1.5, output = 7.5 }
        [[prices."my-model".above]]
        input_tokens = 200_000
        input = 6
        output = 22.5
        [[prices."house-*"]]
        per = "1K"
        input = 0.001
        [[prices."house-*"]]
        per = "1K"
        from = 2026-03-01
        provider = "vllm"
        input = 0.002
    """
    prices = parse(tomllib.loads(text)).prices
    assert prices["my-model"] == (
        PriceConfig(
            input=3.0,
            output=15.0,
            batch=RatesConfig(input=1.5, output=7.5),
            above=(LongInputConfig(input_tokens=200_000, input=6.0, output=22.5),),
        ),
    )
    assert [(entry.from_, entry.provider, entry.input) for entry in prices["house-*"]] == [
        (None, None, 0.001),
        (date(2026, 3, 1), "vllm", 0.002),
    ]


MISTAKES: list[tuple[Any, str, str]] = [
    ({"m": {}}, 'prices."m" has no rate', "at least input or output"),
    ({"m": {"inptu": 1}}, "there is no key prices.m.inptu", "Did you mean input?"),
    ({"m": {"input": -1}}, "prices.m.input must not be negative", ""),
    ({"m": {"input": float("nan")}}, "prices.m.input must not be negative", ""),
    ({"m": {"input": float("inf")}}, 'prices."m".input: $inf per 1M', "per million"),
    ({"m": {"input": "free"}}, "prices.m.input must be a number", ""),
    ({"m": {"input": 2_000_000}}, "more than any model costs", "dollars per million"),
    ({"m": {"per": "1K", "input": 1_001}}, "$1001 per 1K is more than any model costs", ""),
    ({"m": {"input": 1, "per": "1k"}}, "prices.m.per must be one of 1M, 1K", ""),
    ({"m": {"input": 1, "from": "yesterday"}}, "prices.m.from must be a date", ""),
    ({"m": {"input": 1, "batch": {}}}, 'prices."m".batch has no rate', "rates that differ"),
    ({"m": {"input": 1, "above": [{"input": 2}]}}, "prices.m.above is incomplete", ""),
    ({"m": {"input": 1, "above": [{"input_tokens": 0, "input": 2}]}}, "must ascend", ""),
    (
        {"m": {"input": 1, "above": [{"input_tokens": 9, "input": 2}, {"input_tokens": 9, "input": 3}]}},
        "must ascend",
        "",
    ),
    ({"m": [{"input": 1}, {"input": 2}]}, "two prices from the same day", "from of its own"),
    ({" ": {"input": 1}}, "is no name of a model", "a pattern"),
    ({"m" * 201: {"input": 1}}, "is no name of a model", ""),
    ({"m": 3}, "prices.m must be a list", ""),
    (3, "prices must be a table", ""),
]


@pytest.mark.parametrize(("prices", "message", "hint"), MISTAKES)
def test_a_mistake_is_named(prices: Any, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse({"prices": prices}, "config.toml")
    assert message in str(caught.value)
    assert "config.toml" in str(caught.value)
    assert hint in caught.value.hint


def test_a_moment_is_no_day() -> None:
    with pytest.raises(ConfigError, match="must be a date"):
        parse(tomllib.loads('[prices."m"]\ninput = 1\nfrom = 2026-03-01T00:00:00Z'))
