"""Attributes that people make up for their own tracers: ``llm.model``, ``llm.ttft_ms``, ``tool.result``."""

from __future__ import annotations

from typing import Final

from llmwatch.collector.dialects.bodies import request_messages, response_messages
from llmwatch.collector.dialects.documents import documents
from llmwatch.collector.dialects.facts import Dialect, Fact
from llmwatch.collector.dialects.kinds import kind_of_word
from llmwatch.collector.dialects.readers import provider, setting
from llmwatch.collector.dialects.times import milliseconds, seconds
from llmwatch.collector.dialects.values import as_json, count, flag, nanousd, text, texts

_CALL: Final = {
    "llm.kind": Fact("span", "kind", kind_of_word),
    "llm.operation": Fact("call", "operation", text),
    "llm.model": Fact("call", "request_model", text),
    "llm.request.model": Fact("call", "request_model", text),
    "llm.response.model": Fact("call", "response_model", text),
    "llm.response.id": Fact("call", "response_id", text),
    "llm.response_id": Fact("call", "response_id", text),
    "llm.provider": Fact("call", "provider", provider),
    "llm.vendor": Fact("call", "provider", provider),
    "llm.finish_reasons": Fact("call", "finish_reasons", texts),
    "llm.response.finish_reason": Fact("call", "finish_reasons", texts),
    "llm.streaming": Fact("call", "stream", flag),
    "llm.stream": Fact("call", "stream", flag),
    "llm.is_streaming": Fact("call", "stream", flag),
    "llm.ttft_ms": Fact("call", "time_to_first_chunk_ns", milliseconds),
    "llm.time_to_first_token_ms": Fact("call", "time_to_first_chunk_ns", milliseconds),
    "llm.ttft": Fact("call", "time_to_first_chunk_ns", seconds),
    "llm.time_to_first_token": Fact("call", "time_to_first_chunk_ns", seconds),
    "llm.cost_usd": Fact("call", "sender_cost_nanousd", nanousd),
    "llm.cost": Fact("call", "sender_cost_nanousd", nanousd),
    "cost_usd": Fact("call", "sender_cost_nanousd", nanousd),
    "cache.hit": Fact("call", "cache_hit", flag),
    "cache_hit": Fact("call", "cache_hit", flag),
    "llm.cache_hit": Fact("call", "cache_hit", flag),
    "llm.error_type": Fact("span", "error_type", text),
    "llm.error": Fact("span", "error_message", text),
}

_USAGE: Final = {
    "llm.input_tokens": "input_tokens",
    "llm.prompt_tokens": "input_tokens",
    "llm.tokens.input": "input_tokens",
    "llm.usage.input_tokens": "input_tokens",
    "llm.usage.prompt_tokens": "input_tokens",
    "llm.output_tokens": "output_tokens",
    "llm.completion_tokens": "output_tokens",
    "llm.tokens.output": "output_tokens",
    "llm.usage.output_tokens": "output_tokens",
    "llm.usage.completion_tokens": "output_tokens",
    "llm.total_tokens": "total_tokens",
    "llm.tokens_used": "total_tokens",
    "llm.tokens.total": "total_tokens",
    "llm.cached_tokens": "cache_read_tokens",
    "llm.reasoning_tokens": "reasoning_tokens",
}

_PARAMETERS: Final = (
    "temperature", "top_p", "top_k", "max_tokens", "seed", "frequency_penalty", "presence_penalty",
    "response_format", "stop_sequences",
)  # fmt: skip

_CONTENT: Final = {
    "llm.messages": Fact("content", "old_input_messages", request_messages),
    "llm.prompt": Fact("content", "old_input_messages", request_messages),
    "llm.input": Fact("content", "old_input_messages", request_messages),
    "llm.prompt_preview": Fact("content", "old_input_messages", request_messages, 1),
    "llm.completion": Fact("content", "old_output_messages", response_messages),
    "llm.response": Fact("content", "old_output_messages", response_messages),
    "llm.output": Fact("content", "old_output_messages", response_messages),
    "llm.response_preview": Fact("content", "old_output_messages", response_messages, 1),
}

_STEPS: Final = {
    "tool.arguments": Fact("tool", "arguments", as_json),
    "tool.args": Fact("tool", "arguments", as_json),
    "tool.input": Fact("tool", "arguments", as_json),
    "tool.result": Fact("tool", "result", as_json),
    "tool.output": Fact("tool", "result", as_json),
    "tool.success": Fact("tool", "success", flag),
    "tool.call_id": Fact("tool", "call_id", text),
    "tool_name": Fact("tool", "name", text),
    "retrieval.query": Fact("retrieval", "query", text),
    "retrieval.top_k": Fact("retrieval", "top_k", count),
    "retrieval.count": Fact("retrieval", "document_count", count),
    "retrieval.doc_count": Fact("retrieval", "document_count", count),
    "retrieval.documents": Fact("retrieval", "documents", documents),
    "retrieval.doc_ids": Fact("retrieval", "ids", as_json),
    "retrieval.scores": Fact("retrieval", "scores", as_json),
}

_CONTEXT: Final = {
    "llm.prompt_name": Fact("context", "prompt_name", text),
    "llm.prompt_version": Fact("context", "prompt_version", text),
    "llm.prompt_template": Fact("context", "prompt_template", text),
    "llm.user": Fact("context", "user_id", text, 1),
    "llm.feature": Fact("context", "feature", text),
}

_MARKS: Final = (
    "llm.model", "llm.input_tokens", "llm.output_tokens", "llm.total_tokens", "llm.prompt", "llm.completion",
    "llm.cost_usd", "llm.response", "llm.prompt_tokens", "llm.completion_tokens", "tool.arguments",
    "tool.result", "retrieval.doc_ids", "retrieval.query", "retrieval.doc_count",
)  # fmt: skip

HANDMADE: Final = Dialect(
    name="handmade",
    marks=_MARKS,
    facts={
        **_CALL,
        **{name: Fact("usage", field, count) for name, field in _USAGE.items()},
        **{f"llm.{name}": Fact("parameters", name, setting) for name in _PARAMETERS},
        **_CONTENT,
        **_STEPS,
        **_CONTEXT,
    },
)
