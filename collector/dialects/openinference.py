"""OpenInference (Arize Phoenix): ``openinference.span.kind``, ``llm.*``, ``input.value`` and its kin."""

from __future__ import annotations

from typing import Final

from llmwatch.collector.dialects.bodies import request_messages, response_messages
from llmwatch.collector.dialects.facts import Dialect, Fact, Facts
from llmwatch.collector.dialects.kinds import kind_of_word
from llmwatch.collector.dialects.langchain import openai_message
from llmwatch.collector.dialects.readers import provider, settings
from llmwatch.collector.dialects.values import as_json, count, mapping, nanousd, parsed, text, texts
from llmwatch.collector.records import RawSpan

_CALL: Final = {
    "openinference.span.kind": Fact("span", "kind", kind_of_word),
    "llm.provider": Fact("call", "provider", provider),
    "llm.system": Fact("call", "provider", provider),
    "llm.request.model_name": Fact("call", "request_model", text),
    "llm.response.model_name": Fact("call", "response_model", text),
    "llm.model_name": Fact("call", "response_model", text, 1),
    "embedding.model_name": Fact("call", "response_model", text, 1),
    "reranker.model_name": Fact("call", "response_model", text, 1),
    "llm.finish_reason": Fact("call", "finish_reasons", texts),
    "llm.invocation_parameters": Fact("call", "invocation", settings),
    "embedding.invocation_parameters": Fact("call", "invocation", settings),
    "llm.cost.total": Fact("call", "sender_cost_nanousd", nanousd),
}  # fmt: skip
# llm.model_name is the model that answered; a failed call has the one that was asked (build.py).

_USAGE: Final = {
    "llm.token_count.prompt": "input_tokens",
    "llm.token_count.completion": "output_tokens",
    "llm.token_count.total": "total_tokens",
    "llm.token_count.prompt_details.cache_read": "cache_read_tokens",
    "llm.token_count.prompt_details.cache_input": "cache_read_tokens",
    "llm.token_count.prompt_details.cache_write": "cache_write_tokens",
    "llm.token_count.prompt_details.audio": "input_audio_tokens",
    "llm.token_count.completion_details.reasoning": "reasoning_tokens",
    "llm.token_count.completion_details.audio": "output_audio_tokens",
}  # fmt: skip

_CONTENT: Final = {
    "input.value": Fact("content", "input_value", as_json),
    "output.value": Fact("content", "output_value", as_json),
    "llm.prompts": Fact("content", "old_input_messages", request_messages),
    "llm.choices": Fact("content", "old_output_messages", response_messages),
}  # fmt: skip

_STEPS: Final = {
    "tool.name": Fact("tool", "name", text),
    "tool.id": Fact("tool", "call_id", text),
    "tool.description": Fact("tool", "description", text),
    "reranker.query": Fact("retrieval", "query", text),
    "reranker.top_k": Fact("retrieval", "top_k", count),
}  # fmt: skip

_CONTEXT: Final = {
    "tag.tags": Fact("context", "tags", texts),
    "metadata": Fact("context", "metadata", mapping),
    "llm.prompt_template.template": Fact("context", "prompt_template", text),
    "llm.prompt_template.version": Fact("context", "prompt_version", text),
    "llm.prompt_template.variables": Fact("context", "prompt_variables", mapping),
    "llm.prompt_template.name": Fact("context", "prompt_name", text),
    "prompt.id": Fact("context", "prompt_name", text, 1),
    "agent.name": Fact("metadata", "agent.name", text),
    "graph.node.id": Fact("metadata", "graph.node.id", text),
    "graph.node.name": Fact("metadata", "graph.node.name", text),
    "graph.node.parent_id": Fact("metadata", "graph.node.parent_id", text),
}  # fmt: skip


def _said(raw: RawSpan, facts: Facts) -> RawSpan:
    """A tool of LangChain's answers with a message: what it says is the result."""
    answer = facts["content"].get("output_value") if facts["span"].get("kind") == "tool" else None
    held = parsed(answer)
    if isinstance(held, dict) and (message := openai_message(held)):
        facts["tool"].setdefault("result", as_json(message["content"]))
    return raw


OPENINFERENCE: Final = Dialect(
    name="openinference",
    marks=("openinference.span.kind",),
    amend=_said,
    facts={
        **_CALL,
        **{name: Fact("usage", field, count) for name, field in _USAGE.items()},
        **_CONTENT,
        **_STEPS,
        **_CONTEXT,
    },
    lists={
        "llm.input_messages.": "input_messages",
        "llm.output_messages.": "output_messages",
        "llm.prompts.": "prompts",
        "llm.choices.": "choices",
        "llm.tools.": "tools",
        "retrieval.documents.": "documents",
        "reranker.output_documents.": "documents",
        "embedding.embeddings.": "embeddings",
    },
)
