"""Which spans went to an endpoint that is declared free."""

import pytest

from llmwatch.config import ProviderConfig, parse
from llmwatch.providers.free import free_endpoint
from llmwatch.store.span import Call, Content, Span

PROVIDERS = parse(
    {
        "providers": {
            "vllm": {"api": "openai-chat", "base_url": "http://127.0.0.1:8000/v1", "free": True},
            "lab": {"api": "openai-chat", "base_url": "https://gpu.lab.internal/v1", "free": True},
        }
    }
).providers


def span(provider: str | None, address: str | None = None, port: int | None = None) -> Span:
    attributes = {"server.address": address, "server.port": port}
    return Span(
        trace_id="t", span_id="s", kind="llm", start_ns=1, call=Call(provider=provider),
        content=Content(attributes={key: value for key, value in attributes.items() if value is not None}),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("called", "free"),
    [
        (span("ollama"), True),  # free by default
        (span(" Ollama "), True),
        (span("vllm"), True),
        (span("openai"), False),
        (span(None), False),
        (span("openai", "localhost", 8000), True),
        (span("openai", "127.0.0.1", 8000), True),
        (span("openai", "[::1]", 8000), True),
        (span("openai", "localhost", 8001), False),
        (span("openai", "localhost"), False),
        (span("openai", "gpu.lab.internal", 443), True),
        (span("openai", "GPU.lab.internal"), True),  # no port is said when it is the usual one
        (span("openai", "api.openai.com", 443), False),
        (Span(trace_id="t", span_id="s", start_ns=1), False),
    ],
)
def test_free_endpoint(called: Span, free: bool) -> None:
    assert free_endpoint(PROVIDERS)(called) is free


def test_nothing_is_free_unless_declared() -> None:
    paid = ProviderConfig(api="openai-chat", base_url="http://localhost:8000/v1")
    is_free = free_endpoint({"vllm": paid})
    assert not is_free(span("vllm", "localhost", 8000))
    assert not is_free(span("ollama"))
