"""Price books in the form of genai-prices: finding a model in them, and its rates as integers at any time.

With bookreading.py the only module that knows the library, which is loaded (200 ms, 15 MB) by the first call
to `find`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from llmwatch.providers.modelnames import book_provider, spellings
from llmwatch.store.price import Price, Rates, Tariff, identified

if TYPE_CHECKING:
    from decimal import Decimal

    from genai_prices.types import ModelInfo, Provider, TieredPrices

Conditions: TypeAlias = tuple[tuple[str, str], ...]
"""What a request says that may change its price, e.g. ``(("service_tier", "flex"),)``."""

_SECOND_NS: Final = 10**9
_DAY_NS: Final = 86_400 * _SECOND_NS
_NANO: Final = 10**9
_RATES: Final[Mapping[str, str]] = {
    "input": "input_mtok", "output": "output_mtok", "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok", "cache_write_1h": "cache_write_1h_mtok",
    "input_audio": "input_audio_mtok", "cache_read_audio": "cache_audio_read_mtok",
    "output_audio": "output_audio_mtok", "reasoning": "output_reasoning_mtok",
}  # fmt: skip
"""Our rates and the price book's names of them, dollars per million tokens."""

_PER_THOUSAND_REQUESTS: Final = "requests_kcount"
_ONE_PRICE: Final = frozenset({"anthropic", "cohere", "google", "openai", "voyageai", "x-ai"})
"""Makers whose models cost the same through any gateway; open weights have a price per host."""

_BY_LIST: Final = frozenset({"cohere", "openai"})
"""Makers with models whose names do not give them away (``text-embedding-3-small``): their list tells."""


@dataclass(frozen=True, slots=True)
class Book:
    """A list of prices."""

    sellers: Sequence[Provider]
    name: str
    """With its version, e.g. ``genai-prices 0.2.3``."""
    listed: str | None
    """The day it is of, ISO."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a model costs at one time."""

    price: Price | None
    """None when there is none, or when the model is not sold by the token."""
    note: str
    """Why there is none, or what was assumed."""


class Listed(Protocol):
    """A model that someone asks money for."""

    def quote(self, at_ns: int) -> Quote:
        """What it costs at a time, ns since 1970."""


class Listing:
    """A model in a price book, under the conditions of a call.

    Its prices change at ``days`` (ns since 1970) and every day at ``hours`` (ns since midnight UTC).
    """

    def __init__(
        self, book: Book, seller: Provider, model: ModelInfo, conditions: Conditions = (), note: str = ""
    ) -> None:
        """``note`` says what was assumed to find the model."""
        self.provider, self.model = seller.id, model.id
        self._book, self._info, self._conditions, self._note = book, model, conditions, note
        # The library applies special prices only where the seller lists the model itself.
        own = any(model is listed for listed in seller.models)
        wanted = dict(conditions)
        self._special = [
            variant
            for variant in (model.price_variants or () if own else ())
            if all(wanted.get(key) == value for key, value in variant.when.items())
        ]
        dated = model.prices if isinstance(model.prices, list) else []
        limits = [entry.constraint for entry in dated] + [entry.constraint for entry in self._special]
        self.days, self.hours = _turning_points(limits)
        self._quotes: dict[tuple[int, int], Quote] = {}

    def quote(self, at_ns: int) -> Quote:
        """What the model costs at a time; kept for each stretch between two times when prices change."""
        stretch = (bisect_right(self.days, at_ns), bisect_right(self.hours, at_ns % _DAY_NS))
        quote = self._quotes.get(stretch)
        if quote is None:
            since = self.days[stretch[0] - 1] if stretch[0] else None
            quote = self._quotes[stretch] = self._quote(_moment(at_ns), since)
        return quote

    def _quote(self, moment: datetime, since_ns: int | None) -> Quote:
        special = [v for v in self._special if v.constraint is None or v.constraint.active(moment)]
        notes = [self._note] if self._note else []
        if self._conditions:
            notes.append(told(self._conditions, known=bool(special)))
        prices = vars(self._info.get_prices(moment, dict(self._conditions) if special else None))
        listed = {key: value for key, value in prices.items() if value is not None}
        if listed and listed.keys().isdisjoint(_RATES.values()):
            notes.insert(0, f"unpriced: sold by {', '.join(sorted(listed))}, which spans do not report")
            return Quote(None, "; ".join(notes))
        price = Price(
            provider=self.provider,
            model=self.model,
            tariff=_tariff(listed),
            condition=", ".join(sorted({value for v in special for value in v.when.values()})),
            source=self._book.name,
            listed=self._book.listed,
            since=None if since_ns is None else f"{_moment(since_ns):%Y-%m-%d}",
        )
        return Quote(identified(price), "; ".join(notes))


def told(conditions: Conditions, *, known: bool) -> str:
    """What a request said of its price, and that no price is known for it if that is so."""
    asked = ", ".join(f"{key} {value}" for key, value in conditions)
    return asked if known else f"no price is listed for {asked}, the standard one is used"


