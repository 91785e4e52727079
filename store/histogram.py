"""Mergeable log histograms: counts per bucket, with a stated relative error.

The bucket layout is DDSketch's (Masson, Rim, Lee: DDSketch, VLDB 2019, section 2.1): value x falls into
bucket ceil(log_gamma x), gamma = (1 + a) / (1 - a), and is read back as 2 gamma^i / (gamma + 1), which is
off by at most a = 1 %. Counts are plain integers, so histograms merge by addition and unmerge by
subtraction, in any order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import msgspec

RELATIVE_ERROR: Final = 0.01
_GAMMA: Final = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_PER_LOG: Final = 1 / math.log(_GAMMA)
ZERO_BUCKET: Final = -1
"""Values of 0 and below 1 count here; every other bucket is >= 0."""

_decode = msgspec.msgpack.Decoder(dict[int, int]).decode
_encode = msgspec.msgpack.Encoder().encode


def bucket_of(value: int) -> int:
    """The bucket of ``value`` (a whole number of any unit)."""
    return ZERO_BUCKET if value < 1 else math.ceil(math.log(value) * _PER_LOG - 1e-9)


@lru_cache(maxsize=4096)
def value_of(bucket: int) -> float:
    """The value that stands for ``bucket``, within ``RELATIVE_ERROR`` of every value in it."""
    return 0.0 if bucket == ZERO_BUCKET else 2 * _GAMMA**bucket / (_GAMMA + 1)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts per bucket."""

    buckets: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Iterable[int]) -> Histogram:
        """The histogram of ``values``."""
        counts: dict[int, int] = {}
        for value in values:
            bucket = bucket_of(value)
            counts[bucket] = counts.get(bucket, 0) + 1
        return cls(counts)

    @classmethod
    def merged(cls, parts: Iterable[Mapping[int, int]]) -> Histogram:
        """The sum of histograms given as bucket counts."""
        counts: dict[int, int] = {}
        for part in parts:
            for bucket, count in part.items():
                counts[bucket] = counts.get(bucket, 0) + count
        return cls(counts)

    @property
    def count(self) -> int:
        """How many values were counted."""
        return sum(self.buckets.values())

    def percentile(self, q: float) -> float | None:
        """The value below or at which a share ``q`` (0 to 1) of the values lies; None when empty.

        Nearest rank: the ceil(q * n)-th smallest value, within ``RELATIVE_ERROR``.
        """
        n = self.count
        if n == 0:
            return None
        rank = max(1, math.ceil(q * n))
        seen = 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= rank:
                return value_of(bucket)
        raise AssertionError("the counts add up to n")


def encode(buckets: Mapping[int, int]) -> bytes | None:
    """Bucket counts for the database; None when all are 0."""
    kept = {b: n for b, n in buckets.items() if n} if 0 in buckets.values() else buckets
    return _encode(kept) if kept else None


def decode(data: bytes | None) -> dict[int, int]:
    """Bucket counts from the database."""
    return {} if data is None else _decode(data)
