"""The writer's connection with what it remembers of the file between transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias, TypeVar, get_args

import msgspec

from llmwatch.store import histogram, words
from llmwatch.store.coarse import coarse_until
from llmwatch.store.facets import facets_of
from llmwatch.store.price import Price, Rates
from llmwatch.store.projection import Traits
from llmwatch.store.records import Codec
from llmwatch.store.rollups import Dimensions
from llmwatch.store.rows import Dimension
from llmwatch.store.span import Span
from llmwatch.store.writes.athand import AtHand

Enrich: TypeAlias = Callable[[Span, "Span | None"], Span]
"""Price and heuristics of a span that was merged from several records, given what was known of it before."""

_K = TypeVar("_K")
_V = TypeVar("_V")

_REMEMBERED: Final = 4_000
"""Series, facets and lists of them that are kept at hand, about 4 MB."""

_DIMENSIONS: Final[tuple[str, ...]] = get_args(Dimension)
_VALUES: Final = f"({', '.join('?' * len(_DIMENSIONS))})"
_FIND_SERIES: Final = f"SELECT id FROM series WHERE ({', '.join(_DIMENSIONS)}) = {_VALUES}"
_ADD_SERIES: Final = f"INSERT INTO series ({', '.join(_DIMENSIONS)}) VALUES {_VALUES}"

_PRICE: Final = ("id", "provider", "model", "condition", "source", "listed", "since", "custom")
_ADD_PRICE: Final = (
    f"INSERT OR IGNORE INTO prices ({', '.join((*_PRICE, *Rates.__struct_fields__, 'tiers'))})"
    f" VALUES ({', '.join('?' * (len(_PRICE) + len(Rates.__struct_fields__) + 1))})"
)


class Shelf:
    """One connection, its codec, and numbers handed out so far. Used by the writer's thread alone."""

    def __init__(self, db: sqlite3.Connection, enrich: Enrich) -> None:
        self.db = db
        self.codec = Codec.of(db)
        self.enrich = enrich
        self.at_hand = AtHand()
        self._next: dict[str, int] = {}
        self._series: dict[Dimensions, int] = {}
        self._facets: dict[tuple[str, str], int] = {}
        self._lists: dict[frozenset[Traits], str] = {}
        self._prices: set[int] = set()
        self._coarse: dict[int, int] = {}
        db.create_function("add_histograms", 2, _add_histograms, deterministic=True)
        db.create_function("add_words", 2, _add_words, deterministic=True)
        db.create_function("add_counts", 2, _add_counts, deterministic=True)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written within, or nothing of it when an error leaves it."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            self._forget()
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    def write_all(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Execute ``statement`` for every row, of which there may be none."""
        if rows:
            self.db.executemany(statement, rows)

    def next_id(self, table: str) -> int:
        """The next number in order of arrival, without gaps."""
        if table not in self._next:
            query = f"SELECT coalesce(max(id), 0) FROM {table}"
            self._next[table] = self.db.execute(query).fetchone()[0]
        self._next[table] += 1
        return self._next[table]

    def series(self, dimensions: Dimensions) -> int:
        """The row of ``series`` for these dimensions, made if it is new."""
        number = self._series.get(dimensions)
        if number is None:
            values = [value or "" for value in dimensions]
            found = self.db.execute(_FIND_SERIES, values).fetchone()
            number = found[0] if found else self._add(_ADD_SERIES, values)
            _remember(self._series, dimensions, number)
        return number

    def coarse_until(self, width_s: int) -> int:
        """How far the sums of this width reach: hours of rollups, days of users and sessions."""
        if width_s not in self._coarse:
            self._coarse[width_s] = coarse_until(self.db, width_s)
        return self._coarse[width_s]

    def reach(self, width_s: int, until_s: int) -> None:
        """Note that the sums of this width reach so far from now on."""
        self.db.execute("UPDATE coarse_sums SET until_s = ? WHERE width_s = ?", (until_s, width_s))
        self._coarse[width_s] = until_s

    def facets(self, traits: frozenset[Traits]) -> str:
        """The list of facets of a trace whose spans have these traits, as ``traces.facets`` holds it."""
        listed = self._lists.get(traits)
        if listed is None:
            numbers = sorted([self._facet(pair) for pair in facets_of(traits)])
            listed = f",{','.join(map(str, numbers))},"
            _remember(self._lists, traits, listed)
        return listed

    def price(self, price: Price) -> None:
        """Have ``price`` in the table of prices."""
        if price.id in self._prices:
            return
        rates = msgspec.structs.astuple(price.tariff.base)
        tiers = [(start, msgspec.structs.asdict(rates)) for start, rates in price.tariff.tiers]
        row = [getattr(price, name) for name in _PRICE]
        self.db.execute(_ADD_PRICE, (*row, *rates, msgspec.json.encode(tiers).decode()))
        if len(self._prices) >= _REMEMBERED:
            self._prices.clear()
        self._prices.add(price.id)

    def _facet(self, pair: tuple[str, str]) -> int:
        number = self._facets.get(pair)
        if number is None:
            query = "SELECT id FROM facets WHERE key = ? AND value = ?"
            found = self.db.execute(query, pair).fetchone()
            number = found[0] if found else self._add("INSERT INTO facets (key, value) VALUES (?, ?)", pair)
            _remember(self._facets, pair, number)
        return number

    def _forget(self) -> None:
        """What was remembered from a transaction that is rolled back is not true."""
        self._next.clear()
        self._series.clear()
        self._facets.clear()
        self._lists.clear()
        self._prices.clear()
        self._coarse.clear()
        self.at_hand.clear()

    def _add(self, statement: str, values: list[str] | tuple[str, str]) -> int:
        number = self.db.execute(statement, values).lastrowid
        assert number is not None
        return number


def _remember(known: dict[_K, _V], key: _K, value: _V) -> None:
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = value


def _add_histograms(left: bytes, right: bytes) -> bytes | None:
    counts = histogram.decode(left)
    for bucket, count in histogram.decode(right).items():
        counts[bucket] = counts.get(bucket, 0) + count
    return histogram.encode(counts)


def _add_words(left: bytes, right: bytes) -> bytes | None:
    counts = words.decode(left)
    for word, count in words.decode(right).items():
        counts[word] = counts.get(word, 0) + count
    return words.encode(counts)


def _add_counts(left: str, right: str) -> str:
    pairs = zip(msgspec.json.decode(left), msgspec.json.decode(right), strict=True)
    return msgspec.json.encode([a + b for a, b in pairs]).decode()
