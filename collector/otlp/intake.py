"""Taking a request of one of OTLP's signals, whatever it came over."""

from __future__ import annotations

import dataclasses
from types import ModuleType
from typing import NamedTuple

from msgspec.structs import replace

from llmwatch.collector.dialects.generic import is_unnamed
from llmwatch.collector.door import Door
from llmwatch.collector.otlp.replies import Signal
from llmwatch.collector.pipeline import Prepared
from llmwatch.store.batch import Batch


class Rejected(NamedTuple):
    """What of a request was not taken; its sender must not send it again."""

    records: int
    reason: str


async def take(
    door: Door, signal: Signal, codec: ModuleType, body: bytes, project: str | None = None
) -> Rejected:
    """Store what ``body`` brings; ``codec`` is the module that decodes it (protobuf or json).

    ``project`` is the platform's project that the request is for: the service of spans that name none.
    Metric points are counted: they repeat what the spans say, so adding them up would count calls twice.

    Raises:
        IngestError: The body cannot be read.
        StoreError: It could not be stored: the sender should send it again.
    """

    def read(body: bytes) -> Prepared:
        match signal:
            case "spans":
                return door.pipeline.spans(codec.spans(body), len(body))
            case "logs":
                return door.pipeline.logs(codec.logs(body), len(body))
            case "metrics":
                return Prepared(Batch(counters={"metric_points": codec.metric_points(body)}))

    def prepare(body: bytes) -> Prepared:
        return _within(read(body), project) if project else read(body)

    prepared, done = await door.take(prepare, body)
    reason = prepared.failures[0][1] if prepared.failures else done.reason
    return Rejected(prepared.rejected + done.rejected, reason)


def _within(prepared: Prepared, project: str) -> Prepared:
    """``prepared`` with ``project`` as the service of spans that name none."""
    spans = [
        replace(span, context=replace(span.context, service=project))
        if is_unnamed(span.context.service)
        else span
        for span in prepared.batch.spans
    ]
    return dataclasses.replace(prepared, batch=dataclasses.replace(prepared.batch, spans=spans))
