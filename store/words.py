"""Counts of words for the database: few words a row, msgpack maps as histograms are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

_decode: Final = msgspec.msgpack.Decoder(dict[str, int]).decode
_encode: Final = msgspec.msgpack.Encoder().encode


def encode(counts: Mapping[str, int]) -> bytes | None:
    """Counts for the database; None when all are 0."""
    kept = {word: count for word, count in counts.items() if count}
    return _encode(kept) if kept else None


def decode(data: bytes | None) -> dict[str, int]:
    """Counts from the database."""
    return {} if data is None else _decode(data)
