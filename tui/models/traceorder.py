"""Which traces a list shows, in which order, by their ids: positions without reading rows."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class Order(Protocol):
    """Trace ids by position, position 0 first."""

    def __len__(self) -> int: ...

    def ids(self, first: int, last: int) -> Sequence[int]:
        """The ids at positions ``first`` up to and without ``last``, as far as there are any."""

    def position(self, id_: int) -> int | None:
        """Where an id stands; None when it is not in the list."""

    def newer_than(self, id_: int) -> int:
        """How many traces arrived after ``id_``."""


@dataclass(frozen=True, slots=True)
class EveryTrace:
    """All traces, newest first: ids are dense, so that a position is a subtraction."""

    oldest: int
    newest: int

    def __len__(self) -> int:
        return self.newest - self.oldest + 1

    def ids(self, first: int, last: int) -> Sequence[int]:
        """The ids at positions ``first`` up to and without ``last``."""
        return range(self.newest - max(first, 0), self.newest - min(last, len(self)), -1)

    def position(self, id_: int) -> int | None:
        """Where an id stands; None when it is not in the list."""
        return self.newest - id_ if self.oldest <= id_ <= self.newest else None

    def newer_than(self, id_: int) -> int:
        """How many traces arrived after ``id_``."""
        return max(0, min(self.newest - id_, len(self)))


NOTHING = EveryTrace(oldest=1, newest=0)


@dataclass(frozen=True, slots=True)
class Matching:
    """The traces that a filter matches, newest first. A million ids take 8 MB."""

    found: array[int]
    """Descending."""

    def __len__(self) -> int:
        return len(self.found)

    def ids(self, first: int, last: int) -> Sequence[int]:
        """The ids at positions ``first`` up to and without ``last``."""
        return self.found[max(first, 0) : max(last, 0)]

    def position(self, id_: int) -> int | None:
        """Where an id stands; None when it is not in the list."""
        i = self.newer_than(id_)
        return i if i < len(self.found) and self.found[i] == id_ else None

    def newer_than(self, id_: int) -> int:
        """How many traces arrived after ``id_``."""
        return bisect_left(self.found, -id_, key=int.__neg__)

    def updated(self, newest: Sequence[int], complete: bool) -> Matching:
        """With the ``newest`` matches as they are now (descending) in the place of those known.

        ``complete`` says that there are no older ones. Otherwise everything older than the last of
        ``newest`` is kept.
        """
        if complete or not newest:
            return Matching(array("q", newest))
        kept = self.newer_than(newest[-1] - 1)
        return Matching(array("q", newest) + self.found[kept:])


@dataclass(frozen=True, slots=True)
class Ranked:
    """Some traces in an order of their own, as they were at one moment."""

    found: tuple[int, ...]
    places: dict[int, int] = field(compare=False)

    @classmethod
    def of(cls, ids: Iterable[int]) -> Ranked:
        """The order of ``ids``."""
        found = tuple(ids)
        return cls(found, {id_: i for i, id_ in enumerate(found)})

    def __len__(self) -> int:
        return len(self.found)

    def ids(self, first: int, last: int) -> Sequence[int]:
        """The ids at positions ``first`` up to and without ``last``."""
        return self.found[max(first, 0) : max(last, 0)]

    def position(self, id_: int) -> int | None:
        """Where an id stands; None when it is not in the list."""
        return self.places.get(id_)

    def newer_than(self, id_: int) -> int:
        """A snapshot knows of no later arrivals."""
        return 0
