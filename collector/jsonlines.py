"""JSON lines: objects as POST /api/spans takes them, or OTLP as the Collector's file exporter writes it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from llmwatch.collector.dialects import plainjson
from llmwatch.collector.otlp import json
from llmwatch.collector.pipeline import Pipeline, Prepared
from llmwatch.errors import IngestError
from llmwatch.store.batch import Batch

_OTLP: Final = re.compile(rb'\s*\{\s*"resource(Spans|Logs|Metrics)"')
_FAILURES_TOLD: Final = 100


def prepare(pipeline: Pipeline, lines: Sequence[bytes]) -> Prepared:
    """What ``lines`` bring; a failure's position is its line's. Blank lines bring nothing."""
    plain: list[int] = []
    parts: list[tuple[Prepared, Sequence[int]]] = []
    for number, line in enumerate(lines):
        if found := _OTLP.match(line):
            part = _otlp(pipeline, found[1], line)
            parts.append((part, [number] * (part.taken + part.rejected)))
        elif line.strip():
            plain.append(number)
    read = pipeline.plain([lines[number] for number in plain], plainjson.spans_and_scores)
    counted = replace(read.batch, counters={"lines_rejected": read.rejected})
    return _together([*parts, (replace(read, batch=counted), plain)])


def _otlp(pipeline: Pipeline, signal: bytes, line: bytes) -> Prepared:
    try:
        match signal:
            case b"Spans":
                return pipeline.spans(json.spans(line), len(line))
            case b"Logs":
                return pipeline.logs(json.logs(line), len(line))
            case _:
                return Prepared(Batch(counters={"metric_points": json.metric_points(line)}))
    except IngestError as error:
        return Prepared(Batch(counters={"lines_rejected": 1}), rejected=1, failures=((0, error.explain()),))


def _together(parts: Sequence[tuple[Prepared, Sequence[int]]]) -> Prepared:
    """One of many; with each part come the lines of its records."""
    counters = sum((Counter(part.batch.counters) for part, _ in parts), Counter[str]())
    failures = sorted((lines[at], reason) for part, lines in parts for at, reason in part.failures)
    return Prepared(
        Batch(
            spans=[span for part, _ in parts for span in part.batch.spans],
            scores=[score for part, _ in parts for score in part.batch.scores],
            counters=counters,
        ),
        taken=sum(part.taken for part, _ in parts),
        rejected=sum(part.rejected for part, _ in parts),
        failures=tuple(failures[:_FAILURES_TOLD]),
    )
