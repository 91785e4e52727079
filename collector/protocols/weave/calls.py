"""Weave's calls as spans: whole (``calls/complete``), or as the start and the end of one.

Usage in ``summary`` is added up into every call above; the store counts it once (store/usage.py).
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from llmwatch.collector.dialects.build import span_of
from llmwatch.collector.dialects.documents import documents
from llmwatch.collector.dialects.facts import Dialect, Fact, Facts, Rules, read
from llmwatch.collector.dialects.generic import context_facts
from llmwatch.collector.dialects.kinds import kind_of_model
from llmwatch.collector.dialects.plainjson import PARAMETERS
from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.dialects.readers import definitions, setting
from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.dialects.usage import usage_of_body
from llmwatch.collector.dialects.values import as_json, flag, mapping, parsed, storable, text
from llmwatch.collector.records import RawSpan, Source
from llmwatch.errors import IngestError
from llmwatch.store.span import Content, Kind, Span

_KINDS: Final[dict[str, Kind]] = {
    "llm": "llm", "tool": "tool", "agent": "agent", "search": "retriever", "guardrail": "guardrail",
    "scorer": "evaluator",
}  # fmt: skip
"""Of attributes.weave.kind (weave.trace.op_protocol.OpKind)."""

_OP: Final = re.compile(r"weave:///[^/]+/[^/]+/op/(?P<name>[^:]+)(?::[^:]*)?")
_PROVIDERS: Final = frozenset({"openai", "anthropic", "groq", "cohere", "mistral"})
_OWN: Final = frozenset({"weave", "integration"})
"""Attributes that the SDK adds to the program's."""
_NOT_SET: Final = frozenset({"NOT_GIVEN", "Omit", "not_given"})
_SOURCE: Final = Source()

_RULES: Final = Rules(
    [
        Dialect(
            name="weave",
            facts={
                "inputs.model": Fact("call", "request_model", text),
                "inputs.stream": Fact("call", "stream", flag),
                "inputs.tools": Fact("content", "tool_definitions", definitions),
                **{f"inputs.{name}": Fact("parameters", name, setting) for name in PARAMETERS},
                "thread_id": Fact("context", "session_id", text),
                **context_facts("attributes."),
                "attributes.env": Fact("context", "environment", text, 1),
            },
            prefixes={"attributes.": Fact("metadata", "", storable)},
        )
    ]
)


def span(call: Any) -> Span:
    """The span of a call, or of the start of one. Raises IngestError when it is none."""
    return _span(_object(call))


def ended(call: Any, trace_id: str | None) -> Span:
    """What the end of a call says of its span; ``trace_id`` is its trace, where the end does not say.

    Raises:
        IngestError: It is none.
    """
    body = _object(call)
    end = _span({**body, "trace_id": body.get("trace_id") or trace_id})
    return replace(end, kind="span", state="partial", content=replace(end.content, attributes=body))


def renamed(update: Any, trace_id: str | None) -> Span:
    """What an update says of a call's span: the name it is shown by, which counts from now on.

    Raises:
        IngestError: It names no call whose trace is known, or says no name.
    """
    sent = mapping(update) or {}
    own, name, now_ns = identity(sent.get("call_id")), text(sent.get("display_name")), time.time_ns()
    if own is None or name is None or trace_id is None:
        raise IngestError("an update has the call_id of a call that is there, and a display_name")
    return Span(
        trace_id=trace_id, span_id=own, name=name, dialect="weave", state="partial", start_ns=now_ns,
        revision=now_ns, content=Content(attributes={"display_name": name}),
    )  # fmt: skip


def _object(call: Any) -> dict[str, Any]:
    if not isinstance(call, dict) or identity(call.get("id")) is None:
        raise IngestError("a call is a JSON object with an id")
    return call


def _span(call: dict[str, Any]) -> Span:
    own = identity(call["id"])
    start, end = time_ns(call.get("started_at")), time_ns(call.get("ended_at"))
    if own is None or (begun := start or end) is None:
        raise IngestError("a call has started_at or ended_at")
    error = call.get("exception")
    raised = mapping(error) or {}
    flat = _flattened(call)
    facts = read(flat, _RULES)
    if error and (named := text(raised.get("type"))):
        facts["span"]["error_type"] = named
    _place(facts, call)
    operation = _operation(call)
    _read_call(facts, call, operation)
    raw = RawSpan(
        trace_id=identity(call.get("trace_id")) or own,
        span_id=own,
        parent_id=identity(call.get("parent_id")),
        name=text(call.get("display_name")) or operation,
        start_ns=begun,
        end_ns=end,
        status_code=2 if error else 0,
        status_message=(text(raised.get("message")) or as_json(error) or "") if error else "",
        attributes=call,
        source=_SOURCE,
    )
    return span_of(raw, facts)


