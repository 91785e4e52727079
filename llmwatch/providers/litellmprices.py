"""LiteLLM's map of prices (model_prices_and_context_window.json) in the form of genai-prices' list. Pure.

LiteLLM names dollars per token. What it prices by the second, the picture or the character has no place here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from llmwatch.errors import PriceListError

_RATES: Final = {
    "input_cost_per_token": "input_mtok",
    "output_cost_per_token": "output_mtok",
    "cache_read_input_token_cost": "cache_read_mtok",
    "cache_creation_input_token_cost": "cache_write_mtok",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h_mtok",
    "input_cost_per_audio_token": "input_audio_mtok",
    "output_cost_per_audio_token": "output_audio_mtok",
    "output_cost_per_reasoning_token": "output_reasoning_mtok",
}
_SPECIAL: Final = {
    "_batches": {"processing": "batch"},
    "_flex": {"service_tier": "flex"},
    "_priority": {"service_tier": "priority"},
}
_ABOVE: Final = re.compile(r"(.+)_above_(\d{1,6})k_tokens")
_SELLERS: Final = (
    ("text-completion-openai", "openai"), ("azure", "azure"), ("vertex_ai", "google"), ("gemini", "google"),
    ("bedrock", "aws"), ("xai", "x-ai"), ("together_ai", "together"), ("fireworks_ai", "fireworks"),
    ("cohere", "cohere"), ("voyage", "voyageai"), ("moonshot", "moonshotai"),
)  # fmt: skip
"""How a provider's name begins there, and genai-prices' id of it where that is another."""
_EXAMPLE: Final = "sample_spec"
_PER_MILLION: Final = 1_000_000


def is_litellm(given: object) -> bool:
    """Whether parsed JSON looks like LiteLLM's map."""
    return isinstance(given, Mapping) and any(
        isinstance(entry, Mapping) and "litellm_provider" in entry for entry in given.values()
    )


def providers_of(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The models of ``given`` that are sold by the token, by seller; numbers must be Decimals or integers.

    Raises:
        PriceListError: An entry is not as it must be; the message names it.
    """
    sellers: dict[str, dict[str, Any]] = {}
    for key, entry in given.items():
        if key == _EXAMPLE:
            continue
        if not isinstance(entry, Mapping) or not isinstance(entry.get("litellm_provider", ""), str):
            raise PriceListError(f"{key[:200]}: an entry must be a table with the name of its provider")
        prices, special = _prices(key, entry)
        if prices:
            seller = _seller(entry.get("litellm_provider", ""))
            model = _without_seller(key, entry.get("litellm_provider", "")).lower()
            found = {"id": model, "match": {"equals": model}, "prices": prices, "price_variants": special}
            sellers.setdefault(seller, {}).setdefault(model, found)
    return [
        {"id": seller, "name": seller, "api_pattern": "", "models": list(models.values())}
        for seller, models in sellers.items()
    ]


def _prices(key: str, entry: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Ordinary rates, and those under conditions."""
    tables: dict[str, dict[str, Any]] = {"": {}}
    for name, value in entry.items():
        if value is None:
            continue
        ending = next((ending for ending in _SPECIAL if name.endswith(ending)), "")
        plain = name.removesuffix(ending)
        above = _ABOVE.fullmatch(plain)
        rate = _RATES.get(above[1] if above else plain)
        if rate is None:
            continue
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            raise PriceListError(f"{key[:200]}: {name} must be a number, not {str(value)[:50]!r}")
        price = tables.setdefault(ending, {}).setdefault(rate, {"base": None, "tiers": []})
        if above:
            price["tiers"].append({"start": int(above[2]) * 1000, "price": value * _PER_MILLION})
        else:
            price["base"] = value * _PER_MILLION
    whole = {ending: _complete(rates) for ending, rates in tables.items()}
    special = [
        {"when": _SPECIAL[ending], "prices": rates} for ending, rates in whole.items() if ending and rates
    ]
    return whole[""], special


def _complete(rates: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Rates without tiers as plain numbers; a tier without an ordinary rate says nothing."""
    return {
        rate: price if price["tiers"] else price["base"]
        for rate, price in rates.items()
        if price["base"] is not None
    }


def _seller(name: str) -> str:
    return next((ours for theirs, ours in _SELLERS if name.startswith(theirs)), name)


def _without_seller(key: str, provider: str) -> str:
    """``azure/gpt-4o`` of azure is its gpt-4o; ``gemini/…`` is Google's."""
    head, slash, tail = key.partition("/")
    return tail if slash and (head == provider or _seller(head) == _seller(provider)) else key
