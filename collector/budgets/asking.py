"""Who asks for a call, and what it may cost: what a budget needs to know before the call is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from llmwatch.collector.dialects.values import count
from llmwatch.collector.pipeline import Pipeline
from llmwatch.collector.proxy.operations import Operation
from llmwatch.providers.adapters.common import table
from llmwatch.store.accounts import Spend
from llmwatch.store.span import Call, Context, Span, Usage

OUTPUT_TOKENS: Final = 1024
"""Output tokens of a call that sets no limit to them: more than nine of ten answers have."""
_CHARACTERS: Final = 4
"""Characters that a token has in English text; a token of other text has fewer."""
_FILE: Final = 4_000
"""Characters that an image or a file in base64 counts as: about what an image is charged, a page of a PDF."""
_FILES: Final = frozenset({"data", "file_data", "image", "images"})
"""Names under which APIs have them, unless they are data: URLs."""
_DEEPEST: Final = 20
_LIMITS: Final = (
    ("max_completion_tokens",), ("max_output_tokens",), ("max_tokens",), ("max_tokens_to_sample",),
    ("generationConfig", "maxOutputTokens"), ("options", "num_predict"),
)  # fmt: skip
"""Where the APIs have their limit of output tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A call that is about to be made."""

    said: Mapping[str, str | None]
    """What it says of itself, by the columns that budgets go by: user_id, segment, feature, …"""
    spend: Spend
    """What it may cost; ``unpriced`` is 1 when that is unknown."""


def asking(span: Span) -> Asking:
    """What ``span`` asks for, a call that is priced with the tokens it may take."""
    context, call = span.context, span.call or Call()
    usage = call.usage or Usage()
    cost = span.cost.nanousd if span.cost else None
    return Asking(
        said={
            "user_id": context.user_id, "session_id": context.session_id, "segment": context.segment,
            "feature": context.feature, "service": context.service, "environment": context.environment,
            "provider": call.provider, "model": call.request_model,
        },
        spend=Spend(
            cost_nanousd=cost or 0,
            tokens=(usage.input_tokens or 0) + (usage.output_tokens or 0),
            calls=1,
            unpriced=int(cost is None),
        ),
    )  # fmt: skip


def planned(
    context: Context,
    provider: str | None,
    model: str | None,
    usage: Usage,
    now_ns: int,
    tier: str | None = None,
) -> Span:
    """A call that is about to be made, as a span that can be priced."""
    return Span(
        trace_id="", span_id="", kind="llm", start_ns=now_ns, context=context,
        call=Call(
            provider=provider, request_model=model, usage=usage,
            parameters={"service_tier": tier} if tier else None,
        ),
    )  # fmt: skip


def load_prices(pipeline: Pipeline) -> None:
    """Have the price list at hand, which takes a fifth of a second: no call should have to wait for it."""
    pipeline.enrich(planned(Context(), "openai", "gpt-4o", Usage(input_tokens=1, output_tokens=1), 0))


def usage_of(request: Mapping[str, Any], operation: Operation) -> Usage:
    """The tokens that a request may take: its text, and as much output as it allows."""
    if operation.kind == "embedding":
        return Usage(input_tokens=_tokens_in(request), output_tokens=0, estimated=True)
    answers = max(1, count(request.get("n")) or 1)
    limits = (count(_at(request, path)) for path in _LIMITS)
    longest = next((limit for limit in limits if limit is not None), OUTPUT_TOKENS)
    return Usage(input_tokens=_tokens_in(request), output_tokens=longest * answers, estimated=True)


def _at(request: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = request
    for name in path:
        found = table(found).get(name)
    return found


def _tokens_in(value: Any) -> int:
    return -(-_characters(value, "", 0) // _CHARACTERS)


def _characters(value: Any, name: str, depth: int) -> int:
    """Characters of all texts in a JSON value; its names count too, as they do in definitions of tools."""
    if isinstance(value, str):
        return min(len(value), _FILE) if name in _FILES or value.startswith("data:") else len(value)
    if depth > _DEEPEST:
        return 0
    if isinstance(value, Mapping):
        return sum(len(key) + _characters(item, key, depth + 1) for key, item in value.items())
    if isinstance(value, list):
        return sum(_characters(item, name, depth + 1) for item in value)
    return 1
