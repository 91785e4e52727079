"""Traces of MLflow: what is told of one as a whole, and its spans as the file that it is uploaded as.

The whole becomes a record of a span with the trace's id: MLflow does not say which span is the root. The same
spans come by OTLP too, where ids are hex and not base64, and make the same rows.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects import normalise_span
from llmwatch.collector.dialects.plainrecord import events_in, identity
from llmwatch.collector.dialects.times import seconds, time_ns
from llmwatch.collector.dialects.values import as_json, mapping, text, texts
from llmwatch.collector.protocols.mlflow.experiments import name_of
from llmwatch.collector.records import RawSpan, Source
from llmwatch.errors import IngestError
from llmwatch.store.span import Content, Context, Span

_CODES: Final = {"STATUS_CODE_OK": 1, "OK": 1, "STATUS_CODE_ERROR": 2, "ERROR": 2}
_SESSION: Final = "mlflow.trace.session"
_USER: Final = "mlflow.trace.user"
_NAME: Final = "mlflow.traceName"
_OWN: Final = "mlflow."


def trace_id(sent: Any) -> str | None:
    """The id that OTLP has for a trace: MLflow's is ``tr-`` and that; V4 ids have a place before it."""
    found = identity(sent)
    return found.rpartition("/")[2].removeprefix("tr-") if found else None


def whole(info: Mapping[str, Any]) -> Span:
    """What is told of a trace as a whole. Raises IngestError when it is none."""
    own = trace_id(info.get("trace_id"))
    if own is None:
        raise IngestError("a trace_info has a trace_id")
    place = mapping((mapping(info.get("trace_location")) or {}).get("mlflow_experiment")) or {}
    told = mapping(info.get("trace_metadata")) or {}
    tags = mapping(info.get("tags")) or {}
    experiment = text(place.get("experiment_id"))
    start = time_ns(info.get("request_time")) or time.time_ns()
    took = seconds((text(info.get("execution_duration")) or "").removesuffix("s"))
    return Span(
        trace_id=own, span_id=own, name=text(tags.get(_NAME)) or "", kind="chain", dialect="mlflow",
        state="partial", start_ns=start, end_ns=None if took is None else start + took,
        context=Context(
            service=name_of(experiment) if experiment else None,
            session_id=text(told.get(_SESSION)),
            user_id=text(told.get(_USER)),
            request_id=text(info.get("client_request_id")),
            tags=texts(tags.get("tags")) or (),
            metadata={**_programs(told), **_programs(tags)},
        ),
        content=Content(
            input_text=as_json(info.get("request_preview")),
            output_text=as_json(info.get("response_preview")),
            attributes=dict(info),
        ),
    )  # fmt: skip


def tagged(sent_id: str, key: str, value: str) -> Span:
    """What a tag that comes later says of a trace as a whole."""
    own = trace_id(sent_id)
    if own is None:
        raise IngestError("a tag is about a trace")
    return Span(
        trace_id=own, span_id=own, kind="chain", dialect="mlflow", state="partial", start_ns=time.time_ns(),
        context=Context(metadata={key: value}),
    )  # fmt: skip


def uploaded(item: Any, experiment: str) -> Span:
    """A span of an uploaded traces.json. Raises IngestError when it is none."""
    sent = mapping(item) or {}
    trace, own = _hex(sent.get("trace_id")), _hex(sent.get("span_id"))
    start = time_ns(sent.get("start_time_unix_nano"))
    if trace is None or own is None or start is None:
        raise IngestError("a span has a trace_id and a span_id in base64, and start_time_unix_nano")
    status = mapping(sent.get("status")) or {}
    return normalise_span(
        RawSpan(
            trace_id=trace,
            span_id=own,
            parent_id=_hex(sent.get("parent_span_id")),
            name=text(sent.get("name")) or "",
            start_ns=start,
            end_ns=time_ns(sent.get("end_time_unix_nano")),
            status_code=_CODES.get(text(status.get("code")) or "", 0),
            status_message=text(status.get("message")) or "",
            attributes=mapping(sent.get("attributes")) or {},
            events=tuple(events_in(sent.get("events"), start)),
            source=Source(resource={"openinference.project.name": name_of(experiment)}),
        )
    )


def _programs(entries: Mapping[str, Any]) -> dict[str, Any]:
    """What the program told, without what MLflow adds."""
    return {key: value for key, value in entries.items() if not key.startswith(_OWN)}


def _hex(value: Any) -> str | None:
    """An id in base64, as protobuf's JSON has bytes, in hex."""
    try:
        return base64.b64decode(text(value) or "", validate=True).hex() or None
    except (binascii.Error, ValueError):
        return None
