"""Which paths are a provider's, and which of them are model calls: by how the APIs' paths end."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from starlette.types import Scope

from llmwatch.config import ProviderApi
from llmwatch.store.span import Kind

PREFIX: Final = "/proxy/"

OPENAI_PATHS: Final = ("/v1/chat/completions", "/v1/responses", "/v1/completions", "/v1/embeddings")
ANTHROPIC_PATHS: Final = ("/v1/messages", "/v1/messages/count_tokens")
MODELS_PATH: Final = "/v1/models"
"""Both APIs have it; Anthropic's clients always send a header ``anthropic-version``."""

_BARE: Final = frozenset((*OPENAI_PATHS, *ANTHROPIC_PATHS, MODELS_PATH))
_MODEL: Final = re.compile(r"/(?:models|deployments)/([^/:]+)")


class Operation(NamedTuple):
    """A model call."""

    name: str
    """As gen_ai.operation.name has it."""
    kind: Kind
    api: ProviderApi
    """Whose bodies it has."""


_ENDS: Final = {
    "/chat/completions": Operation("chat", "llm", "openai-chat"),
    "/completions": Operation("text_completion", "llm", "openai-chat"),
    "/responses": Operation("chat", "llm", "openai-responses"),
    "/v1/messages": Operation("chat", "llm", "anthropic"),
    "/embeddings": Operation("embeddings", "embedding", "openai-chat"),
    "/api/chat": Operation("chat", "llm", "ollama"),
    "/api/generate": Operation("text_completion", "llm", "ollama"),
    "/api/embed": Operation("embeddings", "embedding", "ollama"),
    ":generateContent": Operation("generate_content", "llm", "gemini"),
    ":streamGenerateContent": Operation("generate_content", "llm", "gemini"),
    ":embedContent": Operation("embeddings", "embedding", "gemini"),
    ":batchEmbedContents": Operation("embeddings", "embedding", "gemini"),
}  # fmt: skip


def is_passed_on(scope: Scope) -> bool:
    """Whether a request is for a provider, so that its body and its outcome are not ours."""
    path: str = scope["path"]
    return path.startswith(PREFIX) or path in _BARE


def operation_of(method: str, path: str) -> Operation | None:
    """The model call that a request makes; None for any other (lists of models, files, counting tokens)."""
    if method != "POST":
        return None
    return next((operation for end, operation in _ENDS.items() if path.endswith(end)), None)


def model_in(path: str) -> str | None:
    """The model that a path names, as Gemini's and Azure's do."""
    found = _MODEL.search(path)
    return found[1] if found else None
