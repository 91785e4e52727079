"""Reading a request of one of OTLP's signals: pure, so that it can be done in any process."""

from __future__ import annotations

import dataclasses
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from llmwatch.collector.dialects.generic import is_unnamed
from llmwatch.collector.otlp import json, protobuf
from llmwatch.collector.otlp.replies import Signal
from llmwatch.collector.pipeline import Pipeline, Prepared
from llmwatch.store.batch import Batch

Encoding: TypeAlias = Literal["protobuf", "json"]

_CODECS: Final = {"protobuf": protobuf, "json": json}


class Request(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """What came, whatever it came over."""

    signal: Signal
    encoding: Encoding
    body: bytes
    project: str | None = None
    """The platform's project that the request is for: the service of spans that name none."""


def read(pipeline: Pipeline, request: Request) -> Prepared:
    """What ``request`` brings.

    Metric points are counted: they repeat what the spans say, so adding them up would count calls twice.

    Raises:
        IngestError: The body cannot be read.
    """
    codec, body = _CODECS[request.encoding], request.body
    match request.signal:
        case "spans":
            prepared = pipeline.spans(codec.spans(body), len(body))
        case "logs":
            prepared = pipeline.logs(codec.logs(body), len(body))
        case "metrics":
            prepared = Prepared(Batch(counters={"metric_points": codec.metric_points(body)}))
    return _within(prepared, request.project) if request.project else prepared


def _within(prepared: Prepared, project: str) -> Prepared:
    """``prepared`` with ``project`` as the service of spans that name none."""
    spans = [
        replace(span, context=replace(span.context, service=project))
        if is_unnamed(span.context.service)
        else span
        for span in prepared.batch.spans
    ]
    return dataclasses.replace(prepared, batch=dataclasses.replace(prepared.batch, spans=spans))
