"""The Anthropic SDK's own spans: from 2.0 on it traces itself wherever a global tracer provider is set.

They have no messages, but the provider's own counts, with the split of cache writes by how long they are
kept. Beside another instrumentation of the same client they are the same calls (store/usage.py).
"""

from __future__ import annotations

from typing import Final

from llmwatch.collector.dialects.facts import Dialect, Fact
from llmwatch.collector.dialects.readers import paid_tier, setting
from llmwatch.collector.dialects.values import count, text, texts

_WRITTEN: Final = "anthropic.usage.cache_creation.ephemeral"

ANTHROPIC_SDK: Final = Dialect(
    name="anthropic-sdk",
    marks=("anthropic.message.stop_reason",),
    scopes=("com.anthropic.sdk",),
    facts={
        "anthropic.message.stop_reason": Fact("call", "finish_reasons", texts, 1),
        f"{_WRITTEN}_5m_input_tokens": Fact("usage", "cache_write_5m_tokens", count),
        f"{_WRITTEN}_1h_input_tokens": Fact("usage", "cache_write_1h_tokens", count),
        "anthropic.response.service_tier": Fact("parameters", "service_tier", paid_tier),
        "anthropic.thinking.type": Fact("parameters", "thinking.type", setting),
        "anthropic.thinking.budget_tokens": Fact("parameters", "thinking.budget_tokens", setting),
        "anthropic.request.id": Fact("context", "request_id", text, 1),
    },
)
