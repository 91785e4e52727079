"""Names of providers and models as spans write them."""

import pytest

from llmwatch.providers.modelnames import book_provider, is_local, spellings
from llmwatch.providers.pricebook import find


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openai", "openai"),
        ("azure.ai.openai", "azure"),
        ("az.ai.inference", "azure"),
        ("gcp.gen_ai", "google"),
        ("gcp.vertex_ai", "google"),
        ("X_AI", "x-ai"),
        ("xai.chat", "x-ai"),
        (" together.ai ", "together"),
        ("my-gateway", "my-gateway"),
    ],
)
def test_a_provider_is_known_by_the_start_of_its_name(name: str, expected: str) -> None:
    assert book_provider(name) == expected


@pytest.mark.parametrize(
    ("model", "last"),
    [
        ("GPT-4o", "gpt-4o"),
        ("openai/gpt-4o", "gpt-4o"),
        ("models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("publishers/google/models/gemini-2.0-flash", "gemini-2.0-flash"),
        ("gemini-1.5-pro@us-central1", "gemini-1.5-pro"),
        ("ft:gpt-4.1-mini-2025-04-14:org::id", "gpt-4.1-mini"),
        ("anthropic/claude-3.5-sonnet:beta", "claude-3.5-sonnet"),
        ("meta-llama/llama-3.1-8b-instruct:free", "llama-3.1-8b-instruct:free"),
        ("gpt-4o-2099-11-20", "gpt-4o"),
        ("claude-3-5-haiku-latest", "claude-3-5-haiku"),
        ("gemini-2.5-flash-preview-05-20", "gemini-2.5-flash"),
    ],
)
def test_a_model_is_tried_under_shorter_names(model: str, last: str) -> None:
    names = [name for name, _ in spellings(model)]
    assert names[0] == model.lower(), "the whole name comes first"
    assert names[-1] == last
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("provider", "model", "local"),
    [
        ("ollama", "mistral-large-latest", True),
        ("Ollama", "llama3.1:8b", True),
        ("vllm", "gpt-4o", True),
        ("lm_studio", "anything", True),
        (None, "deepseek-r1:8b", True),
        (None, "mixtral:8x7b", True),
        (None, "llama3.2:latest", True),
        (None, "deepseek-chat", False),
        ("deepseek", "deepseek-r1:8b", False),
        ("aws.bedrock", "anthropic.claude-3-haiku-20240307-v1:0", False),
        ("openai", "gpt-4o", False),
    ],
)
def test_local_servers_are_told_apart(provider: str | None, model: str, local: bool) -> None:
    assert is_local(provider, model) is local


@pytest.mark.parametrize(
    ("provider", "model", "seller", "found"),
    [
        ("openai", "gpt-4o", "openai", "gpt-4o"),
        ("openai", "gpt-4o-2024-11-20", "openai", "gpt-4o"),
        ("openai", "gpt-4o-2024-05-13", "openai", "gpt-4o-2024-05-13"),
        (None, "gpt-4o-mini-2024-07-18", "openai", "gpt-4o-mini"),
        (None, "text-embedding-3-small", "openai", "text-embedding-3-small"),
        ("langchain", "text-embedding-3-large", "openai", "text-embedding-3-large"),
        ("openai.chat", "gpt-4o", "openai", "gpt-4o"),
        ("azure.ai.openai", "gpt-4o", "azure", "gpt-4o"),
        ("litellm", "openai/gpt-4o", "openai", "gpt-4o"),
        ("litellm", "azure/gpt-4o", "azure", "gpt-4o"),
        ("anthropic", "claude-3-5-sonnet-20241022", "anthropic", "claude-3-5-sonnet"),
        ("anthropic.messages", "claude-3-5-sonnet-latest", "anthropic", "claude-3-5-sonnet"),
        (None, "claude-3-5-sonnet-20241022", "anthropic", "claude-3-5-sonnet"),
        ("openai", "anthropic/claude-3.5-sonnet", "anthropic", "claude-3-5-sonnet"),
        ("gcp.vertex_ai", "claude-3-5-sonnet@20240620", "google", "claude-3-5-sonnet"),
        ("gcp.gemini", "models/gemini-2.5-pro", "google", "gemini-2.5-pro"),
        ("gcp.gen_ai", "gemini-2.5-flash", "google", "gemini-2.5-flash"),
        (
            "aws.bedrock", "anthropic.claude-3-haiku-20240307-v1:0",
            "aws", "regional.anthropic.claude-3-haiku-20240307-v1:0",
        ),
        (
            "aws.bedrock", "us.anthropic.claude-3-haiku-20240307-v1:0",
            "aws", "regional.anthropic.claude-3-haiku-20240307-v1:0",
        ),
        (
            "aws.bedrock",
            "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-3-haiku-20240307-v1:0",
            "aws", "regional.anthropic.claude-3-haiku-20240307-v1:0",
        ),
        ("openrouter", "openai/gpt-4o:nitro", "openrouter", "openai/gpt-4o"),
        ("mistral_ai", "mistral-large-latest", "mistral", "mistral-large"),
        ("x_ai", "grok-3", "x-ai", "grok-3"),
        ("groq.chat", "llama-3.3-70b-versatile", "groq", "llama-3.3-70b-versatile"),
        ("my-gateway", "gpt-4o", "openai", "gpt-4o"),
    ],
)  # fmt: skip
def test_a_model_is_found_as_spans_name_it(provider: str | None, model: str, seller: str, found: str) -> None:
    listing = find(provider, model)
    assert listing is not None
    assert (listing.provider, listing.model) == (seller, found)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-99-turbo"),
        ("my-gateway", "deepseek-ai/DeepSeek-R1"),  # open weights: every host has its own price
        ("groq", "foo"),
        (None, "my-own-model"),
        (None, "gemma-3-4b"),  # free at Google's, not everywhere
        ("azure", "my-deployment"),
    ],
)
def test_a_model_that_nobody_lists_is_not_guessed(provider: str | None, model: str) -> None:
    assert find(provider, model) is None
