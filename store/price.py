"""What a model costs at one time, as integers: the price that a call is billed with, and that stays with it.

A rate is nano-dollars per million tokens: dollars per million × 10⁹, so every published price is a whole
number (the finest listed is $0.000625).
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

_encode: Final = msgspec.msgpack.Encoder().encode


class Rates(Struct, frozen=True, kw_only=True, array_like=True):
    """Nano-dollars per million tokens of each sort.

    None means that the sort has no price of its own: its tokens are charged as the sort they are a part of
    (a cached token as input, a one-hour cache write as a cache write, reasoning as output).
    """

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    input_audio: int | None = None
    cache_read_audio: int | None = None
    output_audio: int | None = None
    reasoning: int | None = None
    request: int | None = None
    """Nano-dollars per million requests, on top of the tokens."""


class Tariff(Struct, frozen=True, array_like=True):
    """The rates of a model at one time, by the size of the input."""

    base: Rates
    tiers: tuple[tuple[int, Rates], ...] = ()
    """Rates of all tokens of a call with more input tokens than this, ascending."""

    def rates(self, input_tokens: int) -> Rates:
        """The rates of a call with so many input tokens, cached ones included."""
        return self.tier(input_tokens)[1]

    def tier(self, input_tokens: int) -> tuple[int, Rates]:
        """As `rates`, with the size of the input above which they hold."""
        for start, rates in reversed(self.tiers):
            if input_tokens > start:
                return start, rates
        return 0, self.base


class Price(Struct, frozen=True, kw_only=True, array_like=True):
    """A row of a price list, or of the configuration, as it was when a call was priced with it."""

    model: str
    """As the list calls it."""
    tariff: Tariff
    provider: str | None = None
    """As the list calls it; None for a price of the configuration that holds for all."""
    condition: str = ""
    """What a request said that selects these rates, e.g. ``batch`` or ``flex``; empty for ordinary ones."""
    source: str = ""
    """The list and its version, or ``configuration``."""
    listed: str | None = None
    """The day of the list, ISO; None when that is not known."""
    since: str | None = None
    """The day from which the list has had this price, ISO; None when it names none."""
    custom: bool = False
    """From the configuration, which overrides every list."""
    id: int = 0
    """A digest of all of the above: the row of ``prices``."""


def identified(price: Price) -> Price:
    """``price`` with its id, which fits SQLite's integers and is never 0."""
    said = _encode(replace(price, id=0))
    return replace(price, id=int.from_bytes(hashlib.blake2b(said, digest_size=8).digest()) >> 1 or 1)
