"""Rows of Braintrust's ``POST /logs3`` as spans and scores.

A row with ``_is_merge`` is an update of the span that a row without began, and brings only what is new: the
kind, say, or the name is in the first alone. The store merges them; their order is a row that begins, then
updates, then the update that ends.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec.structs import replace

from llmwatch.collector.dialects.build import span_of
from llmwatch.collector.dialects.facts import Facts, read
from llmwatch.collector.dialects.judgements import comment, digest, judgement
from llmwatch.collector.dialects.kinds import kind_of_model
from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.dialects.values import as_json, first, text
from llmwatch.collector.protocols.braintrust.names import RULES
from llmwatch.collector.protocols.braintrust.projects import project_and_experiment
from llmwatch.collector.protocols.tracebacks import raised
from llmwatch.collector.records import RawSpan, Source
from llmwatch.errors import IngestError
from llmwatch.store.span import Score, Span

_OBJECTS: Final = frozenset({
    "metadata", "metadata.prompt", "metrics", "span_attributes", "scores", "context",
})  # fmt: skip
"""Flattened, so that an update adds to what they hold (Braintrust merges them deeply)."""

_SOURCE: Final = Source()
_USED: Final = frozenset({"input_tokens", "output_tokens"})
_USERS: Final = frozenset({"external", "app"})


def spans_and_scores(row: Any) -> tuple[list[Span], list[Score]]:
    """The span of a row, if it is one, and its scores.

    Raises:
        IngestError: It is no row.
    """
    if not isinstance(row, dict) or text(row.get("id")) is None:
        raise IngestError("a row is a JSON object with an id")
    now_ns = time.time_ns()
    scores = list(_scores(row, now_ns))
    if row.get("span_id") is None:
        if not scores:
            raise IngestError("the row has no span_id, and neither scores nor a comment")
        return [], scores
    return [_span(row, now_ns)], scores


def _span(row: Mapping[str, Any], now_ns: int) -> Span:
    attributes = dict(_flattened("", row))
    start, end = time_ns(attributes.get("metrics.start")), time_ns(attributes.get("metrics.end"))
    update = row.get("_is_merge") is True
    own = identity(row["span_id"])
    parents = row.get("span_parents")
    error = row.get("error")
    kind, message = raised(text(error) or as_json(error) or "") if error else (None, "")
    if own is None:
        raise IngestError("the row's span_id is empty")
    raw = RawSpan(
        trace_id=identity(row.get("root_span_id")) or own,
        span_id=own,
        parent_id=identity(parents[0]) if isinstance(parents, list) and parents else None,
        name=text(attributes.get("span_attributes.name")) or "",
        start_ns=start or time_ns(row.get("created")) or end or now_ns,
        end_ns=end,
        status_code=2 if error else 0,
        status_message=message,
        attributes=attributes,
        source=_SOURCE,
    )
    facts = read(attributes, RULES)
    if kind:
        facts["span"]["error_type"] = kind
    _place(facts, row)
    known = _settle(facts, attributes, update)
    span = span_of(raw, facts)
    if not update:
        return replace(span, revision=0)
    return replace(
        span, kind=span.kind if known else "span", state="partial", revision=1 if end is None else 2
    )


def _flattened(prefix: str, item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in item.items():
        path = prefix + name
        if path in _OBJECTS and isinstance(value, dict):
            yield from _flattened(f"{path}.", value)
        else:
            yield path, value


def _place(facts: Facts, row: Mapping[str, Any]) -> None:
    """Which project it belongs to, and which experiment."""
    project, experiment = project_and_experiment(row)
    if project:
        facts["context"].setdefault("service", project)
    if experiment:
        facts["context"].setdefault("feature", experiment)


def _settle(facts: Facts, attributes: Mapping[str, Any], update: bool) -> bool:
    """Say what follows from several names together; returns whether the kind is known."""
    span, call = facts["span"], facts["call"]
    known = "kind" in span
    output = attributes.get("output")
    if known and span["kind"] == "llm" and not update:
        name = text(attributes.get("span_attributes.name")) or ""
        span["kind"] = kind_of_model(name, call.get("request_model") or "")
        # The wrappers of SDKs keep the whole request: one that does not say so is no stream, and its
        # time_to_first_token is the duration.
        if "request_model" in call and "provider" in call:
            call.setdefault("stream", False)
    elif not known and (_is_answer(output) or _USED.intersection(facts["usage"])):
        span["kind"] = "embedding" if isinstance(output, dict) else "llm"
    if attributes.get("metadata.object") == "response":  # OpenAI's, without its content
        call["response_model"] = call.pop("request_model", None)
        call["response_id"] = text(attributes.get("metadata.id"))
    return known


def _is_answer(output: Any) -> bool:
    """Whether it is the choices of a chat, messages, or the items of OpenAI's responses."""
    first_of = output[0] if isinstance(output, list) and output else None
    return isinstance(first_of, dict) and ("message" in first_of or "role" in first_of)


def _scores(row: Mapping[str, Any], now_ns: int) -> Iterator[Score]:
    given, remark, origin = row.get("scores"), row.get("comment"), row.get("origin")
    for name, value in given.items() if isinstance(given, dict) else ():
        said = judgement(value)
        if name and said:
            yield replace(_score(row, row["id"], name, now_ns), value=said.value, raw_value=said.raw,
                          label=said.label)  # fmt: skip
    if isinstance(remark, dict) and isinstance(origin, dict) and (about := text(origin.get("id"))):
        yield replace(_score(row, about, "comment", now_ns), score_id=str(row["id"]),
                      comment=comment(remark.get("text")))  # fmt: skip
    if "expected" in row and row.get("span_id") is None:  # feedback: what would have been right
        yield replace(_score(row, row["id"], "expected", now_ns), comment=comment(row["expected"]))


def _score(row: Mapping[str, Any], about: str, name: str, now_ns: int) -> Score:
    metrics, who = row.get("metrics"), row.get("_audit_metadata")
    times = {**(metrics if isinstance(metrics, dict) else {}), "created": row.get("created")}
    return Score(
        score_id=digest("braintrust", about, name),
        name=name,
        time_ns=time_ns(first(times, ("end", "start", "created"))) or now_ns,
        trace_id=identity(row.get("root_span_id")),
        span_id=identity(row.get("span_id")),
        request_id=text(about),
        source="user" if row.get("_audit_source") in _USERS else "app",
        user_id=text(first(who, ("user_id", "user"))) if isinstance(who, dict) else None,
    )
