"""What kind of step a span is, from the words that senders use for it."""

from __future__ import annotations

from typing import Any, Final

from llmwatch.store.span import Kind

_OPERATIONS: Final[dict[str, Kind]] = {
    "chat": "llm", "text_completion": "llm", "generate_content": "llm", "completion": "llm",
    "generate": "llm",
    "response": "llm", "responses": "llm", "llm_call": "llm", "inference": "llm", "message": "llm",
    "acompletion": "llm", "atext_completion": "llm", "aresponses": "llm", "anthropic_messages": "llm",
    "embeddings": "embedding", "embedding": "embedding", "aembedding": "embedding", "arerank": "reranker",
    "vectordb": "retriever", "agent": "agent", "framework": "chain", "workflow": "chain",
    "retrieval": "retriever", "retrieve": "retriever", "rerank": "reranker",
    "execute_tool": "tool", "tool_call": "tool",
    "create_agent": "agent", "invoke_agent": "agent", "agent_call": "agent", "agent_step": "agent",
    "invoke_workflow": "chain", "execute_task": "chain", "plan": "chain",
    "evaluate": "evaluator",
}  # fmt: skip
"""Values of gen_ai.operation.name: the convention's, and those seen in the wild."""

_WORDS: Final[dict[str, Kind]] = {
    "llm": "llm", "generation": "llm", "model": "llm", "llm_request": "llm", "llm_response": "llm",
    "chat_model": "llm",
    "embedding": "embedding", "embeddings": "embedding", "embed": "embedding",
    "retriever": "retriever", "retrieval": "retriever", "search": "retriever",
    "reranker": "reranker", "rerank": "reranker",
    "tool": "tool", "function_call": "tool", "tool_call": "tool", "function": "tool",
    "agent": "agent", "chain": "chain", "workflow": "chain", "task": "chain", "decision": "chain",
    "parser": "chain", "flow": "chain", "embedder": "embedding", "operation": "chain",
    "guardrail": "guardrail", "evaluator": "evaluator", "evaluation": "evaluator", "prompt": "prompt",
    "span": "span", "http_request": "span", "error": "span", "event": "span",
}  # fmt: skip
"""Words for kinds, in OpenInference's openinference.span.kind and in plain JSON."""


def kind_of_operation(value: Any) -> Kind | None:
    """The kind of a gen_ai.operation.name."""
    return _OPERATIONS.get(value) if isinstance(value, str) else None


def kind_of_word(value: Any) -> Kind | None:
    """The kind that a word says, in any case; a word of gen_ai.operation.name is one too."""
    if not isinstance(value, str):
        return None
    word = value.lower()
    return _WORDS.get(word) or _OPERATIONS.get(word)


def kind_of_model(name: str, model: str) -> Kind:
    """The kind of a span of which only the model is known: embedding models say so in their name."""
    return "embedding" if "embed" in model.lower() or name.lower().startswith("embed") else "llm"
