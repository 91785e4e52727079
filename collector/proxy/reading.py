"""From what passed to spans: the call, and the steps of the session that it is part of."""

from __future__ import annotations

import secrets
from typing import Any, Final

from llmwatch.collector.dialects.bodies import request_messages
from llmwatch.collector.dialects.facts import Rules, read
from llmwatch.collector.dialects.plainjson import PLAIN_JSON
from llmwatch.collector.dialects.readers import definitions, paid_tier
from llmwatch.collector.dialects.values import as_json, flag, text
from llmwatch.collector.dialects.vectors import without_vectors_in
from llmwatch.collector.proxy.answers import STREAM_CUT, STREAMS, Said, body_of, said_in
from llmwatch.collector.proxy.decoding import readable
from llmwatch.collector.proxy.exchange import Asked, Exchange
from llmwatch.collector.proxy.headers import credentials, value_of
from llmwatch.collector.proxy.helicone import context_of, retrying
from llmwatch.collector.proxy.hiding import without
from llmwatch.collector.proxy.operations import model_in
from llmwatch.collector.proxy.places import Place, Places, Step, retries
from llmwatch.collector.proxy.replies import error_in
from llmwatch.collector.safejson import text as storable
from llmwatch.providers.adapters.common import table
from llmwatch.providers.recorded import raw_request
from llmwatch.store.span import Call, Content, Context, JsonObject, Span

DIALECT: Final = "proxy"

_RULES: Final = Rules((PLAIN_JSON,))
_SAID_ELSEWHERE: Final = frozenset({
    "model", "messages", "input", "contents", "prompt", "system", "instructions", "systemInstruction",
    "system_instruction", "stream", "stream_options", "tools", "functions", "user", "metadata",
})  # fmt: skip
"""Of all that a request holds, what is kept elsewhere."""
_REQUEST_IDS: Final = (b"x-request-id", b"request-id")


def spans_of(exchange: Exchange, places: Places) -> list[Span]:
    """The spans that ``exchange``, which has ended, is recorded as."""
    asked = exchange.asked
    encoding = value_of(asked.headers, b"content-encoding")
    sent = body_of(readable([(0, asked.body)], encoding))
    request = table(sent)
    context = context_of_call(asked, request, exchange.attempt)
    place = places.of(asked, context.session_id, context.retry_count)
    end_ns = exchange.start_ns + (exchange.duration_ns or 0)
    steps = [
        Span(
            trace_id=place.trace_id, span_id=step.span_id, parent_id=step.parent_id, kind="chain",
            name=storable(_name(step, context)),
            dialect=DIALECT, start_ns=step.start_ns, end_ns=step.end_ns,
            context=Context(session_id=context.session_id, user_id=context.user_id),
        )
        for step in (places.steps(asked, place, exchange.start_ns, end_ns) if context.session_id else ())
    ]  # fmt: skip
    keys = credentials(asked.headers, asked.query)
    return [without(keys, span) for span in (*steps, _call(exchange, place, context, sent))]


def _name(step: Step, context: Context) -> str:
    """The session's name for its first step, the path for the others."""
    name = context.metadata.get("session_name") if step.parent_id is None else None
    return str(name or step.path)


def _call(exchange: Exchange, place: Place, context: Context, sent: Any) -> Span:
    asked, request = exchange.asked, table(sent)
    operation = asked.operation
    assert operation is not None, "other requests are not recorded"
    media_type = (value_of(exchange.headers, b"content-type") or "").partition(";")[0].strip().lower()
    chunks = readable(exchange.chunks, value_of(exchange.headers, b"content-encoding"))
    answered = exchange.status is not None and exchange.status < 400
    said = said_in(chunks, media_type, operation) if answered else Said(raw=body_of(chunks))
    error = _error(exchange, said)
    model = text(request.get("model")) or model_in(asked.path)
    embedding = operation.kind == "embedding"
    return Span(
        trace_id=place.trace_id,
        span_id=secrets.token_hex(8),
        parent_id=place.parent_id,
        name=f"{operation.name} {model}" if model else operation.name,
        kind=operation.kind,
        dialect=DIALECT,
        start_ns=exchange.start_ns,
        end_ns=exchange.start_ns + (exchange.duration_ns or 0),
        status="error" if error else "ok",
        error_type=error[0] if error else None,
        error_message=error[1] if error else None,
        context=context,
        call=Call(
            operation=operation.name,
            provider=asked.provider.lower(),
            request_model=model,
            response_model=said.model,
            response_id=said.response_id,
            parameters=_parameters(sent, said),
            finish_reasons=(said.finish_reason,) if said.finish_reason else None,
            stream=_streams(exchange, request, media_type),
            time_to_first_chunk_ns=said.first_chunk_ns,
            cache_hit=exchange.cache_hit,
            usage=said.usage,
        ),
        content=Content(
            input_messages=() if embedding else request_messages(sent) or (),
            output_messages=said.messages,
            input_text=as_json(request.get("input") or request.get("content")) if embedding else None,
            tool_definitions=definitions(request.get("tools")) or definitions(request.get("functions")) or (),
            attributes=_attributes(exchange, sent, said),
            truncated=() if exchange.whole else ("output.value: copied in part",),
        ),
    )


def context_of_call(asked: Asked, request: dict[str, Any], attempt: int = 0) -> Context:
    """Who asks, by the headers and the body of a call; ``attempt`` counts from 0."""
    said = context_of(asked.headers)
    user = text(request.get("user")) or text(table(request.get("metadata")).get("user_id"))
    if user:
        said.setdefault("user_id", user)
    facts = read({name: storable(value) for name, value in said.items()}, _RULES)
    before = retries(asked)
    if before is None and retrying(asked.headers).number:
        before = 0
    again = None if before is None else before + attempt
    return Context(**facts["context"], metadata=facts["metadata"], retry_count=again)


def _error(exchange: Exchange, said: Said) -> tuple[str | None, str | None] | None:
    """Why the call failed: on the way, by the provider's status and body, or within the stream."""
    if exchange.failure:
        return exchange.failure
    if exchange.status is None or exchange.status >= 400:
        kind, message = error_in(said.raw)
        return kind or str(exchange.status), message
    if said.error == STREAM_CUT and not exchange.whole:
        return None
    return said.error and (said.error[0] or "stream_error", said.error[1])


def _parameters(sent: Any, said: Said) -> JsonObject | None:
    found = {
        name: value
        for name, value in raw_request({"input.value": sent}).parameters.items()
        if name not in _SAID_ELSEWHERE and value is not None
    }
    if tier := paid_tier(said.service_tier):
        found["service_tier"] = tier
    return found or None


def _streams(exchange: Exchange, request: dict[str, Any], media_type: str) -> bool:
    """Whether the answer was to come in pieces: by the request, or by the answer: Ollama streams unasked."""
    told = flag(request.get("stream")) or exchange.asked.path.endswith(":streamGenerateContent")
    return bool(told or media_type in STREAMS)


def _attributes(exchange: Exchange, sent: Any, said: Said) -> JsonObject:
    """The bodies (of a stream its last event), under the names where replays look for a recorded request."""
    found = {
        "input.value": as_json(sent),
        "output.value": without_vectors_in(as_json(said.raw)),
        "http.request.method": "POST",
        "url.path": storable(exchange.asked.path),
        "http.response.status_code": exchange.status,
        "http.response.request_id": next(
            (found for name in _REQUEST_IDS if (found := value_of(exchange.headers, name))), None
        ),
        "user_agent.original": value_of(exchange.asked.headers, b"user-agent"),
    }
    return {name: value for name, value in found.items() if value is not None}
