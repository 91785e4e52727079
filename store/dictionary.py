"""The zstd dictionary of a new file: what the records of instrumented LLM apps have in common.

Half of a record is names: of our fields, of the conventions' attributes, of the JSON that holds messages.
Against them a typical record of 4.4 KB takes 0.93 KB instead of 1.26 KB; with the statistics of letters that
zstd otherwise gathers for every record anew, packing takes 11 us instead of 18. The dictionary may be
changed at any time: every file carries the one it was made with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import Any, Final

import msgspec

from llmwatch.store.records import LEVEL, zstd

_STATISTICS: Final = 2048
"""Room for zstd's tables beside the names."""

_RESOURCE: dict[str, object] = {
    "telemetry.sdk.language": "python",
    "telemetry.sdk.name": "opentelemetry",
    "telemetry.sdk.version": "1.",
    "service.name": "unknown_service",
    "service.version": "1.",
    "service.instance.id": "",
    "deployment.environment.name": "production",
    "deployment.environment": "production",
    "openinference.project.name": "default",
}
_ERROR: dict[str, object] = {
    "exception.type": "",
    "exception.message": "",
    "exception.stacktrace": "Traceback (most recent call last):\n  File ",
    "exception.escaped": "False",
}
_WHO: dict[str, object] = {
    "session.id": "",
    "user.id": "",
    "gen_ai.conversation.id": "",
    "tag.tags": [],
    "metadata": "{}",
}
_IN = [
    {"role": "system", "parts": [{"type": "text", "content": "You are a helpful assistant."}]},
    {"role": "user", "parts": [{"type": "text", "content": ""}]},
    {"role": "assistant", "parts": [{"type": "tool_call", "id": "call_", "name": "", "arguments": {}}]},
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_", "response": ""}]},
]
_OUT = [{"role": "assistant", "parts": [{"type": "text", "content": ""}], "finish_reason": "stop"}]
_GENAI: dict[str, object] = {
    "error.type": "",
    "server.address": "api.openai.com",
    "server.port": 443,
    "gen_ai.tool.definitions": '[{"type": "function", "name": "", "description": "", "parameters": {',
    "gen_ai.system_instructions": '[{"type": "text", "content": "',
    "gen_ai.output.type": "text",
    "gen_ai.response.time_to_first_chunk": 0.5,
    "gen_ai.usage.cache_read.input_tokens": 1,
    "gen_ai.usage.cache_creation.input_tokens": 1,
    "gen_ai.usage.reasoning.output_tokens": 1,
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.system": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.response.model": "gpt-4o-mini",
    "gen_ai.response.id": "chatcmpl-",
    "gen_ai.request.temperature": 0.2,
    "gen_ai.request.top_p": 1.0,
    "gen_ai.request.max_tokens": 1024,
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 100,
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.input.messages": json.dumps(_IN),
    "gen_ai.output.messages": json.dumps(_OUT),
}
_OPENINFERENCE: dict[str, object] = {
    "openinference.span.kind": "LLM",
    "llm.model_name": "gpt-4o-mini",
    "llm.provider": "openai",
    "llm.system": "openai",
    "llm.invocation_parameters": '{"model": "", "temperature": 0.0}',
    "llm.token_count.prompt": 100,
    "llm.token_count.completion": 100,
    "llm.token_count.total": 200,
    "llm.token_count.prompt_details.cache_read": 0,
    "llm.input_messages.0.message.role": "system",
    "llm.input_messages.0.message.content": "",
    "llm.input_messages.1.message.role": "user",
    "llm.input_messages.1.message.content": "",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.content": "",
    "llm.output_messages.0.message.tool_calls.0.tool_call.id": "call_",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": "{}",
    "input.value": "",
    "input.mime_type": "text/plain",
    "output.value": "",
    "output.mime_type": "application/json",
}
_TOOL: dict[str, object] = {
    "openinference.span.kind": "TOOL",
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "",
    "gen_ai.tool.call.id": "call_",
    "gen_ai.tool.type": "function",
    "gen_ai.tool.description": "",
    "tool.name": "",
    "input.value": "{}",
    "output.value": "{}",
}
_RETRIEVER: dict[str, object] = {
    "openinference.span.kind": "RETRIEVER",
    "gen_ai.operation.name": "retrieval",
    "input.value": "",
    "retrieval.documents.0.document.id": "",
    "retrieval.documents.0.document.score": 0.5,
    "retrieval.documents.0.document.content": "",
    "retrieval.documents.0.document.metadata": "{}",
}
_EMBEDDING: dict[str, object] = {
    "openinference.span.kind": "EMBEDDING",
    "gen_ai.operation.name": "embeddings",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "text-embedding-3-small",
    "embedding.model_name": "text-embedding-3-small",
    "embedding.embeddings.0.embedding.text": "",
}
_CHAIN: dict[str, object] = {
    "openinference.span.kind": "CHAIN",
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.name": "",
    "http.request.method": "POST",
    "input.value": "",
    "output.value": "",
}


