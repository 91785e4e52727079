"""The Anthropic SDK's own spans."""

from __future__ import annotations

from llmwatch.collector.records import Source
from llmwatch.store.span import Usage
from tests.dialects.raw import read

CALL = {
    "gen_ai.provider.name": "anthropic",
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "claude-sonnet-4-5",
    "gen_ai.request.stream": True,
    "traceloop.workflow.name": "flow",
    "anthropic.request.id": "req_1",
    "gen_ai.response.time_to_first_chunk": 0.013,
    "gen_ai.response.id": "msg_1",
    "gen_ai.response.model": "claude-sonnet-4-5",
    "gen_ai.usage.input_tokens": 1311,
    "gen_ai.usage.output_tokens": 45,
    "gen_ai.usage.cache_write.input_tokens": 256,
    "gen_ai.usage.cache_read.input_tokens": 1024,
    "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": 56,
    "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 200,
    "anthropic.response.service_tier": "priority",
    "anthropic.thinking.budget_tokens": 1024,
    "anthropic.message.stop_reason": "tool_use",
}
SOURCE = Source(scope_name="com.anthropic.sdk.python")


def test_its_call() -> None:
    span = read(CALL, source=SOURCE, name="anthropic.messages.create")
    assert (span.kind, span.dialect) == ("llm", "anthropic-sdk")
    assert span.call
    assert span.call.finish_reasons == ("tool_use",)
    assert (span.call.stream, span.call.time_to_first_chunk_ns) == (True, 13_000_000)
    assert span.call.response_id == "msg_1"
    assert span.call.parameters == {"service_tier": "priority", "thinking.budget_tokens": 1024}
    assert span.call.usage == Usage(
        input_tokens=1311,
        output_tokens=45,
        cache_read_tokens=1024,
        cache_write_tokens=256,
        cache_write_1h_tokens=200,
    )
    assert (span.context.request_id, span.context.feature) == ("req_1", "flow")


def test_its_failure() -> None:
    asked = {
        "gen_ai.request.model": "claude",
        "gen_ai.operation.name": "chat",
        "error.type": "rate_limit_error",
    }
    span = read(asked, source=SOURCE, status_code=2)
    assert (span.status, span.error_type) == ("error", "rate_limit_error")
