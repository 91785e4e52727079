"""A span from what was read of it: the facts of all dialects together, field by field the best source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from llmwatch.collector.dialects.content import Conversation, conversation_of, document_list, tool_list
from llmwatch.collector.dialects.documents import documents_in
from llmwatch.collector.dialects.facts import Facts, Rules, read
from llmwatch.collector.dialects.generic import WHO, is_unnamed, of_resource
from llmwatch.collector.dialects.kinds import kind_of_model, kind_of_operation
from llmwatch.collector.dialects.parts import REFUSAL
from llmwatch.collector.dialects.usage import usage_of
from llmwatch.collector.dialects.values import first, flag, text
from llmwatch.collector.dialects.vectors import without_vectors
from llmwatch.collector.records import RawEvent, RawSpan
from llmwatch.store.span import (
    Call,
    Content,
    Context,
    Event,
    JsonObject,
    Kind,
    Link,
    Retrieval,
    Span,
    Status,
    Tool,
)

_STATUSES: Final[dict[int, Status]] = {1: "ok", 2: "error"}
_FIRST_CHUNK: Final = frozenset({
    "first_token", "first token", "First Token Stream Event", "first_chunk", "gen_ai.first_token",
    "gen_ai.content.completion.chunk", "llm.content.completion.chunk", "ai.stream.firstChunk",
    "mlflow.chunk.item.0", "completionStartTime",
})  # fmt: skip
"""Events that mark the first chunk of a stream, or each chunk."""

_NO_SETTINGS: Final = frozenset({
    "model", "messages", "input", "prompt", "system", "instructions", "stream", "stream_options", "tools",
    "model_name", "_type", "context_window", "num_output", "is_chat_model", "is_function_calling_model",
    "system_role",
})  # fmt: skip
"""Of all that a request holds, what is kept elsewhere, and what LangChain and LlamaIndex say of the model."""


def span_from(raw: RawSpan, rules: Rules) -> Span:
    """The canonical span of ``raw`` by ``rules``, as its dialect means it."""
    facts = read(raw.attributes, rules, raw.source.scope_name)
    return span_of(rules.amended(raw, facts), facts)


def span_of(raw: RawSpan, facts: Facts) -> Span:
    """The canonical span of ``raw``, whose attributes say ``facts``."""
    kind = _kind(facts, raw.name)
    status: Status = facts["span"].get("status") or _STATUSES.get(raw.status_code, "unset")
    said = conversation_of(raw, facts, kind)
    error_type, error_message = _error(raw, facts) if status == "error" else (None, None)
    return Span(
        trace_id=raw.trace_id,
        span_id=raw.span_id,
        parent_id=raw.parent_id,
        name=facts["span"].get("name") or raw.name,
        kind=kind,
        dialect=facts["span"]["dialect"],
        state="ended" if raw.end_ns is not None else "started",
        start_ns=raw.start_ns,
        end_ns=None if raw.end_ns is None else max(raw.end_ns, raw.start_ns),
        status=status,
        error_type=error_type,
        error_message=error_message,
        level=facts["span"].get("level"),
        context=_context(raw, facts),
        call=_call(raw, facts, said, status),
        tool=_tool(raw, facts, said) if kind == "tool" else None,
        retrieval=_retrieval(facts, said, kind),
        content=_content(raw, facts, said, kind),
    )


def _kind(facts: Facts, name: str) -> Kind:
    """The explicit kind, else what the operation, a tool, a search or a model make it."""
    call = facts["call"]
    kind: Kind | None = facts["span"].get("kind") or kind_of_operation(call.get("operation"))
    if kind:
        return kind
    if facts["tool"]:
        return "tool"
    if model := call.get("request_model") or call.get("response_model"):
        return kind_of_model(name, model)
    return "retriever" if facts["retrieval"] else "span"


def _error(raw: RawSpan, facts: Facts) -> tuple[str | None, str | None]:
    """Type and message: of the attributes, of the last exception event (the outermost), of the status."""
    raised = [event.attributes for event in raw.events if event.name == "exception"]
    exception = raised[-1] if raised else {}
    span = facts["span"]
    return (
        span.get("error_type") or text(exception.get("exception.type")),
        text(exception.get("exception.message")) or text(raw.status_message) or span.get("error_message"),
    )


def _context(raw: RawSpan, facts: Facts) -> Context:
    fields: dict[str, Any] = of_resource(raw.source.resource) | facts["context"]
    if (project := fields.pop("project", None)) and is_unnamed(fields.get("service")):
        fields["service"] = project
    if own := facts["metadata"]:
        fields["metadata"] = {**fields.get("metadata", {}), **own}
    if "metadata" in fields:
        _add_who(fields, fields["metadata"])
    if facts["variables"]:
        fields.setdefault("prompt_variables", facts["variables"])
    return Context(**fields)


def _add_who(fields: dict[str, Any], metadata: JsonObject) -> None:
    """Session, user and segment out of metadata, where some frameworks leave them (LangChain's config)."""
    for field, names in WHO.items():
        if not fields.get(field) and (found := text(first(metadata, names))):
            fields[field] = found


def _call(raw: RawSpan, facts: Facts, said: Conversation, status: Status) -> Call | None:
    fields: dict[str, Any] = facts["call"]
    parameters = facts["parameters"]
    usage = usage_of(facts["usage"])
    if "usage" in fields:
        whole = fields.pop("usage")
        usage = usage or whole
    if said.output_messages:
        _add_answer(fields, said)
    if not (fields or usage or parameters):
        return None
    if "invocation" in fields:
        request = fields.pop("invocation")
        fields.setdefault("request_model", text(first(request, ("model", "model_name"))))
        fields.setdefault("stream", flag(request.get("stream")))
        parameters = {name: v for name, v in request.items() if name not in _NO_SETTINGS} | parameters
    if status == "error" and not fields.get("request_model"):  # nobody answered
        fields["request_model"] = fields.pop("response_model", None)
    first_chunk_ns = fields.pop("first_chunk_at_ns", None)
    if first_chunk_ns:
        fields.setdefault("time_to_first_chunk_ns", _soonest([first_chunk_ns], raw.start_ns))
    elif raw.events and "time_to_first_chunk_ns" not in fields:
        fields["time_to_first_chunk_ns"] = first_chunk(raw.events, raw.start_ns)
    if fields.get("stream") is False:  # OpenLIT sends the duration of calls that were not streamed
        fields.pop("time_to_first_chunk_ns", None)
    return Call(**fields, parameters=parameters or None, usage=usage)


def _add_answer(fields: dict[str, Any], said: Conversation) -> None:
    """What the answer itself says of the call: why it ended, and that it is a refusal."""
    reasons: list[str] = []
    for message in said.output_messages:
        if message.finish_reason:
            reasons.append(message.finish_reason)
        for part in message.parts:
            if part.name == REFUSAL and part.type == "text":
                fields["refused"] = True
    if reasons:
        fields.setdefault("finish_reasons", tuple(reasons))


def first_chunk(events: Iterable[RawEvent | Event], start_ns: int) -> int | None:
    """How long after the start the first chunk came, as far as events tell."""
    return _soonest((event.time_ns for event in events if event.name in _FIRST_CHUNK), start_ns)


def _soonest(times_ns: Iterable[int], start_ns: int) -> int | None:
    return min((time - start_ns for time in times_ns if time >= start_ns), default=None)


def _tool(raw: RawSpan, facts: Facts, said: Conversation) -> Tool:
    known: dict[str, Any] = {"name": raw.name, "arguments": said.input_text, "result": said.output_text}
    return Tool(**(known | facts["tool"]))


def _retrieval(facts: Facts, said: Conversation, kind: Kind) -> Retrieval | None:
    fields: dict[str, Any] = facts["retrieval"]
    if not (fields or "documents" in facts["lists"] or kind in ("retriever", "reranker")):
        return None
    found = document_list(facts) or documents_in(said.output_text)
    return Retrieval(
        query=fields.get("query") or said.input_text,
        top_k=fields.get("top_k"),
        document_count=fields.get("document_count", len(found) or None),
        documents=found,
    )


def _content(raw: RawSpan, facts: Facts, said: Conversation, kind: Kind) -> Content:
    attributes = raw.attributes
    source = raw.source
    return Content(
        input_messages=said.input_messages,
        output_messages=said.output_messages,
        input_text=said.input_text,
        output_text=said.output_text,
        tool_definitions=tool_list(facts),
        events=tuple([Event(name=e.name, time_ns=e.time_ns, attributes=e.attributes) for e in raw.events]),
        links=tuple(
            [Link(trace_id=k.trace_id, span_id=k.span_id, attributes=k.attributes) for k in raw.links]
        ),
        attributes=without_vectors(attributes) if kind == "embedding" else attributes,
        resource=source.resource,
        scope_name=source.scope_name or None,
        scope_version=source.scope_version or None,
        dropped_attributes=raw.dropped_attributes or None,
    )