def find(
    provider: str | None, model: str, conditions: Conditions = (), books: Sequence[Book] = ()
) -> Listing | None:
    """The listing for a model as a span names it and its provider; None when no book has one.

    ``books`` are asked in turn; the bundled one when none is given.
    """
    for book in books or (bundled(),):
        for name, rule in spellings(model):
            for seller, spelling, guessed in _sellers(book, provider, name):
                if found := seller.find_model(spelling, all_providers=list(book.sellers)):
                    guess = (
                        f"not listed for {provider}, priced as {seller.id}" if guessed and provider else ""
                    )
                    return Listing(book, seller, found, conditions, "; ".join(filter(None, (rule, guess))))
    return None


def _sellers(book: Book, provider: str | None, name: str) -> Iterator[tuple[Provider, str, bool]]:
    """Who may sell a model: the named provider, the one its prefix names, the one its name gives away.

    The last is a guess, and said to be one.
    """
    from genai_prices.data_snapshot import find_provider_by_id  # noqa: PLC0415 - see the module's head

    sellers = list(book.sellers)
    named = None
    if provider:
        plain = book_provider(provider)
        named = find_provider_by_id(sellers, plain) or find_provider_by_id(sellers, plain.partition(".")[0])
        if named:
            yield named, name, False
    head, slash, tail = name.partition("/")
    if slash and (prefixed := find_provider_by_id(sellers, book_provider(head))):
        yield prefixed, tail, False
    for maker in sellers:
        if maker is not named and (not provider or maker.id in _ONE_PRICE) and _may_be_of(maker, name):
            yield maker, name, True


def _may_be_of(maker: Provider, name: str) -> bool:
    return maker.id in _BY_LIST or (maker.model_match is not None and maker.model_match.is_match(name))


@cache
def bundled() -> Book:
    """The price book that was installed with us. Its day is that of its newest price."""
    import genai_prices  # noqa: PLC0415 - see the module's head
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415

    sellers = get_snapshot().providers
    return Book(sellers, f"genai-prices {genai_prices.__version__}", newest_price(sellers))


def newest_price(sellers: Sequence[Provider], today: date | None = None) -> str | None:
    """The day of the last change of a price that a list knows of, ISO; announced ones do not count."""
    today = today or datetime.now(UTC).date()
    days = [
        day
        for seller in sellers
        for model in seller.models
        for entry in (model.prices if isinstance(model.prices, list) else ())
        if (day := getattr(entry.constraint, "start_date", None)) and day <= today
    ]
    return max(days).isoformat() if days else None


def _turning_points(constraints: Sequence[object]) -> tuple[list[int], list[int]]:
    """When prices change for good (ns since 1970) and every day (ns since midnight UTC)."""
    from genai_prices.types import StartDateConstraint, TimeOfDateConstraint  # noqa: PLC0415

    days: set[int] = set()
    hours: set[int] = set()
    for constraint in constraints:
        if isinstance(constraint, StartDateConstraint):
            days.add(_midnight_ns(constraint.start_date))
        elif isinstance(constraint, TimeOfDateConstraint):
            hours.update(map(_time_of_day_ns, (constraint.start_time, constraint.end_time)))
    return sorted(days), sorted(hours)


def _moment(at_ns: int) -> datetime:
    return datetime.fromtimestamp(at_ns // _SECOND_NS, UTC)


def _midnight_ns(day: date) -> int:
    return (day - date(1970, 1, 1)).days * _DAY_NS


def _time_of_day_ns(moment: time) -> int:
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    offset = moment.utcoffset()
    return (seconds - int(offset.total_seconds() if offset else 0)) * _SECOND_NS % _DAY_NS


def _tariff(listed: Mapping[str, Decimal | TieredPrices]) -> Tariff:
    starts = {start for value in listed.values() for start, _ in _steps(value)}
    tiers = tuple((start, _rates(listed, start + 1)) for start in sorted(starts) if start)
    return Tariff(_rates(listed, 0), tiers)


def _rates(listed: Mapping[str, Decimal | TieredPrices], input_tokens: int) -> Rates:
    found = {ours: _nanousd(listed[key], input_tokens) for ours, key in _RATES.items() if key in listed}
    if _PER_THOUSAND_REQUESTS in listed:
        found["request"] = 1000 * _nanousd(listed[_PER_THOUSAND_REQUESTS], input_tokens)
    return Rates(**found)


def _nanousd(value: Decimal | TieredPrices, input_tokens: int) -> int:
    """The price at an input size, in nano-dollars."""
    return round(_NANO * [price for start, price in _steps(value) if not start or input_tokens > start][-1])


def _steps(value: Decimal | TieredPrices) -> list[tuple[int, Decimal]]:
    """The prices of a rate, each with the input size above which it holds."""
    from genai_prices.types import TieredPrices  # noqa: PLC0415 - see the module's head

    if isinstance(value, TieredPrices):
        return [(0, value.base), *((tier.start, tier.price) for tier in value.tiers)]
    return [(0, value)]
