"""Decompression in bounded steps, of every Content-Encoding that is taken."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from llmwatch.errors import IngestError
from llmwatch.store.records import zstd

_PIECE: Final = 1 << 20
"""Inflated at a time: a megabyte takes 5 ms, after which others get their turn."""

_ZSTD_WINDOW_LOG: Final = 23
"""8 MiB, which RFC 8878 asks of every decoder; the largest window there is would take 2 GiB."""


class _Stream(Protocol):
    """What zlib's decompression objects do."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Zstd:
    """zstandard as a stream of zlib's kind: frames need not say how large their content is."""

    unconsumed_tail: Final = b""  # what is not used yet it keeps itself

    def __init__(self) -> None:
        options = {int(zstd.DecompressionParameter.window_log_max): _ZSTD_WINDOW_LOG}
        self._stream = zstd.ZstdDecompressor(options=options)
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        """Whether the frame is at its end."""
        return self._stream.eof

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """At most ``max_length`` bytes more; after the end ``data`` is unused."""
        if self.eof:
            self.unused_data = data
            return b""
        piece = self._stream.decompress(data, max_length)
        self.unused_data = self._stream.unused_data
        return piece


ENCODINGS: Final[dict[str, Callable[[], _Stream]]] = {
    "gzip": lambda: zlib.decompressobj(31),
    "x-gzip": lambda: zlib.decompressobj(31),
    "deflate": lambda: zlib.decompressobj(15),
    "zstd": _Zstd,
}


class Inflater:
    """Decompression in bounded steps; there may be several gzip members or frames, one after the other."""

    def __init__(self, begin: Callable[[], _Stream]) -> None:
        self._begin = begin
        self._stream = begin()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What ``data`` inflates to, in pieces of at most a megabyte; IngestError when it is broken."""
        while True:
            try:
                piece = self._stream.decompress(data, _PIECE)
            except (zlib.error, zstd.ZstdError) as error:
                raise IngestError(f"the compressed body is broken: {error}") from error
            data = self._stream.unconsumed_tail
            if self._stream.unused_data:
                data = self._stream.unused_data
                self._stream = self._begin()
            elif not piece:
                return
            yield piece

    def finish(self) -> None:
        """Say that all was fed; raises IngestError when the stream is not at its end."""
        if not self._stream.eof:
            raise IngestError("the compressed body ends too early")
