"""Taking a request of one of OTLP's signals, whatever it came over."""

from __future__ import annotations

from typing import NamedTuple

from llmwatch.collector.door import Door
from llmwatch.collector.otlp.reading import Request, read
from llmwatch.collector.pipeline import Prepared
from llmwatch.collector.reading.worker import unpacked


class Rejected(NamedTuple):
    """What of a request was not taken; its sender must not send it again."""

    records: int
    reason: str


async def take(door: Door, request: Request) -> Rejected:
    """Store what ``request`` brings.

    Raises:
        IngestError: The body cannot be read.
        StoreError: It could not be stored: the sender should send it again.
    """
    packed = await door.helper.read(request)

    def prepare(_: bytes) -> Prepared:
        return unpacked(packed) if packed else read(door.pipeline, request)

    prepared, done = await door.take(prepare, request.body)
    reason = prepared.failures[0][1] if prepared.failures else done.reason
    return Rejected(prepared.rejected + done.rejected, reason)
