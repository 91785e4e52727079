"""Reading a price list in the form of genai-prices: by the library, and then every rate and pattern checked.

A list comes from elsewhere: a rate that is no number, or a pattern that takes for ever to match, must not get
as far as the calls that are priced with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from llmwatch.errors import PriceListError
from llmwatch.providers.pricebook import bundled

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

_DEAREST: Final = 10**6
"""Dollars for a million tokens, a thousand requests or an hour."""
_ESCAPED: Final = re.compile(r"\\.|\[\^?\]?[^\]]*\]", re.DOTALL)
_UNENDING: Final = re.compile(r"[*+]|\{\d*,\}")
_REPEATED_GROUP: Final = re.compile(r"\)(?:[*+]|\{)")


def sellers_of(given: Any, source: str) -> list[Provider]:
    """The sellers in a list, in the form of genai-prices' data.json; ``source`` names it in errors.

    Raises:
        PriceListError: Any of it is not as it must be.
    """
    # The library reads a list only after it has fetched it itself, without a bound; this is its reader.
    from genai_prices.types import _providers_from_raw  # noqa: PLC0415
    from pydantic import ValidationError  # noqa: PLC0415

    try:
        sellers = _providers_from_raw(given)
    except (ValidationError, TypeError, ValueError, AssertionError, RecursionError, StopIteration) as error:
        said = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": str(error)}
        where = ".".join(map(str, said["loc"][:6]))
        raise PriceListError(f"{source} is not as a price list must be: {where} {said['msg']}") from error
    for seller in sellers:
        for pattern in _patterns(
            [seller.model_match, seller.provider_match, *(m.match for m in seller.models)]
        ):
            if not _is_harmless(pattern):
                raise PriceListError(
                    f"{source}: {seller.id} has a pattern that may take for ever: {pattern[:80]}"
                )
        for model in seller.models:
            for key, value in _rates(model):
                if not (isinstance(value, Decimal) and value.is_finite() and 0 <= value <= _DEAREST):
                    raise PriceListError(f"{source}: {seller.id} {model.id}: {value} is no price ({key})")
    _known_names(sellers)
    return sellers


def _patterns(clauses: Iterable[object]) -> Iterator[str]:
    """Every regular expression in the rules by which models and sellers are known."""
    for clause in clauses:
        if isinstance(regex := getattr(clause, "regex", None), str):
            yield regex
        yield from _patterns(getattr(clause, "or_", ()))
        yield from _patterns(getattr(clause, "and_", ()))


def _is_harmless(pattern: str) -> bool:
    """Whether a regular expression can be matched against any name in no time.

    It has at most two repetitions without an end, and none of a group: names are short, so that the square
    of their length is still little.
    """
    try:
        re.compile(pattern)
    except re.error:
        return False
    plain = _ESCAPED.sub("x", pattern)
    return not _REPEATED_GROUP.search(plain) and len(_UNENDING.findall(plain)) <= 2


def _known_names(sellers: Sequence[Provider]) -> None:
    """Give sellers the names by which the bundled list knows them, where a list says nothing of names."""
    known = {seller.id: seller for seller in bundled().sellers}
    for seller in sellers:
        if (same := known.get(seller.id)) and seller.provider_match is None and seller.model_match is None:
            seller.provider_match, seller.model_match = same.provider_match, same.model_match


def _rates(model: ModelInfo) -> Iterator[tuple[str, object]]:
    """Every number in the prices of a model, with its name."""
    from genai_prices.types import TieredPrices  # noqa: PLC0415 - see pricebook.py

    dated = [entry.prices for entry in model.prices] if isinstance(model.prices, list) else [model.prices]
    for table in (*dated, *(variant.prices for variant in model.price_variants or ())):
        for key, value in vars(table).items():
            if isinstance(value, TieredPrices):
                yield from ((key, price) for price in (value.base, *(tier.price for tier in value.tiers)))
            elif value is not None:
                yield key, value