_CALL = {
    "operation": "chat", "provider": "openai", "request_model": "gpt-4o-mini",
    "response_model": "gpt-4o-mini", "response_id": "chatcmpl-",
    "parameters": {"temperature": 0.2, "max_tokens": 1024}, "finish_reasons": ["stop"], "stream": False,
    "usage": {"input_tokens": 100, "output_tokens": 100, "total_tokens": 200, "cache_read_tokens": 0},
}  # fmt: skip
_COST = {
    "nanousd": 1,
    "lines": [
        {"what": what, "tokens": 100, "nanousd_per_million": 150_000_000}
        for what in ("cache_read", "input", "output")
    ],
    "provider": "openai", "model": "gpt-4o-mini", "source": "genai-prices 0.2.",
}  # fmt: skip
_PARTS = [
    {"type": "tool_call", "id": "call_", "name": "", "arguments": "{}"},
    {"type": "tool_call_response", "text": "", "id": "call_"},
    {"type": "text", "text": ""},
]
_MESSAGES = {
    "input_messages": [{"role": role, "parts": _PARTS} for role in ("assistant", "tool", "system", "user")],
    "output_messages": [{"role": "assistant", "parts": _PARTS, "finish_reason": "stop"}],
}
_DOCUMENTS = {
    "query": "", "top_k": 5, "document_count": 1,
    "documents": [{"id": "", "content": "", "score": 0.5, "metadata": {}}],
}  # fmt: skip
_TEXTS = {"input_text": "", "output_text": ""}


_TEXT: Final = """You are a helpful assistant. Answer the question using only the context below; if the \
answer is not there, say that you do not know. Keep it short and cite the sources you used. The user asked: \
why was my last invoice higher than usual, and can I still change the delivery address of order 4711? Thank \
you for contacting support! I looked at your account: the price rose because the annual discount ended on \
1 March, so this month was billed at the regular rate of $29.90. I have opened a ticket for the change and \
will let you know as soon as the warehouse confirms it. First, check that the function returns a list of \
results, then call the API with the parameters that are given in the schema, e.g. {"query": "weather in \
Berlin", "limit": 10, "unit": "celsius"}. The error "429 Too Many Requests" means that the rate limit was \
reached; wait a moment and try again. def total(items): return sum(item.price for item in items)  # cents
In summary, the report shows three main points: (1) revenue grew by 12 % year over year, (2) costs stayed \
flat, and (3) customers who use both products stay longer. Please let me know if you would like more detail, \
a translation into German, or an e-mail to the team about what should be done next."""


def dictionary() -> bytes:
    """What records have in common, and how often which letters and lengths occur in them.

    The records are packed as records.py packs them, and the most common sort comes last, as zstd likes it.
    """
    records = (
        _record("chain", _CHAIN | _WHO, _TEXTS),
        _record("span", {}, {"events": [{"name": "exception", "time_ns": 1 << 60, "attributes": _ERROR}]}),
        _record("embedding", _EMBEDDING | _WHO, _TEXTS, call=_CALL | {"operation": "embeddings"}),
        _record("retriever", _RETRIEVER | _WHO, _TEXTS, retrieval=_DOCUMENTS),
        _record("tool", _TOOL | _WHO, _TEXTS, tool={"name": "", "call_id": "call_", "arguments": "{}"}),
        _record("llm", _OPENINFERENCE | _WHO, _MESSAGES, call=_CALL, cost=_COST),
        _record("llm", _GENAI | _OPENINFERENCE | _WHO, _MESSAGES, call=_CALL, cost=_COST),
    )
    names = b"".join(msgspec.msgpack.encode([record]) for record in records)
    dice = Random(1)  # noqa: S311 - samples
    samples = [msgspec.msgpack.encode([_filled(record, dice)]) for record in records for _ in range(8)]
    raw = zstd.ZstdDict(names, is_raw=True)
    return zstd.finalize_dict(raw, samples, len(names) + _STATISTICS, LEVEL).dict_content


def _filled(value: Any, dice: Random) -> Any:
    """``value`` with an id or a text for every empty one, as a real record would have."""
    if isinstance(value, Mapping):
        return {key: _filled(inner, dice) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, dice) for inner in value]
    if isinstance(value, str) and '""' in value:
        return value.replace('""', json.dumps(_piece(dice)))
    return _piece(dice) if value == "" else value


def _piece(dice: Random) -> str:
    length = dice.choice((8, 16, 300, 800))
    start = dice.randrange(len(_TEXT))
    return dice.randbytes(length).hex() if length <= 16 else (_TEXT[start:] + _TEXT)[:length]


def _record(
    kind: str, attributes: Mapping[str, object], content: Mapping[str, object], **facts: object
) -> dict[str, object]:
    """A record with its fields in the order of `llmwatch.store.span.Span`."""
    cost = {"cost": facts.pop("cost"), "heuristics": []} if "cost" in facts else {}
    return {
        "trace_id": "", "span_id": "", "parent_id": "", "name": kind, "kind": kind, "dialect": "genai",
        "start_ns": 1 << 60, "end_ns": 1 << 60, "status": "error", "error_type": "", "error_message": "",
        "context": {
            "service": "", "app_version": "1.", "environment": "production", "session_id": "session-",
            "user_id": "user-", "feature": "", "request_id": "", "prompt_name": "", "prompt_version": "",
        },
        **facts,
        "content": {
            **content, "attributes": attributes, "resource": _RESOURCE,
            "scope_name": "opentelemetry.instrumentation.", "scope_version": "0.",
        },
        **cost,
    }  # fmt: skip
