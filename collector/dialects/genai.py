"""OpenTelemetry's GenAI convention in all its generations (v1.26 to v1.41 and after), as attributes of spans.

Generations differ in names (``gen_ai.system``, now ``gen_ai.provider.name``) and in where messages are:
flattened or whole attributes (here), span events (genai_events.py) or log records (genai_logs.py).
"""

from __future__ import annotations

from typing import Final

from llmwatch.collector.dialects.bodies import request_messages, response_messages
from llmwatch.collector.dialects.documents import documents
from llmwatch.collector.dialects.facts import Dialect, Fact
from llmwatch.collector.dialects.messages import (
    input_messages,
    input_reference,
    output_messages,
    output_reference,
    system_message,
)
from llmwatch.collector.dialects.readers import definitions, paid_tier, provider, refusal, setting
from llmwatch.collector.dialects.times import seconds, seconds_or_ns
from llmwatch.collector.dialects.values import as_json, count, flag, nanousd, text, texts

_CALL: Final = {
    "gen_ai.operation.name": Fact("call", "operation", text),
    "gen_ai.provider.name": Fact("call", "provider", provider),
    "gen_ai.system": Fact("call", "provider", provider),
    "gen_ai.request.model": Fact("call", "request_model", text),
    "gen_ai.response.model": Fact("call", "response_model", text),
    "gen_ai.response.id": Fact("call", "response_id", text),
    "gen_ai.response.finish_reasons": Fact("call", "finish_reasons", texts),
    "gen_ai.response.finish_reason": Fact("call", "finish_reasons", texts),
    "gen_ai.response.stop_reason": Fact("call", "finish_reasons", texts),
    "gen_ai.finishReason": Fact("call", "finish_reasons", texts),
    "gen_ai.request.stream": Fact("call", "stream", flag),
    "gen_ai.is_streaming": Fact("call", "stream", flag),
    "gen_ai.request.is_stream": Fact("call", "stream", flag),
    "gen_ai.response.time_to_first_chunk": Fact("call", "time_to_first_chunk_ns", seconds),
    "gen_ai.client.operation.time_to_first_chunk": Fact("call", "time_to_first_chunk_ns", seconds),
    "gen_ai.client.inference.time_to_first_chunk": Fact("call", "time_to_first_chunk_ns", seconds),
    "gen_ai.server.time_to_first_token": Fact("call", "time_to_first_chunk_ns", seconds),
    "gen_ai.streaming.time_to_first_token": Fact("call", "time_to_first_chunk_ns", seconds),
    "gen_ai.response.time_to_first_token": Fact("call", "time_to_first_chunk_ns", seconds_or_ns),
    "gen_ai.refusal": Fact("call", "refused", refusal),
    "gen_ai.response.refusal": Fact("call", "refused", refusal),
    "gen_ai.usage.total_cost": Fact("call", "sender_cost_nanousd", nanousd),
}  # fmt: skip

_USAGE: Final = {
    "gen_ai.usage.input_tokens": "input_tokens",
    "gen_ai.usage.prompt_tokens": "input_tokens",
    "gen_ai.usage.output_tokens": "output_tokens",
    "gen_ai.usage.completion_tokens": "output_tokens",
    "gen_ai.usage.total_tokens": "total_tokens",
    "llm.usage.total_tokens": "total_tokens",
    "gen_ai.usage.cache_read.input_tokens": "cache_read_tokens",
    "gen_ai.usage.cache_read_input_tokens": "cache_read_tokens",
    "gen_ai.usage.cache_write.input_tokens": "cache_write_tokens",
    "gen_ai.usage.cache_creation.input_tokens": "cache_write_tokens",
    "gen_ai.usage.cache_creation_input_tokens": "cache_write_tokens",
    "gen_ai.usage.reasoning.output_tokens": "reasoning_tokens",
    "gen_ai.usage.reasoning_tokens": "reasoning_tokens",
}  # fmt: skip

_PARAMETERS: Final = {
    "gen_ai.openai.request.seed": Fact("parameters", "seed", setting),
    "gen_ai.openai.request.response_format": Fact("parameters", "response_format", setting),
    "gen_ai.output.type": Fact("parameters", "output.type", setting),
    "openai.response.service_tier": Fact("parameters", "service_tier", paid_tier),
    "gen_ai.openai.response.service_tier": Fact("parameters", "service_tier", paid_tier),
    "openai.request.service_tier": Fact("parameters", "service_tier", paid_tier),
    "gen_ai.openai.request.service_tier": Fact("parameters", "service_tier", paid_tier),
}  # fmt: skip

_CONTENT: Final = {
    "gen_ai.input.messages": Fact("content", "input_messages", input_messages),
    "gen_ai.output.messages": Fact("content", "output_messages", output_messages),
    "gen_ai.system_instructions": Fact("content", "system", system_message),
    "gen_ai.prompt": Fact("content", "old_input_messages", request_messages),
    "gen_ai.completion": Fact("content", "old_output_messages", response_messages),
    "gen_ai.input.messages_ref": Fact("content", "old_input_messages", input_reference, 1),
    "gen_ai.input.messages.ref": Fact("content", "old_input_messages", input_reference, 1),
    "gen_ai.output.messages_ref": Fact("content", "old_output_messages", output_reference, 1),
    "gen_ai.output.messages.ref": Fact("content", "old_output_messages", output_reference, 1),
    "gen_ai.tool.definitions": Fact("content", "tool_definitions", definitions),
}  # fmt: skip

_STEPS: Final = {
    "gen_ai.tool.name": Fact("tool", "name", text),
    "gen_ai.tool.call.id": Fact("tool", "call_id", text),
    "gen_ai.tool.description": Fact("tool", "description", text),
    "gen_ai.tool.call.arguments": Fact("tool", "arguments", as_json),
    "gen_ai.tool.call.result": Fact("tool", "result", as_json),
    "gen_ai.retrieval.query.text": Fact("retrieval", "query", text),
    "gen_ai.retrieval.top_k": Fact("retrieval", "top_k", count),
    "gen_ai.retrieval.documents": Fact("retrieval", "documents", documents),
}  # fmt: skip

_CONTEXT: Final = {
    "gen_ai.conversation.id": Fact("context", "session_id", text),
    "gen_ai.user": Fact("context", "user_id", text, 1),
    "gen_ai.request.user": Fact("context", "user_id", text, 1),
    "gen_ai.prompt.name": Fact("context", "prompt_name", text),
    "gen_ai.prompt.version": Fact("context", "prompt_version", text),
    "gen_ai.agent.name": Fact("metadata", "agent.name", text),
}  # fmt: skip

GENAI: Final = Dialect(
    name="genai",
    marks=("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.system", "gen_ai.request.model"),
    facts={
        **_CALL,
        **{name: Fact("usage", field, count) for name, field in _USAGE.items()},
        **_PARAMETERS,
        **_CONTENT,
        **_STEPS,
        **_CONTEXT,
    },
    prefixes={"gen_ai.request.": Fact("parameters", "", setting)},
    lists={"gen_ai.prompt.": "input_messages", "gen_ai.completion.": "output_messages"},
)
"""The kind of a span follows from its operation (kinds.kind_of_operation)."""
