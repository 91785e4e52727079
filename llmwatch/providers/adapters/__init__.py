"""One module an API: how a request is spelled there, and what the events of its answers mean.

All pure: no module here opens a connection or reads a key.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, Final, Protocol

from llmwatch.config import ProviderApi
from llmwatch.providers.adapters import anthropic, gemini, ollama, openai_chat, openai_responses
from llmwatch.providers.deltas import Delta
from llmwatch.providers.request import ChatRequest


class Adapter(Protocol):
    """What each module here offers."""

    PARAMETERS: Mapping[str, str]
    """Our name of a parameter to the API's; a known one that is missing here does not exist there."""

    def path(self, request: ChatRequest) -> str:
        """Below the base_url, beginning with a slash, percent-encoded."""

    def headers(self, key: str | None) -> dict[str, str]:
        """The headers that carry the key and the API's version."""

    def body(self, request: ChatRequest) -> dict[str, Any]:
        """The JSON to send."""

    def read(self, events: AsyncIterator[Any]) -> AsyncGenerator[Delta, None]:
        """The deltas of an answer, ending with `Finished`.

        Raises:
            ServerError: The stream reports an error.
            StreamCutError: The events end before the answer does.
        """


ADAPTERS: Final[Mapping[ProviderApi, Adapter]] = {
    "openai-chat": openai_chat,
    "openai-responses": openai_responses,
    "anthropic": anthropic,
    "ollama": ollama,
    "gemini": gemini,
}