def _flattened(call: Mapping[str, Any]) -> dict[str, Any]:
    """What the program said, under names of one level."""
    inputs, attributes = mapping(call.get("inputs")) or {}, mapping(call.get("attributes")) or {}
    return {
        "thread_id": call.get("thread_id"),
        **{f"inputs.{name}": value for name, value in inputs.items() if not _is_unset(value)},
        **{f"attributes.{name}": value for name, value in attributes.items() if name not in _OWN},
    }


def _is_unset(value: Any) -> bool:
    return isinstance(value, str) and value in _NOT_SET


def _place(facts: Facts, call: Mapping[str, Any]) -> None:
    """Which project it belongs to (without the entity), and which turn of a thread."""
    project = (text(call.get("project_id")) or "").rpartition("/")[2]
    if project:
        facts["context"].setdefault("service", project)
    if turn := text(call.get("turn_id")):
        facts["metadata"]["turn_id"] = turn


def _operation(call: Mapping[str, Any]) -> str:
    """Name of the operation; empty for the end of a call."""
    named = text(call.get("op_name")) or ""
    found = _OP.fullmatch(named)
    return found["name"] if found else named


def _read_call(facts: Facts, call: Mapping[str, Any], operation: str) -> None:
    """Kind, model, usage and content, which follow from several parts of a call."""
    inputs, output = mapping(call.get("inputs")) or {}, parsed(call.get("output"))
    used = _usage_by_model(call)
    kind = _kind(call, operation, inputs, output, used)
    facts["span"]["kind"] = kind
    facts["content"]["input_value"] = as_json(inputs.get("input") if kind == "embedding" else inputs or None)
    facts["content"]["output_value"] = as_json(output)
    if kind in ("llm", "embedding"):
        facts["call"] |= {"provider": text(operation.partition(".")[0])} if _provided(operation) else {}
        if len(used) == 1:
            (facts["call"]["response_model"],) = used
        if isinstance(output, dict) and (response := text(output.get("id"))):
            facts["call"]["response_id"] = response
    else:  # a call that has a parameter named model is no model call
        facts["call"], facts["parameters"] = {}, {}
    if used and (usage := usage_of_body(_added_up(list(used.values())))):
        facts["call"]["usage"] = usage
    if kind == "retriever" and (found := documents(output)):
        facts["retrieval"]["documents"] = found


def _provided(operation: str) -> bool:
    return operation.partition(".")[0] in _PROVIDERS


def _kind(
    call: Mapping[str, Any], operation: str, inputs: Mapping[str, Any], output: Any, used: Mapping[str, Any]
) -> Kind:
    attributes = mapping(call.get("attributes")) or {}
    told = _KINDS.get(text((mapping(attributes.get("weave")) or {}).get("kind")) or "")
    model = text(inputs.get("model")) or (text(output.get("model")) if isinstance(output, dict) else None)
    # Older SDKs do not say the kind. An output with its model is a provider's answer: usage without is a sum.
    answered = isinstance(output, dict) and "model" in output and bool(used)
    if told == "llm" or (told is None and (answered or (_provided(operation) and model))):
        return "embedding" if "embedding" in operation else kind_of_model("", model or "")
    return told or ("chain" if operation else "span")


def _usage_by_model(call: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    summary = mapping(call.get("summary")) or {}
    found = summary.get("usage")
    return {
        model: usage
        for model, usage in (found.items() if isinstance(found, dict) else ())
        if isinstance(usage, dict)
    }


def _added_up(usages: list[dict[str, Any]]) -> dict[str, Any]:
    """Usage of several models as that of one; what only some of them say is kept."""
    total: dict[str, Any] = {}
    for usage in usages:
        for name, value in usage.items():
            if isinstance(value, dict):
                held = total.get(name)
                total[name] = _added_up([held, value] if isinstance(held, dict) else [value])
            elif isinstance(value, int | float) and not isinstance(value, bool):
                total[name] = total.get(name, 0) + value
    return total
