"""The recorded copy of a body, decompressed in bounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from llmwatch.collector.inflating import ENCODINGS, Inflater
from llmwatch.errors import IngestError

LONGEST: Final = 64 << 20
"""Decompressed bytes that are read of a body; 64 MiB is what a request may have, too."""

Timed = tuple[int, bytes]


def readable(chunks: Iterable[Timed], encoding: str | None) -> Iterator[Timed]:
    """``chunks`` as their Content-Encoding says, each with the time it came, as far as they can be read."""
    encoding = (encoding or "").strip().lower()
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in ENCODINGS:
        return
    inflater, size = Inflater(ENCODINGS[encoding]), 0
    try:
        for at, chunk in chunks:
            for piece in inflater.feed(chunk):
                size += len(piece)
                if size > LONGEST:
                    return
                yield at, piece
    except IngestError:
        return  # broken: what came before is told, and that the answer is cut
