"""Plain JSON: objects that programs post without any SDK, as their own logs or tracers name things."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from llmwatch.collector.dialects import DIALECTS
from llmwatch.collector.dialects.build import span_of
from llmwatch.collector.dialects.documents import documents
from llmwatch.collector.dialects.facts import Dialect, Fact, Facts, Rules, read
from llmwatch.collector.dialects.kinds import kind_of_operation, kind_of_word
from llmwatch.collector.dialects.messages import system_message
from llmwatch.collector.dialects.plainrecord import STARTS, objects_in, record
from llmwatch.collector.dialects.plainscores import feedback_from, score_from
from llmwatch.collector.dialects.readers import definitions, dollars, provider, refusal, setting, settings
from llmwatch.collector.dialects.scores import scores_of
from llmwatch.collector.dialects.times import milliseconds, seconds, seconds_or_ms
from llmwatch.collector.dialects.usage import usage_of_body
from llmwatch.collector.dialects.values import as_json, count, first, flag, mapping, text, texts
from llmwatch.store.span import Score, Span

__all__ = ["PARAMETERS", "PLAIN_JSON", "feedback_from", "score_from", "spans_and_scores"]

Names = Mapping[str, tuple[str, ...]]

_CALL: Final[dict[str, tuple[Any, tuple[str, ...]]]] = {
    "request_model": (text, ("model", "model_name", "model_id")),
    "response_model": (text, ("response_model", "model_version")),
    "provider": (provider, ("provider", "vendor")),
    "response_id": (text, ("response_id", "completion_id")),
    "finish_reasons": (texts, ("finish_reasons", "finish_reason", "stop_reason")),
    "stream": (flag, ("stream", "streaming", "is_streaming")),
    "cache_hit": (flag, ("cache_hit", "cached", "from_cache")),
    "refused": (refusal, ("refused", "refusal")),
    "sender_cost_nanousd": (dollars, ("cost_usd", "cost", "total_cost", "total_cost_usd")),
    "usage": (usage_of_body, ("usage", "token_usage", "tokens", "usage_details")),
    "invocation": (settings, ("parameters", "model_parameters", "params", "invocation_params")),
}
_FIRST_CHUNK: Final = {
    "ttft_ms": milliseconds, "time_to_first_token_ms": milliseconds, "first_token_ms": milliseconds,
    "ttft_s": seconds, "ttft_seconds": seconds, "time_to_first_token_s": seconds,
    "ttft": seconds_or_ms, "time_to_first_token": seconds_or_ms,
}  # fmt: skip
_USAGE: Final[Names] = {
    "input_tokens": (
        "input_tokens", "tokens_input", "prompt_tokens", "tokens_in", "tokens_prompt", "usage.input",
        "usage.input_tokens", "usage.prompt_tokens",
    ),
    "output_tokens": (
        "output_tokens", "tokens_output", "completion_tokens", "tokens_out", "tokens_completion",
        "usage.output", "usage.output_tokens", "usage.completion_tokens",
    ),
    "total_tokens": ("total_tokens", "tokens_total", "tokens_used", "usage.total", "usage.total_tokens"),
    "cache_read_tokens": ("cached_tokens", "cache_read_tokens", "cached_input_tokens"),
    "cache_write_tokens": ("cache_write_tokens", "cache_creation_tokens"),
    "reasoning_tokens": ("reasoning_tokens",),
}  # fmt: skip
PARAMETERS: Final = (
    "temperature", "top_p", "max_tokens", "max_completion_tokens", "max_output_tokens", "seed", "stop",
    "stop_sequences", "frequency_penalty", "presence_penalty", "response_format", "reasoning_effort",
    "tool_choice", "service_tier",
)  # fmt: skip
_CONTENT: Final[dict[str, tuple[Any, tuple[str, ...]]]] = {
    "prompt": (as_json, ("messages", "prompt", "filled_prompt", "prompt_preview")),
    "input_value": (as_json, ("input", "inputs", "question", "user_input")),
    "output_value": (as_json, ("response", "output", "outputs", "completion", "answer", "generated_text")),
    "system": (system_message, ("system", "system_prompt", "system_instructions", "instructions")),
    "tool_definitions": (definitions, ("tools", "tool_definitions", "functions")),
}
_TOOL: Final[dict[str, tuple[Any, tuple[str, ...]]]] = {
    "name": (text, ("tool_name", "function_name", "tool")),
    "call_id": (text, ("tool_call_id",)),
    "arguments": (as_json, ("args", "arguments", "tool_args", "tool_input", "tool_arguments")),
    "result": (as_json, ("result", "tool_result", "tool_output")),
}
_RETRIEVAL: Final[dict[str, tuple[Any, tuple[str, ...]]]] = {
    "query": (text, ("query", "search_query", "retrieval_query")),
    "top_k": (count, ("retrieval_top_k",)),
    "document_count": (count, ("num_docs", "doc_count", "document_count", "num_documents")),
    "documents": (documents, (
        "retrieved_context", "retrieved_documents", "retrieved_docs", "retrieved_chunks", "documents", "docs",
        "chunks",
    )),
    "ids": (as_json, ("top_doc_id", "doc_ids", "source_ids")),
    "scores": (as_json, ("top_score", "doc_scores", "retrieval_scores")),
}  # fmt: skip
_CONTEXT: Final[Names] = {
    "service": ("service", "service_name", "app", "app_name", "application"),
    "app_version": ("app_version", "version", "release"),
    "environment": ("environment", "env"),
    "session_id": ("session_id", "session", "helicone_session_id"),
    "user_id": ("user_id", "user", "tenant_id", "customer_id", "helicone_user_id"),
    "segment": (
        "segment", "user_segment", "tier", "user_tier", "plan", "user_plan", "customer_tier",
        "helicone_property_segment", "helicone_property_tier", "helicone_property_user_segment",
        "helicone_property_user_tier", "helicone_property_plan",
    ),
    "feature": ("feature", "endpoint", "operation_name", "route", "flow"),
    "request_id": ("request_id",),
    "prompt_name": ("prompt_name", "prompt_id", "template_id", "template_name"),
    "prompt_version": (
        "prompt_version", "prompt_template_version", "template_version", "helicone_property_prompt_version",
    ),
    "prompt_template": ("prompt_template", "template"),
}  # fmt: skip


def _facts(group: str, fields: Mapping[str, tuple[Any, tuple[str, ...]]]) -> dict[str, Fact]:
    return {name: Fact(group, field, parse) for field, (parse, names) in fields.items() for name in names}


PLAIN_JSON: Final = Dialect(
    name="json",
    facts={
        "kind": Fact("span", "kind", kind_of_word),
        "span_kind": Fact("span", "kind", kind_of_word),
        "span_type": Fact("span", "kind", kind_of_word),
        "run_type": Fact("span", "kind", kind_of_word),
        "type": Fact("span", "kind", kind_of_word),
        "event": Fact("span", "kind", kind_of_word),
        "operation": Fact("call", "operation", lambda value: value if kind_of_operation(value) else None),
        "level": Fact("span", "level", text),
        "error_type": Fact("span", "error_type", text),
        **_facts("call", _CALL),
        **{name: Fact("call", "time_to_first_chunk_ns", unit) for name, unit in _FIRST_CHUNK.items()},
        **{name: Fact("usage", field, count) for field, names in _USAGE.items() for name in names},
        **{name: Fact("parameters", name, setting) for name in PARAMETERS},
        **_facts("content", _CONTENT),
        "response_preview": Fact("content", "output_value", as_json, 1),
        **_facts("tool", _TOOL),
        **_facts("retrieval", _RETRIEVAL),
        **{name: Fact("context", field, text) for field, names in _CONTEXT.items() for name in names},
        "tags": Fact("context", "tags", texts),
        "variables": Fact("context", "prompt_variables", mapping),
        "template_variables": Fact("context", "prompt_variables", mapping),
        "message_id": Fact("context", "request_id", text, 1),
        "metadata": Fact("context", "metadata", mapping),
        "properties": Fact("context", "metadata", mapping, 1),
        "retry_count": Fact("context", "retry_count", count),
        "retries": Fact("context", "retry_count", count),
    },
    prefixes={"helicone_property_": Fact("metadata", "", text)},
)
"""Names in snake case: ``traceId`` and ``Helicone-User-Id`` come as ``trace_id`` and ``helicone_user_id``."""

_RULES: Final = Rules((PLAIN_JSON, *DIALECTS))


def spans_and_scores(item: Any) -> tuple[list[Span], list[Score]]:
    """The spans of one posted object (a trace's object has several), and the scores in them.

    Raises:
        IngestError: It is no span.
    """
    now_ns = time.time_ns()
    spans: list[Span] = []
    scores: list[Score] = []
    for body in objects_in(item):
        raw = record(body, now_ns)
        facts = read(raw.attributes, _RULES)
        facts["span"]["dialect"] = PLAIN_JSON.name
        if _is_call(facts):
            facts["span"].setdefault("kind", "llm")
        spans.append(_finished(span_of(raw, facts), body))
        scores += scores_of(raw)
    return spans, scores


def _is_call(facts: Facts) -> bool:
    """Whether an object that names neither kind nor model tells of a model call: a prompt, or tokens."""
    if facts["tool"] or facts["retrieval"] or kind_of_operation(facts["call"].get("operation")):
        return False
    named = "request_model" in facts["call"] or "response_model" in facts["call"]
    prompted = not facts["content"].keys().isdisjoint(("prompt", "input_messages", "old_input_messages"))
    return not named and bool(prompted or facts["usage"] or "usage" in facts["call"])


def _finished(span: Span, body: Mapping[str, Any]) -> Span:
    """``span`` with what only its object says: whether it is over, and whether its tool succeeded.

    Without an end it is still running only when it has nothing but a start; a record of the past, whose
    duration was not noted, is over.
    """
    if span.tool and span.tool.success is None:
        span = replace(span, tool=replace(span.tool, success=flag(body.get("success"))))
    content, call = span.content, span.call
    told = content.output_messages or content.output_text or (call and call.usage) or span.status != "unset"
    if span.state == "started" and (told or first(body, STARTS) is None):
        return replace(span, state="ended")
    return span
