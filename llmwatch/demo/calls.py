"""A made-up model call, before any dialect says it, and how calls fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from llmwatch.demo.corpus import tokens_in
from llmwatch.demo.trace import StepError
from llmwatch.store.span import Message, Part

_CACHED_FROM: Final = 768
"""Tokens of a system prompt that are enough for the provider's cache, with the tools that stand before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model, and how fast it is."""

    name: str
    provider: str
    answered: str
    """The dated name that answers."""
    first_token_ms: float
    tokens_per_s: float


GPT_4O: Final = Model(
    name="gpt-4o", provider="openai", answered="gpt-4o-2024-08-06", first_token_ms=520, tokens_per_s=45
)
GPT_4O_MINI: Final = Model(
    name="gpt-4o-mini", provider="openai", answered="gpt-4o-mini-2024-07-18",
    first_token_ms=380, tokens_per_s=80,
)  # fmt: skip
SONNET: Final = Model(
    name="claude-sonnet-4-5", provider="anthropic", answered="claude-sonnet-4-5-20250929",
    first_token_ms=900, tokens_per_s=60,
)  # fmt: skip
HAIKU: Final = Model(
    name="claude-haiku-4-5", provider="anthropic", answered="claude-haiku-4-5-20251001",
    first_token_ms=450, tokens_per_s=120,
)  # fmt: skip
FLASH: Final = Model(
    name="gemini-2.5-flash", provider="gcp.gemini", answered="gemini-2.5-flash",
    first_token_ms=420, tokens_per_s=140,
)  # fmt: skip
HOUSE: Final = Model(
    name="pine-mail-7b", provider="vllm", answered="pine-mail-7b", first_token_ms=120, tokens_per_s=60
)
"""The shop's own fine-tune: no price list knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A way in which a step fails, and how long it takes to do so."""

    kind: str
    message: str
    after_ms: float

    def error(self) -> StepError:
        """The error to raise."""
        return StepError(self.kind, self.message)


RATE_LIMIT: Final = Failure(
    kind="openai.RateLimitError",
    message="Error code: 429 - Rate limit reached for gpt-4o-mini on tokens per min (TPM): Limit 200000. "
    "Please try again in 1.2s.",
    after_ms=90,
)
TIMEOUT: Final = Failure(kind="openai.APITimeoutError", message="Request timed out.", after_ms=30_000)
CONTEXT_LENGTH: Final = Failure(
    kind="anthropic.BadRequestError",
    message="Error code: 400 - prompt is too long: 214733 tokens > 200000 maximum",
    after_ms=350,
)
OVERLOADED: Final = Failure(
    kind="anthropic.InternalServerError", message="Error code: 529 - Overloaded", after_ms=700
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """What is asked and what comes back."""

    model: Model
    messages: tuple[Message, ...]
    answer: Message
    """With its finish_reason."""
    temperature: float = 0.2
    max_tokens: int = 800
    tools: tuple[str, ...] = ()
    prompt_name: str | None = None
    prompt_version: str | None = None
    attached_tokens: int = 0
    """Tokens of a document that is sent by reference."""

    @property
    def input_tokens(self) -> int:
        """All of the prompt."""
        return self.attached_tokens + sum(4 + _size(message) for message in self.messages)

    @property
    def cached_tokens(self) -> int:
        """The part of the prompt that the provider had cached: its system message, if it is long."""
        system = _size(self.messages[0])
        return system // 64 * 64 if system >= _CACHED_FROM else 0

    @property
    def output_tokens(self) -> int:
        """The answer."""
        return _size(self.answer)


def _size(message: Message) -> int:
    return sum(tokens_in((part.text or "") + (part.arguments or "")) for part in message.parts)


def said(role: str, text: str, finish_reason: str | None = None) -> Message:
    """A message of one text."""
    return Message(role=role, parts=(Part(type="text", text=text),), finish_reason=finish_reason)
