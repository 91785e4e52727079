"""Vercel's AI SDK by its documented attributes, of all versions; its capture is in test_captures.py."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmwatch.store.span import Usage
from tests.dialects.raw import call_of, read

INNER = {"ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "m"}


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("ai.generateText", "chain"),
        ("ai.streamObject", "chain"),
        ("ai.generateText.doGenerate", "llm"),
        ("ai.streamObject.doStream", "llm"),
        ("ai.embed", "embedding"),
        ("ai.embedMany.doEmbed", "embedding"),
        ("ai.rerank.doRerank", "reranker"),
        ("ai.toolCall", "tool"),
    ],
)
def test_kinds(operation: str, kind: str) -> None:
    span = read({"ai.operationId": operation, "ai.model.id": "m"})
    assert (span.kind, span.dialect) == (kind, "vercel")
    assert span.call and span.call.stream == ("stream" in operation.lower() or None)


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("openai.chat", "openai"),
        ("openai.responses", "openai"),
        ("anthropic.messages", "anthropic"),
        ("google.vertex.chat", "google.vertex"),
        ("google.generative-ai", "google.generative-ai"),
        ("openai.image", "openai"),
    ],
)
def test_providers_without_their_api(provider: str, name: str) -> None:
    assert call_of({**INNER, "ai.model.provider": provider}).provider == name


ANTHROPIC = {"usage": {"cache_creation": {"ephemeral_1h_input_tokens": 40, "ephemeral_5m_input_tokens": 10}}}


@pytest.mark.parametrize(
    ("sent", "usage"),
    [
        pytest.param(
            {"ai.usage.promptTokens": 10, "ai.usage.completionTokens": 5},
            Usage(input_tokens=10, output_tokens=5),
            id="v3 and v4",
        ),
        pytest.param({"ai.usage.promptTokens": float("nan"), "ai.usage.totalTokens": "NaN"}, None, id="NaN"),
        pytest.param(
            {
                "ai.usage.inputTokens": 100, "ai.usage.outputTokens": 20, "ai.usage.totalTokens": 120,
                "ai.usage.cachedInputTokens": 64, "ai.usage.reasoningTokens": 8,
            },
            Usage(
                input_tokens=100, output_tokens=20, total_tokens=120, cache_read_tokens=64, reasoning_tokens=8
            ),
            id="v5, OpenAI: included",
        ),
        pytest.param(
            {
                "ai.usage.inputTokens": 1311, "ai.usage.outputTokens": 20,
                "ai.usage.inputTokenDetails.noCacheTokens": 31,
                "ai.usage.inputTokenDetails.cacheReadTokens": 1024,
                "ai.usage.inputTokenDetails.cacheWriteTokens": 256,
                "ai.response.providerMetadata": json.dumps({"anthropic": {"cacheCreationInputTokens": 256}}),
            },
            Usage(input_tokens=1311, output_tokens=20, cache_read_tokens=1024, cache_write_tokens=256),
            id="v6: included, also Anthropic's",
        ),
        pytest.param(
            {
                "ai.usage.inputTokens": 500, "ai.usage.outputTokens": 20, "ai.usage.totalTokens": 520,
                "ai.usage.cachedInputTokens": 100,
                "ai.response.providerMetadata": json.dumps({"anthropic": {"cacheCreationInputTokens": 50}}),
            },
            Usage(
                input_tokens=650, output_tokens=20, total_tokens=670, cache_read_tokens=100,
                cache_write_tokens=50,
            ),
            id="v5, Anthropic: apart",
        ),
        pytest.param(
            {
                "ai.usage.promptTokens": 500, "ai.usage.completionTokens": 20,
                "ai.response.providerMetadata": json.dumps(
                    {"bedrock": {"usage": {"cacheReadInputTokens": 100, "cacheWriteInputTokens": 50}}}
                ),
            },
            Usage(
                input_tokens=650, output_tokens=20, total_tokens=670, cache_read_tokens=100,
                cache_write_tokens=50,
            ),
            id="Bedrock: apart",
        ),
        pytest.param(
            {
                "ai.usage.promptTokens": 100, "ai.usage.completionTokens": 20,
                "ai.response.providerMetadata": json.dumps({"openai": {"cachedPromptTokens": 64}}),
            },
            Usage(input_tokens=100, output_tokens=20, cache_read_tokens=64),
            id="v4, OpenAI's cached tokens only in its metadata",
        ),
        pytest.param(
            {
                "ai.usage.inputTokens": 30, "ai.usage.outputTokens": 2,
                "ai.response.providerMetadata": json.dumps({"anthropic": ANTHROPIC}),
            },
            Usage(
                input_tokens=80, output_tokens=2, total_tokens=82, cache_write_tokens=50,
                cache_write_1h_tokens=40,
            ),
            id="how long the cache lasts",
        ),
        pytest.param({"ai.usage.tokens": 9}, Usage(input_tokens=9), id="embeddings"),
    ],
)  # fmt: skip
def test_usage(sent: dict[str, Any], usage: Usage | None) -> None:
    assert call_of({**INNER, **sent}).usage == usage


def test_an_answer_in_pieces() -> None:
    asked = {"toolCallId": "c1", "toolName": "weather", "input": '{"city":"Paris"}'}
    span = read(
        {
            **INNER,
            "ai.response.text": "Looking it up.",
            "ai.response.reasoning": "The user wants weather.",
            "ai.response.toolCalls": json.dumps([asked]),
            "ai.response.finishReason": "tool-calls",
        }
    )
    (message,) = span.content.output_messages
    assert [(part.type, part.text or part.arguments) for part in message.parts] == [
        ("reasoning", "The user wants weather."),
        ("text", "Looking it up."),
        ("tool_call", '{"city":"Paris"}'),
    ]
    assert span.call and span.call.finish_reasons == ("tool_calls",)


def test_results_of_tools_in_messages() -> None:
    result = {
        "type": "tool-result", "toolCallId": "c1", "toolName": "weather",
        "output": {"type": "json", "value": {"temp": 18}},
    }  # fmt: skip
    span = read({**INNER, "ai.prompt.messages": json.dumps([{"role": "tool", "content": [result]}])})
    ((part,),) = [message.parts for message in span.content.input_messages]
    assert (part.type, part.id, part.text) == ("tool_call_response", "c1", '{"temp":18}')


def test_old_names() -> None:
    span = read(
        {
            **INNER,
            "ai.result.text": "Hi.",
            "ai.finishReason": "stop",
            "ai.stream.msToFirstChunk": 12.5,
            "ai.settings.maxTokens": 50,
            "ai.settings.topP": 0.5,
            "ai.settings.maxRetries": 2,
        }
    )
    call = span.call
    assert call and (call.finish_reasons, call.time_to_first_chunk_ns) == (("stop",), 12_500_000)
    assert call.parameters == {"max_tokens": 50, "top_p": 0.5}, "retries are the SDK's affair"
    assert span.content.output_messages[0].parts[0].text == "Hi."


def test_metadata_of_the_app() -> None:
    context = read(
        {
            **INNER,
            "ai.telemetry.functionId": "answer",
            "ai.telemetry.metadata.sessionId": "s",
            "ai.telemetry.metadata.userId": "u",
            "ai.telemetry.metadata.tags": ["a", "b"],
            "ai.telemetry.metadata.plan": "pro",
            "ai.telemetry.metadata.langfusePrompt": '{"name":"support","version":3,"prompt":"…"}',
            "ai.settings.context.tenant": "acme",
        }
    ).context
    assert (context.session_id, context.user_id, context.feature) == ("s", "u", "answer")
    assert (context.prompt_name, context.prompt_version) == ("support", "3")
    assert (context.tags, context.metadata) == (("a", "b"), {"plan": "pro", "tenant": "acme"})


def test_embeddings_without_vectors() -> None:
    span = read(
        {
            "ai.operationId": "ai.embedMany.doEmbed",
            "ai.values": ['"one"', '"two"'],
            "ai.embeddings": [json.dumps([0.25] * 64)] * 2,
        }
    )
    assert span.content.input_text == "one\ntwo"
    assert span.content.attributes["ai.embeddings"] == ['"[vector of 64 numbers]"'] * 2
