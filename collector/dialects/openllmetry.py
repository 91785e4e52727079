"""OpenLLMetry (Traceloop): workflows and tasks, association properties, and the attributes of its old days.

Its model calls have OpenTelemetry's names by now. Before, messages were flattened (``gen_ai.prompt.0.role``,
``gen_ai.completion.0.tool_calls.0.name``) and so were tools (``llm.request.functions.0.name``). Names are
those of opentelemetry-semantic-conventions-ai.
"""

from __future__ import annotations

from typing import Any, Final

from llmwatch.collector.dialects.documents import documents
from llmwatch.collector.dialects.facts import Dialect, Fact, Facts
from llmwatch.collector.dialects.kinds import kind_of_word
from llmwatch.collector.dialects.readers import setting
from llmwatch.collector.dialects.values import as_json, count, text, texts
from llmwatch.collector.records import RawSpan

_ASSOCIATED: Final = "traceloop.association.properties."
_SESSIONS: Final = ("session_id", "session", "thread_id", "conversation_id", "chat_id", "session.id")
_USERS: Final = ("user_id", "user", "customer_id", "user.id")
"""Names for the same: the properties are the app's own."""


def _value(value: Any) -> str | None:
    """An input or output as sent; a function that returned nothing has none."""
    return None if value == "null" else as_json(value)


_FACTS: Final = {
    "traceloop.span.kind": Fact("span", "kind", kind_of_word),
    "llm.request.type": Fact("call", "operation", text, 1),
    "traceloop.entity.name": Fact("tool", "name", text, 1),
    "traceloop.entity.input": Fact("content", "input_value", _value),
    "traceloop.entity.output": Fact("content", "output_value", _value),
    "traceloop.entity.version": Fact("metadata", "entity.version", text),
    "traceloop.workflow.name": Fact("context", "feature", text, 1),
    **{_ASSOCIATED + name: Fact("context", "session_id", text, 1) for name in _SESSIONS},
    **{_ASSOCIATED + name: Fact("context", "user_id", text, 1) for name in _USERS},
    f"{_ASSOCIATED}tags": Fact("context", "tags", texts, 1),
    "traceloop.prompt.key": Fact("context", "prompt_name", text),
    "traceloop.prompt.version": Fact("context", "prompt_version", text),
    "traceloop.prompt.version_name": Fact("context", "prompt_version", text, 1),
    "traceloop.prompt.template": Fact("context", "prompt_template", text),
    "llm.chat.stop_sequences": Fact("parameters", "stop_sequences", setting),
    "llm.request.reasoning_effort": Fact("parameters", "reasoning_effort", setting),
    "mcp.request.argument": Fact("tool", "arguments", as_json, 1),
    "mcp.response.value": Fact("tool", "result", as_json, 1),
    "db.vector.query.top_k": Fact("retrieval", "top_k", count),
    "db.pinecone.query.top_k": Fact("retrieval", "top_k", count),
}  # fmt: skip

_FOUND: Final = ("db.query.result", "db.search.result")
"""Events of a vector database's client, one a document; their attributes begin with their name."""


def _searched(raw: RawSpan, facts: Facts) -> RawSpan:
    """A search in a vector database, whose documents came in events."""
    found = [
        {name.removeprefix(f"{event.name}."): value for name, value in event.attributes.items()}
        for event in raw.events
        if event.name in _FOUND
    ]
    if found:
        facts["retrieval"].setdefault("documents", documents(found))
    return raw


OPENLLMETRY: Final = Dialect(
    name="openllmetry",
    marks=(
        "traceloop.span.kind", "traceloop.workflow.name", "traceloop.entity.name", "llm.request.type",
        "gen_ai.is_streaming", "gen_ai.prompt.0.role", "gen_ai.completion.0.role",
    ),
    scopes=("traceloop.tracer", "@traceloop", *(f"opentelemetry.instrumentation.{name}" for name in (
        "openai", "anthropic", "bedrock", "cohere", "langchain", "llamaindex", "llama_index", "ollama",
        "mistralai", "groq", "google_generativeai", "watsonx", "together", "replicate", "sagemaker",
        "transformers", "alephalpha", "crewai", "haystack", "openai_agents", "agno", "writer", "voyageai",
        "chromadb", "pinecone", "qdrant", "weaviate", "milvus", "lancedb", "marqo", "mcp",
    ))),
    amend=_searched,
    facts=_FACTS,
    prefixes={
        "traceloop.prompt.template_variables.": Fact("variables", "", text),
        _ASSOCIATED: Fact("metadata", "", text),
    },
    lists={
        "llm.request.functions.": "tools",
        "llm.prompts.": "prompts",
        "llm.completions.": "choices",
    },
)  # fmt: skip
