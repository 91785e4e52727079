"""The configuration of prices: a table for each model of one's own, sections of config.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Final, Literal

from llmwatch.errors import ConfigError

_LONGEST_NAME: Final = 200
_DEAREST: Final = 1e6
"""Dollars per million tokens. Above it someone has mistaken the unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesConfig:
    """Dollars for as many tokens as ``per`` says. A sort left out costs what the sort it is part of costs."""

    input: float | None = None
    """Input tokens."""
    output: float | None = None
    """Output tokens."""
    cache_read: float | None = None
    """Input tokens that came from the provider's cache."""
    cache_write: float | None = None
    """Input tokens written to it."""
    cache_write_1h: float | None = None
    """Those of them that are kept for an hour."""
    input_audio: float | None = None
    """Input tokens that are sound."""
    output_audio: float | None = None
    """Output tokens that are sound."""
    reasoning: float | None = None
    """Output tokens that are reasoning."""
    request: float | None = None
    """Dollars for each request, beside its tokens, whatever ``per`` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LongInputConfig(RatesConfig):
    """Rates of all tokens of a call with more input tokens than this."""

    input_tokens: int
    """Cached ones included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceConfig(RatesConfig):
    """What a model costs."""

    per: Literal["1M", "1K"] = "1M"
    """Tokens that the rates are for."""
    provider: str | None = None
    """Only calls of this provider; of any when it is left out."""
    from_: date | None = None
    """The day (UTC) from which calls cost this, e.g. ``2026-03-01``. Several prices of one model, each from
    its day, are ``[[prices."model"]]``."""
    batch: RatesConfig | None = None
    """Rates of batches, where they differ."""
    flex: RatesConfig | None = None
    """Rates of the service tier ``flex``, where they differ."""
    priority: RatesConfig | None = None
    """Rates of the service tier ``priority``, where they differ."""
    above: tuple[LongInputConfig, ...] = ()
    """Rates of calls with more input tokens than ``input_tokens``, for all of their tokens, step by step:
    ``above = [{ input_tokens = 200_000, input = 5, output = 15 }]``. Those of batch, flex and priority come
    before them."""


def rates_of(rates: RatesConfig) -> dict[str, float]:
    """The rates that are given, by name."""
    names = [field.name for field in fields(RatesConfig)]
    return {name: value for name in names if (value := getattr(rates, name)) is not None}


def check_prices(where: str, prices: Mapping[str, Sequence[PriceConfig]]) -> None:
    """Raises ConfigError, with ``where`` in it, for a price that cannot be meant."""
    for model, entries in prices.items():
        name = f'{where}: prices."{model}"'
        if not model.strip() or len(model) > _LONGEST_NAME:
            raise ConfigError(f"{name} is no name of a model", hint="Name a model, or a pattern: my-*.")
        seen = set()
        for entry in entries:
            _check(name, entry)
            key = (entry.provider or "").lower(), entry.from_
            if key in seen:
                raise ConfigError(
                    f"{name} has two prices from the same day",
                    hint="Give each a from of its own, or a provider of its own.",
                )
            seen.add(key)


def _check(name: str, entry: PriceConfig) -> None:
    if not rates_of(entry):
        raise ConfigError(f"{name} has no rate", hint="Give at least input or output, in dollars.")
    for where, rates in _parts(name, entry):
        given = rates_of(rates)
        if not given:
            raise ConfigError(f"{where} has no rate", hint="Give the rates that differ, in dollars.")
        for sort, value in given.items():
            if value * (1 if entry.per == "1M" or sort == "request" else 1000) > _DEAREST:
                raise ConfigError(
                    f"{where}.{sort}: ${value:g} per {'request' if sort == 'request' else entry.per}"
                    " is more than any model costs",
                    hint='Rates are dollars per million tokens, or per thousand with per = "1K".',
                )
    sizes = [step.input_tokens for step in entry.above]
    if sizes != sorted(set(sizes)) or 0 in sizes:
        raise ConfigError(f"{name}.above: input_tokens must ascend from step to step, from 1")


def _parts(name: str, entry: PriceConfig) -> Iterator[tuple[str, RatesConfig]]:
    yield name, entry
    for part in ("batch", "flex", "priority"):
        if (rates := getattr(entry, part)) is not None:
            yield f"{name}.{part}", rates
    for step in entry.above:
        yield f"{name}.above", step
