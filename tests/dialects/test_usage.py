"""Token counts brought to one meaning. Each rule is a bug that was reported elsewhere; it is named there."""

from __future__ import annotations

from typing import Any

import pytest

from llmwatch.collector.dialects.usage import usage_of, usage_of_body
from llmwatch.store.span import Usage


@pytest.mark.parametrize(
    ("facts", "usage"),
    [
        ({}, None),
        ({"input_tokens": 13}, Usage(input_tokens=13)),
        ({"output_tokens": 7}, Usage(output_tokens=7)),
        # langfuse#12306, #10592, #5568: OpenAI's input includes what was read from the cache
        (
            {"input_tokens": 906, "output_tokens": 82, "cache_read_tokens": 896},
            Usage(input_tokens=906, output_tokens=82, cache_read_tokens=896),
        ),
        # LiteLLM#26919: more was cached than came in, so the input excluded it
        (
            {"input_tokens": 31, "output_tokens": 45, "cache_read_tokens": 1024, "cache_write_tokens": 256},
            Usage(
                input_tokens=1311,
                output_tokens=45,
                total_tokens=1356,
                cache_read_tokens=1024,
                cache_write_tokens=256,
            ),
        ),
        # the sum that was sent was the sum of what excluded the cache
        (
            {"input_tokens": 31, "output_tokens": 45, "total_tokens": 76, "cache_read_tokens": 1024},
            Usage(input_tokens=1055, output_tokens=45, total_tokens=1100, cache_read_tokens=1024),
        ),
        # exactly as much as was cached is an input that includes it
        (
            {"input_tokens": 1280, "cache_read_tokens": 1024, "cache_write_tokens": 256},
            Usage(input_tokens=1280, cache_read_tokens=1024, cache_write_tokens=256),
        ),
        # Anthropic's write prices differ by how long the cache is kept: the split is kept
        (
            {"input_tokens": 500, "cache_write_5m_tokens": 100, "cache_write_1h_tokens": 200},
            Usage(input_tokens=500, cache_write_tokens=300, cache_write_1h_tokens=200),
        ),
        # everything came out of the cache
        (
            {"input_tokens": 0, "output_tokens": 5, "cache_read_tokens": 40},
            Usage(input_tokens=40, output_tokens=5, total_tokens=45, cache_read_tokens=40),
        ),
        # zeros mean that nobody counted (OpenLLMetry 0.40 on Anthropic's streams)
        ({"input_tokens": 0, "output_tokens": 0}, None),
        ({"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}, None),
        # nor was the input of LangChain's streams of Anthropic's
        ({"input_tokens": 0, "output_tokens": 15, "total_tokens": 15}, Usage(output_tokens=15)),
        # what follows from two of three
        ({"output_tokens": 7, "total_tokens": 20}, Usage(input_tokens=13, output_tokens=7, total_tokens=20)),
        ({"input_tokens": 13, "total_tokens": 20}, Usage(input_tokens=13, output_tokens=7, total_tokens=20)),
        # an embedding has no output, which is not an output of none
        ({"input_tokens": 9, "total_tokens": 9}, Usage(input_tokens=9, total_tokens=9)),
        ({"total_tokens": 20}, Usage(total_tokens=20)),
        (
            {"input_tokens": 13, "output_tokens": 70, "reasoning_tokens": 64, "output_audio_tokens": 2},
            Usage(input_tokens=13, output_tokens=70, reasoning_tokens=64, output_audio_tokens=2),
        ),
    ],
)
def test_usage(facts: dict[str, Any], usage: Usage | None) -> None:
    assert usage_of(facts) == usage


@pytest.mark.parametrize(
    ("body", "usage"),
    [
        (
            {
                "prompt_tokens": 906,
                "completion_tokens": 82,
                "total_tokens": 988,
                "prompt_tokens_details": {"cached_tokens": 896, "audio_tokens": 1},
                "completion_tokens_details": {"reasoning_tokens": 64, "audio_tokens": 2},
            },
            Usage(
                input_tokens=906,
                output_tokens=82,
                total_tokens=988,
                cache_read_tokens=896,
                reasoning_tokens=64,
                input_audio_tokens=1,
                output_audio_tokens=2,
            ),
        ),
        (
            {
                "input_tokens": 26,
                "input_tokens_details": {"cached_tokens": 4},
                "output_tokens": 7,
                "output_tokens_details": {"reasoning_tokens": 3},
                "total_tokens": 33,
            },
            Usage(input_tokens=26, output_tokens=7, total_tokens=33, cache_read_tokens=4, reasoning_tokens=3),
        ),
        # Anthropic counts cached tokens apart, even when they are few
        (
            {
                "input_tokens": 500,
                "cache_creation_input_tokens": 30,
                "cache_read_input_tokens": 20,
                "output_tokens": 45,
                "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
            },
            Usage(
                input_tokens=550,
                output_tokens=45,
                total_tokens=595,
                cache_read_tokens=20,
                cache_write_tokens=30,
                cache_write_1h_tokens=20,
            ),
        ),
        # LiteLLM puts Anthropic's names beside OpenAI's, whose input includes the cache
        (
            {"prompt_tokens": 550, "completion_tokens": 45, "cache_read_input_tokens": 20},
            Usage(input_tokens=550, output_tokens=45, cache_read_tokens=20),
        ),
        # Gemini counts thoughts beside the answer
        (
            {
                "promptTokenCount": 10,
                "candidatesTokenCount": 5,
                "thoughtsTokenCount": 20,
                "totalTokenCount": 35,
            },
            Usage(input_tokens=10, output_tokens=25, total_tokens=35, reasoning_tokens=20),
        ),
        ({"input": 13, "output": 7, "total": 20}, Usage(input_tokens=13, output_tokens=7, total_tokens=20)),
        ('{"input": 13, "output": "7"}', Usage(input_tokens=13, output_tokens=7)),
        ({"input": -1, "output": True}, None),
        ({"cost": 1}, None),
        ("many", None),
        (None, None),
    ],
)
def test_usage_of_a_providers_body(body: Any, usage: Usage | None) -> None:
    assert usage_of_body(body) == usage
