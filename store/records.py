"""A span's records as bytes: zstd over msgpack, against a dictionary that the file carries.

What arrives about one span, in one record or several, is kept as it came; everything else in the file can
be computed from it anew.
"""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from llmwatch.errors import DamagedRecordError
from llmwatch.store.span import Replay, Span

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["LEVEL", "Codec", "digest", "encode", "zstd"]

LEVEL: Final = 1
"""Of zstd, for a record of 4.4 KB: level -1 1,103 B in 10.4 us, 1 935 B in 11.5 us, 3 940 B in 13.5 us. The
six records of a trace packed together take 469 B and 4 us each."""

_FRAME: Final = zstd.ZstdCompressor.FLUSH_FRAME
_encode = msgspec.msgpack.Encoder().encode
_encode_sorted = msgspec.msgpack.Encoder(order="deterministic").encode
_decode_spans = msgspec.msgpack.Decoder(list[Span]).decode
_decode_replay = msgspec.msgpack.Decoder(Replay).decode


class Codec:
    """Packs and unpacks with one file's dictionary. Belongs to one thread."""

    def __init__(self, dictionary: bytes) -> None:
        self._dictionary = zstd.ZstdDict(dictionary)
        # One compressor for all: making one costs as much as compressing a span with it (13 us).
        self._compressor = zstd.ZstdCompressor(LEVEL, zstd_dict=self._dictionary)

    @classmethod
    def of(cls, db: sqlite3.Connection) -> Codec:
        """The codec of an open database."""
        return cls(db.execute("SELECT data FROM dictionary").fetchone()[0])

    def pack(self, records: Sequence[bytes]) -> bytes:
        """The bytes of records that were encoded with `encode`."""
        count = len(records)
        # An array of msgpack is its length and its elements, one after another.
        head = bytes([0x90 | count]) if count < 16 else b"\xdc" + count.to_bytes(2, "big")
        return self._compressor.compress(b"".join([head, *records]), _FRAME)

    def unpack(self, data: bytes) -> list[Span]:
        """The records in ``data``.

        Raises:
            DamagedRecordError: The bytes are damaged.
        """
        try:
            return _decode_spans(zstd.decompress(data, self._dictionary))
        except (zstd.ZstdError, msgspec.MsgspecError) as error:
            raise _damaged(error) from error

    def pack_replay(self, replay: Replay) -> bytes:
        """The bytes of ``replay``."""
        return self._compressor.compress(_encode(replay), _FRAME)

    def unpack_replay(self, data: bytes) -> Replay:
        """The replay in ``data``.

        Raises:
            DamagedRecordError: The bytes are damaged.
        """
        try:
            return _decode_replay(zstd.decompress(data, self._dictionary))
        except (zstd.ZstdError, msgspec.MsgspecError) as error:
            raise _damaged(error) from error


def encode(record: Span) -> bytes:
    """One record, not yet packed."""
    return _encode(record)


def encode_all(records: Sequence[Span]) -> bytes:
    """Records as they stand in the inbox: not compressed, as they do not stay."""
    return _encode(records)


def decode_all(data: bytes) -> list[Span]:
    """The records in what `encode_all` returned.

    Raises:
        DamagedRecordError: The bytes are damaged.
    """
    try:
        return _decode_spans(data)
    except msgspec.MsgspecError as error:
        raise _damaged(error) from error


def digest(record: Span) -> bytes:
    """What makes two records the same: all they say, but not what we concluded from it."""
    said = replace(record, cost=None, heuristics=None)
    return hashlib.blake2b(_encode_sorted(said), digest_size=16).digest()


def _damaged(error: Exception) -> DamagedRecordError:
    return DamagedRecordError(
        f"A stored record cannot be read: {error}",
        hint="The rest of the database may still be read; save it with sqlite3 FILE .recover",
    )
