"""Prices of the configuration: which one a call has, before any list is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Final

from llmwatch.config.prices import PriceConfig, RatesConfig, rates_of
from llmwatch.providers.modelnames import book_provider, spellings
from llmwatch.providers.pricebook import Conditions, Listed, Quote, told
from llmwatch.store.price import Price, Rates, Tariff, identified

SOURCE: Final = "configuration"
_NANO: Final = 10**9
_SPECIAL: Final = ("batch", "flex", "priority")


class CustomListing:
    """The prices of one entry of the configuration, under the conditions of a call, each from its day."""

    def __init__(
        self, model: str, entries: Sequence[PriceConfig], conditions: Conditions, note: str, otherwise: Listed
    ) -> None:
        """``note`` says what was assumed to find it; ``otherwise`` tells the price before its first day."""
        # A price for one provider beats one for all; of those, the last that has begun.
        ordered = sorted(entries, key=lambda entry: (entry.provider is not None, _start_ns(entry)))
        self._quotes = [(_start_ns(entry), _quote(model, entry, conditions, note)) for entry in ordered]
        self._otherwise = otherwise

    def quote(self, at_ns: int) -> Quote:
        """What the model costs at a time."""
        begun = [quote for start_ns, quote in self._quotes if start_ns <= at_ns]
        return begun[-1] if begun else self._otherwise.quote(at_ns)


def find_custom(
    prices: Mapping[str, Sequence[PriceConfig]],
    provider: str | None,
    models: Iterable[str],
    conditions: Conditions,
    otherwise: Listed,
) -> Listed:
    """The configuration's prices for a call, else ``otherwise``.

    ``models`` are its names, likeliest first; each is tried as it is and under the shorter names of
    modelnames.py, and matches an entry of that name, else the longest pattern.
    """
    named = [(name, rule) for model in models for name, rule in spellings(model)]
    patterns = sorted(prices, key=lambda key: ("*" in key, -len(key), key))
    for name, rule in named:
        for key in patterns:
            if _matches(key.strip().lower(), name):
                entries = [entry for entry in prices[key] if _sold_by(entry, provider)]
                if entries:
                    shown = f"by the pattern {key}" if "*" in key else ""
                    note = "; ".join(filter(None, (rule, shown)))
                    return CustomListing(key, entries, conditions, note, otherwise)
    return otherwise


def tariff_of(entry: PriceConfig, condition: str = "") -> Tariff:
    """The rates of an entry, those of a ``condition`` (``batch``, …) in place of the ordinary ones."""
    special = getattr(entry, condition) if condition in _SPECIAL else None
    parts = [rates for rates in (entry, special) if rates is not None]
    tiers = tuple((step.input_tokens, _rates([entry, step, *parts[1:]], entry.per)) for step in entry.above)
    return Tariff(_rates(parts, entry.per), tiers)


def _quote(model: str, entry: PriceConfig, conditions: Conditions, note: str) -> Quote:
    given = [value for _, value in conditions if value in _SPECIAL and getattr(entry, value) is not None]
    condition = given[0] if given else ""
    notes = [note] if note else []
    if conditions:
        notes.append(told(conditions, known=bool(condition)))
    price = Price(
        provider=entry.provider,
        model=model,
        tariff=tariff_of(entry, condition),
        condition=condition,
        source=SOURCE,
        since=entry.from_.isoformat() if entry.from_ else None,
        custom=True,
    )
    return Quote(identified(price), "; ".join(notes))


def _rates(parts: Sequence[RatesConfig], per: str) -> Rates:
    """Integer rates; of several parts the last that names a sort counts."""
    given = {sort: value for part in parts for sort, value in rates_of(part).items()}
    per_million = 1 if per == "1M" else 1000
    factors = {sort: 1_000_000 if sort == "request" else per_million for sort in given}
    # What was written is decimal: 0.0025 a thousand and 2.5 a million are the same whole number.
    return Rates(
        **{sort: round(Decimal(repr(value)) * factors[sort] * _NANO) for sort, value in given.items()}
    )


def _matches(key: str, name: str) -> bool:
    """Whether an entry's key is a model's name; ``*`` stands for anything, no other character is special."""
    return key == name or ("*" in key and fnmatchcase(name, key.replace("[", "[[]").replace("?", "[?]")))


def _sold_by(entry: PriceConfig, provider: str | None) -> bool:
    if entry.provider is None:
        return True
    return provider is not None and book_provider(provider) == book_provider(entry.provider)


def _start_ns(entry: PriceConfig) -> int:
    if entry.from_ is None:
        return 0
    midnight = datetime(entry.from_.year, entry.from_.month, entry.from_.day, tzinfo=UTC)
    return int(midnight.timestamp()) * _NANO
